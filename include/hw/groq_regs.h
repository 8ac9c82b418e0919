/* SPDX-License-Identifier: MIT */
/*
 * Registers of BAR0, in the order of docs/hardware.md. Offsets, masks and
 * values only: one mask per field, fields are read and written with a generic
 * get/put (FIELD_GET / FIELD_PREP in the kernel).
 *
 * RO read only, RW read/write, WO write only (reads 0), W1C write 1 to clear,
 * W1S write 1 to start (reads 0).
 */
#ifndef GROQ_HW_REGS_H
#define GROQ_HW_REGS_H

/* 1  PCI identity */
#define GROQ_PCI_VENDOR			0x1de0
#define GROQ_PCI_DEVICE			0x0000
#define GROQ_PCI_SUBSYSTEM_GC1_010X_ES	0x0000
#define GROQ_PCI_SUBSYSTEM_GC1_010B	0xc005
#define GROQ_PCI_SUBSYSTEM_GC1_0109	0xc006
#define GROQ_PCI_SUBSYSTEM_GC1_0100	0xc007
#define GROQ_PCI_CLASS			0x120000

/* 3  BARs */
#define GROQ_BAR_REGS			0
#define GROQ_BAR_REGS_BYTES		0x80000
#define GROQ_BAR_SRAM			2
#define GROQ_BAR_SRAM_BYTES		0x10000000
#define GROQ_BAR_MSIX			4

#define GROQ_QUEUES			32
#define GROQ_VECTOR_DEVICE		0
#define GROQ_VECTOR_QUEUE(q)		(1 + (q))	/* by convention */
#define GROQ_VECTORS			33

/* 4.1  Identity (RO) */
#define GROQ_ID				0x0000
#define   GROQ_ID_MAGIC			0x514f5247	/* "GROQ" */
#define GROQ_VERSION			0x0004
#define   GROQ_VERSION_MINOR		0x0000ffff
#define   GROQ_VERSION_MAJOR		0xffff0000
#define GROQ_FEATURES			0x0008	/* 64 bits */
#define   GROQ_FEATURE_ECC_INJECT	0x00000001	/* section 4.5 is there */
#define   GROQ_FEATURE_UNIT_COUNTERS	0x00000002	/* section 4.6 is there */
#define   GROQ_FEATURE_ABORT_MATCH	0x00000004	/* GROQ_QUEUE_ABORT_MATCH works */
#define   GROQ_FEATURE_LINKS		0x00000008	/* section 7 is there */
#define GROQ_QUEUE_COUNT		0x0010
#define GROQ_VECTOR_COUNT		0x0014
#define GROQ_SRAM_SIZE			0x0018	/* 64 bits, bytes */
#define GROQ_SERIAL			0x0020	/* 64 bits */
#define GROQ_LINK_COUNT			0x0028	/* links brought out to connectors */
#define GROQ_CLOCK_KHZ			0x002c

/* 4.2  Control */
#define GROQ_CONTROL			0x0040	/* W1S */
#define   GROQ_CONTROL_RESET		0x00000001
#define GROQ_STATUS			0x0044	/* RO */
#define   GROQ_STATUS_READY		0x00000001	/* accepts work */
#define   GROQ_STATUS_RESETTING		0x00000002
#define   GROQ_STATUS_RUNNING		0x00000004	/* a program owns the chip */
#define   GROQ_STATUS_CONTROLLER	0x00000008	/* management controller is up */
#define   GROQ_STATUS_FATAL		0x00000010	/* only a reset helps */
#define GROQ_TIME			0x0048	/* RO, 64 bits, ns since power-on */
#define GROQ_CYCLES			0x0050	/* RO, 64 bits, program cycles since reset */
#define GROQ_SCRATCH			0x0058	/* RW, no effect; for bring-up */

/* 4.3  Device interrupts: vector 0, one bit per cause */
#define GROQ_INTR_STATUS		0x0060	/* W1C */
#define GROQ_INTR_ENABLE		0x0064	/* RW, reset 0 */
#define   GROQ_INTR_QUEUE_ERROR		0x00000001	/* see GROQ_QUEUE_ERRORS */
#define   GROQ_INTR_FATAL		0x00000002
#define   GROQ_INTR_MAILBOX		0x00000004	/* response ready */
#define   GROQ_INTR_ALARM		0x00000008	/* a sensor crossed its limit */
#define   GROQ_INTR_LINK		0x00000010	/* a link changed state */
#define   GROQ_INTR_ALL			0x0000001f
#define GROQ_QUEUE_ERRORS		0x0068	/* RO, one bit per queue in error */

/* 4.4  RAS counters (RO, 64 bits, since power-on) */
#define GROQ_ECC_CORRECTED		0x0080
#define GROQ_ECC_UNCORRECTED		0x0088
#define GROQ_PROGRAMS_DONE		0x0090
#define GROQ_PROGRAMS_FAULTED		0x0098
#define GROQ_BYTES_IN			0x00a0
#define GROQ_BYTES_OUT			0x00a8

/* 4.5  ECC errors on purpose */
#define GROQ_ECC_INJECT_ADDRESS		0x00b0	/* RW */
#define   GROQ_ECC_INJECT_STREAM	0x0000003f	/* of a stream: direction and number */
#define   GROQ_ECC_INJECT_TILE		0x00001f00	/* and tile, 0..19 */
#define GROQ_ECC_INJECT_BITS		0x00b4	/* RW */
#define   GROQ_ECC_INJECT_FIRST		0x000000ff	/* bit to flip, 0..136; from 128 check bits */
#define   GROQ_ECC_INJECT_SECOND	0x0000ff00	/* one more; the same: none */
#define GROQ_ECC_INJECT			0x00b8	/* W1S */
#define   GROQ_ECC_INJECT_INTO_SRAM	0x00000001	/* ADDRESS: SRAM bytes, multiple of 16 */
#define   GROQ_ECC_INJECT_INTO_STREAM	0x00000002	/* ADDRESS: TILE and STREAM */

/* 4.6  Unit counters (RO, 64 bits, since power-on) */
#define GROQ_UNIT_ISSUES(icu)		(0x3000 + (icu) * 8)

/* 5  Telemetry block (RO), kept by the management controller */
#define GROQ_TELEMETRY			0x1000
#define GROQ_TELEMETRY_HEARTBEAT	0x1000	/* grows while the controller lives */
#define GROQ_TELEMETRY_UPTIME_S		0x1004
#define GROQ_TELEMETRY_FIRMWARE		0x1008	/* major 31:24 minor 23:16 patch 15:0 */
#define GROQ_TELEMETRY_THROTTLE		0x100c
#define   GROQ_THROTTLE_THERMAL		0x00000001
#define   GROQ_THROTTLE_POWER		0x00000002
#define GROQ_TELEMETRY_CHIP_MC		0x1010	/* signed milli-degree Celsius */
#define GROQ_TELEMETRY_BOARD_MC		0x1014
#define GROQ_TELEMETRY_CHIP_MAX_MC	0x1018	/* throttles from here */
#define GROQ_TELEMETRY_CHIP_CRIT_MC	0x101c	/* powers off from here */
#define GROQ_TELEMETRY_POWER_MW		0x1020
#define GROQ_TELEMETRY_POWER_CAP_MW	0x1024
#define GROQ_TELEMETRY_CORE_MV		0x1028
#define GROQ_TELEMETRY_CORE_MA		0x102c
#define GROQ_TELEMETRY_CLOCK_KHZ	0x1030	/* actual */
#define GROQ_TELEMETRY_BUSY_NS		0x1038	/* 64 bits, time programs ran since power-on */

/* 6  Mailbox of the management controller */
#define GROQ_MAILBOX_DOORBELL		0x2000	/* W1S: the request below is complete */
#define GROQ_MAILBOX_STATUS		0x2004	/* RO */
#define   GROQ_MAILBOX_BUSY		0x00000001
#define   GROQ_MAILBOX_DONE		0x00000002	/* response below is valid */
#define GROQ_MAILBOX_REQUEST		0x2040	/* RW, 64 bytes, struct groq_mailbox_message */
#define GROQ_MAILBOX_RESPONSE		0x2080	/* RO, 64 bytes */

/* 7.1  Links: a page of 0x40 for each */
#define GROQ_LINK(n)			(0x4000 + (n) * 0x40)
#define   GROQ_LINK_STATE		0x00	/* RO */
#define     GROQ_LINK_ABSENT		0	/* not brought out on this card */
#define     GROQ_LINK_DOWN		1	/* no cable, nobody at its end, or disabled */
#define     GROQ_LINK_TRAINING		2
#define     GROQ_LINK_UP		3
#define     GROQ_LINK_DEGRADED		4	/* up, with less than GROQ_LINK_LANES */
#define   GROQ_LINK_CONTROL		0x04	/* RW, reset ENABLE */
#define     GROQ_LINK_ENABLE		0x00000001	/* RW */
#define     GROQ_LINK_TRAIN		0x00000002	/* W1S: once more */
#define   GROQ_LINK_PEER_SERIAL		0x08	/* RO, 64 bits; 0 unless up */
#define   GROQ_LINK_PEER_LINK		0x10	/* RO, number of the link at the other end */
#define   GROQ_LINK_ACTIVE_LANES	0x14	/* RO, 0 unless up */
#define   GROQ_LINK_PRBS		0x18	/* RW: log2 of the bits to send, 0..40; starts */
#define   GROQ_LINK_TEST_STATUS		0x1c	/* RO, of PRBS and of ALIGN */
#define     GROQ_LINK_TEST_IDLE		0
#define     GROQ_LINK_TEST_BUSY		1
#define     GROQ_LINK_TEST_DONE		2
#define     GROQ_LINK_TEST_FAILED	3	/* link not up, or a program has it */
#define   GROQ_LINK_PRBS_ERRORS		0x20	/* RO, 64 bits: bits that came wrong */
#define   GROQ_LINK_INJECT		0x28	/* W1S: befalls the next vector that is sent */
#define     GROQ_LINK_INJECT_CORRECTED	0x00000001
#define     GROQ_LINK_INJECT_UNCORRECTED 0x00000002
#define   GROQ_LINK_OPEN		0x2c	/* RO: by the program that runs */
#define     GROQ_LINK_CLOSED		0
#define     GROQ_LINK_OPENED_HERE	1	/* not yet at the other end: the program waits */
#define     GROQ_LINK_OPENED_BOTH	2
#define GROQ_LINKS_CHANGED		0x4400	/* W1C, bit per link whose state changed */

/* 7.2  Counters of the links (RO, 64 bits, since power-on), 0x40 for each */
#define GROQ_LINK_COUNTERS(n)		(0x4800 + (n) * 0x40)
#define   GROQ_LINK_SENT		0x00	/* vectors */
#define   GROQ_LINK_RECEIVED		0x08
#define   GROQ_LINK_CORRECTED		0x10	/* vectors received with errors that FEC mended */
#define   GROQ_LINK_UNCORRECTED		0x18
#define   GROQ_LINK_DOWNS		0x20	/* how often it went down */

/* 7.3  Hardware-aligned counter (HAC) */
#define GROQ_HAC_PERIOD			0x5000	/* RW, cycles of an epoch, 16..255; reset 252 */
#define   GROQ_HAC_PERIOD_MIN		16
#define   GROQ_HAC_PERIOD_MAX		255
#define   GROQ_HAC_PERIOD_RESET		252
#define GROQ_HAC			0x5004	/* RO, 0..period-1 */
#define GROQ_LINK_ALIGNMENT(n)		(0x5400 + (n) * 0x40)
#define   GROQ_LINK_ALIGN		0x00	/* RW: starts */
#define     GROQ_LINK_ALIGN_SAMPLES	0x000fffff	/* exchanges of counters, not 0 */
#define     GROQ_LINK_ALIGN_ADJUST	0x80000000	/* then set the own counter after the peer's */
#define   GROQ_LINK_ROUND_MIN		0x08	/* RO, cycles there and back */
#define   GROQ_LINK_ROUND_MAX		0x0c	/* RO */
#define   GROQ_LINK_ROUND_SUM		0x10	/* RO, 64 bits */
#define   GROQ_LINK_ROUND_SQUARES	0x18	/* RO, 64 bits: sum of the squares */
#define   GROQ_LINK_HAC_OFFSET		0x20	/* RO, signed: peer's minus own, before ADJUST */

/* 8.1  Queue registers, one 4 KiB page per queue; for the driver only */
#define GROQ_QUEUE(q)			(0x10000 + (q) * 0x1000)
#define   GROQ_QUEUE_SQ_BASE		0x00	/* RW, 64 bits, 4 KiB aligned bus address */
#define   GROQ_QUEUE_CQ_BASE		0x08	/* RW, 64 bits, 4 KiB aligned bus address */
#define   GROQ_QUEUE_FAULT_BASE		0x10	/* RW, 64 bits, 4 KiB aligned, 0 = none */
#define   GROQ_QUEUE_SIZE		0x18	/* RW, log2 of the entries, 1..12 */
#define     GROQ_QUEUE_SIZE_MIN		1
#define     GROQ_QUEUE_SIZE_MAX		12
#define   GROQ_QUEUE_VECTOR		0x1c	/* RW, MSI-X vector */
#define   GROQ_QUEUE_CONTROL		0x20	/* RW */
#define     GROQ_QUEUE_ENABLE		0x00000001
#define     GROQ_QUEUE_PRIORITY		0x00000030	/* 0 lowest .. 3 highest */
#define   GROQ_QUEUE_ABORT		0x24	/* WO, W1S: end the command in work */
#define     GROQ_QUEUE_ABORT_ANY	0x00000001	/* whichever it is */
#define     GROQ_QUEUE_ABORT_MATCH	0x00000002	/* if it is the one at GROQ_QUEUE_ABORT_INDEX */
#define     GROQ_QUEUE_ABORT_INDEX	0xffff0000	/* SQ index */
#define   GROQ_QUEUE_STATUS		0x28	/* RO */
#define     GROQ_QUEUE_ENABLED		0x00000001
#define     GROQ_QUEUE_ACTIVE		0x00000002	/* a command is in work */
#define     GROQ_QUEUE_ERROR		0x0000ff00	/* enum below; 0 = none */
#define       GROQ_QUEUE_ERROR_NONE	0
#define       GROQ_QUEUE_ERROR_CONFIG	1	/* bad base, size or vector at enable */
#define       GROQ_QUEUE_ERROR_DOORBELL	2	/* index out of range */
#define       GROQ_QUEUE_ERROR_FETCH	3	/* command could not be read */
#define       GROQ_QUEUE_ERROR_POST	4	/* completion could not be written */
#define   GROQ_QUEUE_SQ_HEAD		0x2c	/* RO */
#define   GROQ_QUEUE_SQ_TAIL		0x30	/* RO */
#define   GROQ_QUEUE_CQ_HEAD		0x34	/* RO */
#define   GROQ_QUEUE_CQ_TAIL		0x38	/* RO */

/* 8.2  SRAM windows of a queue; bytes, multiples of 320; size 0 = unused */
#define GROQ_QUEUE_WINDOWS		16
#define GROQ_QUEUE_WINDOW(w)		(0x100 + (w) * 0x10)
#define   GROQ_WINDOW_BASE		0x00	/* RW */
#define   GROQ_WINDOW_SIZE		0x04	/* RW */
#define   GROQ_WINDOW_ACCESS		0x08	/* RW */
#define     GROQ_WINDOW_READ		0x00000001
#define     GROQ_WINDOW_WRITE		0x00000002
#define     GROQ_WINDOW_EXECUTE		0x00000004	/* text may be fetched */

/* 8.3  Doorbell page, one 4 KiB page per queue */
#define GROQ_DOORBELL(q)		(0x40000 + (q) * 0x1000)
#define   GROQ_DOORBELL_SQ_TAIL		0x00	/* WO */
#define   GROQ_DOORBELL_CQ_HEAD		0x04	/* WO, also re-arms the interrupt */

#endif /* GROQ_HW_REGS_H */
