/* SPDX-License-Identifier: MIT */
/*
 * What lies in host memory between driver and chip: commands, completions,
 * scatter lists, fault records, and the launch table of a program (which lies
 * in SRAM). docs/hardware.md sections 9 to 12. All little endian; reserved
 * fields must be zero and are checked.
 */
#ifndef GROQ_HW_QUEUE_H
#define GROQ_HW_QUEUE_H

#include <linux/types.h>

/* 9  Commands */
#define GROQ_OP_NOP		0x01
#define GROQ_OP_COPY_IN		0x02	/* host memory to SRAM */
#define GROQ_OP_COPY_OUT	0x03	/* SRAM to host memory */
#define GROQ_OP_RUN		0x04	/* run a program */
#define GROQ_OP_FILL		0x05	/* fill SRAM with a 32-bit pattern */

#define GROQ_COMMAND_SILENT	0x01	/* no interrupt when it succeeds */
#define GROQ_COMMAND_INLINE	0x02	/* copy: the one scatter entry is in the command */
#define GROQ_COMMAND_LINK	0x04	/* if it fails, the next command is not executed either */
#define GROQ_COMMAND_FLAGS	0x07

/* 16 bytes: one piece of a copy. A list is an array of these in host memory. */
struct groq_scatter {
	__le64 host;		/* bus address, any alignment */
	__le32 sram;		/* linear SRAM address, any alignment */
	__le32 length;		/* bytes, not 0 */
};

#define GROQ_SCATTER_MAX	65536	/* entries of one copy command */

struct groq_command_copy {
	__le64 list;		/* bus address of the scatter list, 16-byte aligned; 0 if inline */
	__le32 count;		/* entries; 1 if inline */
	__le32 reserved0;
	struct groq_scatter entry;	/* if inline, else zero */
	__le64 reserved1[2];
};

struct groq_command_run {
	__le32 launch;		/* SRAM address of the launch table, 16-byte aligned */
	__le32 count;		/* its entries, 1..GROQ_ICUS_ALL */
	__le64 max_cycles;	/* ends in GROQ_FAULT_CYCLE_LIMIT; not 0 */
	__le64 reserved[4];
};

struct groq_command_fill {
	__le32 sram;		/* multiple of 4 */
	__le32 length;		/* bytes, multiple of 4, not 0 */
	__le32 pattern;
	__le32 reserved0;
	__le64 reserved1[4];
};

/* 64 bytes: one entry of a submission queue. */
struct groq_command {
	__u8 opcode;
	__u8 flags;
	__le16 reserved0;
	__le32 reserved1;
	__le64 cookie;		/* comes back in the completion */
	union {
		struct groq_command_copy copy;
		struct groq_command_run run;
		struct groq_command_fill fill;
		__u8 reserved[48];
	};
};

/* 10  Completions. 32 bytes: one entry of a completion queue. */
struct groq_completion {
	__le64 cookie;
	__le64 result;		/* run: cycles; copy and fill: bytes moved */
	__le64 time;		/* GROQ_TIME when the command ended, ns */
	__le16 status;		/* GROQ_COMPLETION_* */
	__le16 sq_head;		/* commands before this index are consumed */
	__le16 queue;
	__le16 flags;		/* GROQ_COMPLETION_PHASE */
};

#define GROQ_COMPLETION_PHASE	0x0001	/* inverts on every pass through the ring; first pass 1 */

#define GROQ_COMPLETION_OK		0
#define GROQ_COMPLETION_BAD_OPCODE	1
#define GROQ_COMPLETION_BAD_FIELD	2	/* reserved or out-of-range field */
#define GROQ_COMPLETION_BAD_WINDOW	3	/* SRAM outside the queue's windows */
#define GROQ_COMPLETION_BAD_DMA		4	/* host memory could not be reached */
#define GROQ_COMPLETION_FAULT		5	/* program fault; the record says which */
#define GROQ_COMPLETION_ABORTED		6	/* by GROQ_QUEUE_ABORT, or linked to one that failed */

/*
 * 11  Fault record, 64 bytes. The entry of the queue's fault array that has
 * the command's index, written before the completion of any status but OK.
 */
struct groq_fault {
	__le32 cause;		/* GROQ_FAULT_* */
	__le32 unit;		/* ICU number, or GROQ_FAULT_NO_UNIT */
	__le64 cycle;		/* cycle of the program, from 0 */
	__le64 address;		/* SRAM or bus address at fault, or ~0 */
	__le64 cookie;
	__le32 text;		/* SRAM address of the instruction, or ~0 */
	__le32 detail;		/* by cause: stream, field offset, scatter index, ... */
	__u8 instruction[16];
	__le64 reserved;
};

#define GROQ_FAULT_NO_UNIT		0xffffffff

#define GROQ_FAULT_NONE			0
/* of a command */
#define GROQ_FAULT_BAD_OPCODE		1
#define GROQ_FAULT_BAD_FIELD		2	/* detail: byte offset in the command */
#define GROQ_FAULT_WINDOW		3	/* address: SRAM address */
#define GROQ_FAULT_DMA			4	/* address: bus address, detail: scatter index */
#define GROQ_FAULT_ABORTED		5	/* detail: links that it waited for in cycle 0 */
#define GROQ_FAULT_BAD_LAUNCH		6	/* launch table; detail: its entry */
/* of a program */
#define GROQ_FAULT_ILLEGAL		16	/* encoding, or not for this queue */
#define GROQ_FAULT_STARVED		17	/* queue ran out of text */
#define GROQ_FAULT_TEXT_OVERFLOW	18	/* Ifetch into a full queue */
#define GROQ_FAULT_ADDRESS		19	/* SRAM word out of range after stepping */
#define GROQ_FAULT_ACCESS		20	/* SRAM word outside the windows */
#define GROQ_FAULT_BANK			21	/* two accesses to one bank in a cycle; detail: bank */
#define GROQ_FAULT_STREAM_EMPTY		22	/* detail: stream operand */
#define GROQ_FAULT_STREAM_CONFLICT	23	/* two producers at once; detail: stream operand */
#define GROQ_FAULT_OPERAND_EMPTY	24	/* VXM: ALU without result; detail: ALU */
#define GROQ_FAULT_MXM_EMPTY		25	/* ACC without a result leaving the array */
#define GROQ_FAULT_MXM_LOST		26	/* result left the array with no ACC */
#define GROQ_FAULT_DEADLOCK		27	/* every queue parked, no Notify on its way */
#define GROQ_FAULT_CYCLE_LIMIT		28	/* max_cycles of the command */
#define GROQ_FAULT_ECC			29	/* uncorrectable; address: SRAM address */
#define GROQ_FAULT_MXM_CONFLICT		30	/* IW while another installs; ABC while F16 has the plane */
#define GROQ_FAULT_POWER		31	/* unit instruction in a queue with no superlane powered */
#define GROQ_FAULT_MAP			32	/* SXM: no such lane, or no permutation; detail: lane */
#define GROQ_FAULT_LINK_DOWN		33	/* not up, or it went down under the program */
#define GROQ_FAULT_LINK_BUSY		34	/* Send, Transmit: the wire is taken */
#define GROQ_FAULT_LINK_EMPTY		35	/* Receive: nothing has come; Await: nothing will */
#define GROQ_FAULT_LINK_OVERFLOW	36	/* more than GROQ_LINK_FIFO vectors waited */
#define GROQ_FAULT_LINK_ERROR		37	/* Receive: uncorrectable; detail: number of the vector */
#define GROQ_FAULT_LINK_DRIFT		38	/* deskew.runtime: the clocks are further apart */

/* 12  Launch table: one entry per instruction queue that has work, in SRAM. */
struct groq_launch {
	__le16 icu;		/* GROQ_ICU_*; each at most once */
	__le16 reserved0;
	__le32 text;		/* SRAM address of the first 640 bytes: an even word of a slice */
	__le32 count;		/* instructions that the queue executes in all, not 0 */
	__le32 reserved1;
};

/* 6  Mailbox message, request and response, 64 bytes. */
struct groq_mailbox_message {
	__le16 opcode;
	__le16 status;		/* response: GROQ_MAILBOX_OK ... */
	__le32 sequence;	/* copied from request to response */
	__le32 payload[14];
};

#define GROQ_MAILBOX_PING		1	/* payload comes back */
#define GROQ_MAILBOX_VERSION		2	/* payload[0]: as GROQ_TELEMETRY_FIRMWARE */
#define GROQ_MAILBOX_SET_POWER_CAP	3	/* payload[0]: mW */
#define GROQ_MAILBOX_OK			0
#define GROQ_MAILBOX_UNKNOWN		1
#define GROQ_MAILBOX_BAD_ARGUMENT	2

#endif /* GROQ_HW_QUEUE_H */
