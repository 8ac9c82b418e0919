/* SPDX-License-Identifier: (GPL-2.0-only WITH Linux-syscall-note) OR MIT */
/*
 * What groq.ko leaves in /sys/class/devcoredump when something went wrong with a
 * card: which work, whose, and in what state the card was. `groq-smi decode`
 * makes text of it.
 *
 * A file is a struct groq_coredump, then @section_count struct
 * groq_coredump_section, then the sections. All is little endian and aligned to 8
 * bytes. A reader skips sections that it does not know, and the rest of entries
 * that are longer than it knows; entries never become shorter.
 */
#ifndef _UAPI_GROQ_COREDUMP_H_
#define _UAPI_GROQ_COREDUMP_H_

#include <linux/types.h>

#if defined(__cplusplus)
extern "C" {
#endif

#define GROQ_COREDUMP_MAGIC	0x504d5544514f5247ULL	/* "GROQDUMP" */
#define GROQ_COREDUMP_VERSION	1

/**
 * enum groq_coredump_reason - why there is a dump
 * @GROQ_COREDUMP_FAULT: a command failed
 * @GROQ_COREDUMP_TIMEOUT: a command took too long
 * @GROQ_COREDUMP_QUEUE_ERROR: a queue was in error
 * @GROQ_COREDUMP_PROTOCOL: the chip sent completions that nobody waited for
 * @GROQ_COREDUMP_FATAL: the chip reported that it cannot go on
 * @GROQ_COREDUMP_NO_STOP: a queue did not stop when it was disabled
 * @GROQ_COREDUMP_LOST: the card did not recover
 */
enum groq_coredump_reason {
	GROQ_COREDUMP_FAULT = 1,
	GROQ_COREDUMP_TIMEOUT = 2,
	GROQ_COREDUMP_QUEUE_ERROR = 3,
	GROQ_COREDUMP_PROTOCOL = 4,
	GROQ_COREDUMP_FATAL = 5,
	GROQ_COREDUMP_NO_STOP = 6,
	GROQ_COREDUMP_LOST = 7,
};

/** struct groq_coredump - the beginning of the file */
struct groq_coredump {
	/** @magic: %GROQ_COREDUMP_MAGIC. */
	__u64 magic;
	/** @version: %GROQ_COREDUMP_VERSION; another one means another layout. */
	__u32 version;
	/** @reason: enum groq_coredump_reason. */
	__u32 reason;
	/** @bytes: of the whole file. */
	__u64 bytes;
	/** @time_ns: CLOCK_REALTIME when it was taken. */
	__u64 time_ns;
	/** @serial: of the card. */
	__u64 serial;
	/** @device_time_ns: the card's clock, 0 if it did not answer. */
	__u64 device_time_ns;
	/** @hw_version: as %DRM_GROQ_PARAM_HW_VERSION. */
	__u32 hw_version;
	/** @firmware: version, major 31:24, minor 23:16, patch 15:0. */
	__u32 firmware;
	/** @queue: hardware queue that it is about, ~0 if none. */
	__u32 queue;
	/** @resets: of the chip since the driver was bound. */
	__u32 resets;
	/** @pci: address of the card, text. */
	char pci[16];
	/** @driver: version of the driver, text. */
	char driver[16];
	/** @kernel: release of the kernel, text. */
	char kernel[64];
	/** @section_count: entries of struct groq_coredump_section that follow. */
	__u32 section_count;
	/** @reserved: zero. */
	__u32 reserved;
};

/**
 * enum groq_coredump_type - what a section holds
 * @GROQ_COREDUMP_REGISTERS: struct groq_coredump_register, none if the card is gone
 * @GROQ_COREDUMP_QUEUES: struct groq_coredump_queue, the queues in use
 * @GROQ_COREDUMP_JOBS: struct groq_coredump_job, unfinished ones, oldest first in each queue
 * @GROQ_COREDUMP_COMMANDS: struct groq_coredump_command, those of the jobs in order
 * @GROQ_COREDUMP_FAULTS: struct groq_coredump_fault
 */
enum groq_coredump_type {
	GROQ_COREDUMP_REGISTERS = 1,
	GROQ_COREDUMP_QUEUES = 2,
	GROQ_COREDUMP_JOBS = 3,
	GROQ_COREDUMP_COMMANDS = 4,
	GROQ_COREDUMP_FAULTS = 5,
};

/** struct groq_coredump_section - where something is in the file */
struct groq_coredump_section {
	/** @type: enum groq_coredump_type. */
	__u32 type;
	/** @entry_bytes: of one entry. */
	__u32 entry_bytes;
	/** @count: entries. */
	__u64 count;
	/** @offset: of the first entry, from the beginning of the file. */
	__u64 offset;
};

/** struct groq_coredump_register - one register of docs/hardware.md */
struct groq_coredump_register {
	/** @offset: in BAR0. */
	__u32 offset;
	/** @value: at that time. */
	__u32 value;
};

/** struct groq_coredump_queue - a hardware queue */
struct groq_coredump_queue {
	/** @index: hardware queue. */
	__u32 index;
	/** @state: of the driver: 0 stopped, 1 running, 2 dead. */
	__u32 state;
	/** @status: STATUS register. */
	__u32 status;
	/** @priority: 0..%DRM_GROQ_PRIORITY_MAX. */
	__u32 priority;
	/** @tail: of the ring, as the driver has it. */
	__u32 tail;
	/** @head: the same. */
	__u32 head;
	/** @pid: process that made its context, 0: the driver's own. */
	__s32 pid;
	/** @reserved: zero. */
	__u32 reserved;
	/** @comm: name of that process. */
	char comm[16];
	/** @seqno: jobs that it has been given. */
	__u64 seqno;
};

/** struct groq_coredump_job - a submission that has not ended */
struct groq_coredump_job {
	/** @queue: hardware queue. */
	__u32 queue;
	/** @state: 0 waits for fences or for room in the ring, 1 in the ring. */
	__u32 state;
	/** @seqno: number in its queue. */
	__u64 seqno;
	/** @commands: entries of the commands section. */
	__u32 commands;
	/** @done: of these, commands that have ended. */
	__u32 done;
};

/** struct groq_coredump_command - a command of a job, see struct drm_groq_command */
struct groq_coredump_command {
	/** @type: enum drm_groq_command_type. */
	__u32 type;
	/** @rows: pieces, or entries of the launch table. */
	__u32 rows;
	/** @bo_offset: as submitted. */
	__u64 bo_offset;
	/** @sram: as submitted. */
	__u64 sram;
	/** @size: as submitted. */
	__u64 size;
	/** @expected: as submitted. */
	__u64 expected;
};

/** struct groq_coredump_fault - the command that failed, see struct drm_groq_result */
struct groq_coredump_fault {
	/** @status: enum drm_groq_status. */
	__u32 status;
	/** @cause: GROQ_FAULT_* of docs/hardware.md section 11. */
	__u32 cause;
	/** @cycle: of the program. */
	__u64 cycle;
	/** @address: SRAM or buffer offset, ~0 if none. */
	__u64 address;
	/** @unit: instruction queue, ~0 if none. */
	__u32 unit;
	/** @text: SRAM address of the instruction, ~0 if none. */
	__u32 text;
	/** @detail: by cause. */
	__u32 detail;
	/** @queue: hardware queue. */
	__u32 queue;
	/** @seqno: of the job in its queue. */
	__u64 seqno;
	/** @command: which of the job. */
	__u32 command;
	/** @pid: process that made the context. */
	__s32 pid;
	/** @comm: its name. */
	char comm[16];
	/** @instruction: its encoding. */
	__u8 instruction[16];
};

#if defined(__cplusplus)
}
#endif

#endif /* _UAPI_GROQ_COREDUMP_H_ */
