/* SPDX-License-Identifier: (GPL-2.0-only WITH Linux-syscall-note) OR MIT */
/*
 * What groq.ko promises to user space, on /dev/accel/accelN.
 *
 * Rules that hold for every ioctl here:
 *  - reserved fields and unknown flags must be zero, else -EINVAL;
 *  - handles and ids are per open file; an unknown one is -ENOENT;
 *  - after the card has gone every call returns -ENODEV;
 *  - a call that returns an error has changed nothing, unless it is -EFAULT
 *    because its outputs could not be written;
 *  - any thread may make any call at any time.
 * New features come with a bit in %DRM_GROQ_PARAM_FEATURES, never with a
 * version to compare.
 */
#ifndef _UAPI_GROQ_ACCEL_H_
#define _UAPI_GROQ_ACCEL_H_

#include "drm.h"

#if defined(__cplusplus)
extern "C" {
#endif

#define DRM_GROQ_GET_PARAM		0x00
#define DRM_GROQ_BO_CREATE		0x01
#define DRM_GROQ_CONTEXT_CREATE		0x02
#define DRM_GROQ_CONTEXT_DESTROY	0x03
#define DRM_GROQ_SRAM_RESERVE		0x04
#define DRM_GROQ_SRAM_RELEASE		0x05
#define DRM_GROQ_QUEUE_CREATE		0x06
#define DRM_GROQ_QUEUE_DESTROY		0x07
#define DRM_GROQ_SUBMIT			0x08
#define DRM_GROQ_BO_PIN			0x09
#define DRM_GROQ_CONTEXT_QUERY		0x0a
#define DRM_GROQ_CANCEL			0x0b
#define DRM_GROQ_TOPOLOGY		0x0c
#define DRM_GROQ_LINK_ALIGN		0x0d

/**
 * enum drm_groq_param - what %DRM_IOCTL_GROQ_GET_PARAM can be asked
 * @DRM_GROQ_PARAM_FEATURES: DRM_GROQ_FEATURE_*, what this driver can do
 * @DRM_GROQ_PARAM_HW_VERSION: register interface, major << 16 | minor
 * @DRM_GROQ_PARAM_HW_FEATURES: feature bits of the chip
 * @DRM_GROQ_PARAM_SERIAL: serial number of the card
 * @DRM_GROQ_PARAM_SRAM_BYTES: bytes of SRAM
 * @DRM_GROQ_PARAM_SRAM_FREE: bytes that no context has reserved
 * @DRM_GROQ_PARAM_QUEUES: hardware queues of the card
 * @DRM_GROQ_PARAM_QUEUES_FREE: those that no context has
 * @DRM_GROQ_PARAM_LINKS: chip-to-chip links brought out
 * @DRM_GROQ_PARAM_CLOCK_HZ: nominal clock of the chip
 * @DRM_GROQ_PARAM_COMMANDS_MAX: most commands of one submission
 * @DRM_GROQ_PARAM_TIMEOUT_MS: a command that takes longer is ended
 */
enum drm_groq_param {
	DRM_GROQ_PARAM_FEATURES = 0,
	DRM_GROQ_PARAM_HW_VERSION = 1,
	DRM_GROQ_PARAM_HW_FEATURES = 2,
	DRM_GROQ_PARAM_SERIAL = 3,
	DRM_GROQ_PARAM_SRAM_BYTES = 4,
	DRM_GROQ_PARAM_SRAM_FREE = 5,
	DRM_GROQ_PARAM_QUEUES = 6,
	DRM_GROQ_PARAM_QUEUES_FREE = 7,
	DRM_GROQ_PARAM_LINKS = 8,
	DRM_GROQ_PARAM_CLOCK_HZ = 9,
	DRM_GROQ_PARAM_COMMANDS_MAX = 10,
	DRM_GROQ_PARAM_TIMEOUT_MS = 11,
};

/** DRM_GROQ_FEATURE_BO_PIN - %DRM_IOCTL_GROQ_BO_PIN */
#define DRM_GROQ_FEATURE_BO_PIN		0x1
/** DRM_GROQ_FEATURE_PRIME - dma-bufs of other devices can be imported */
#define DRM_GROQ_FEATURE_PRIME		0x2
/** DRM_GROQ_FEATURE_URING - enum drm_groq_uring */
#define DRM_GROQ_FEATURE_URING		0x4
/** DRM_GROQ_FEATURE_EXPECTED - drm_groq_command.expected */
#define DRM_GROQ_FEATURE_EXPECTED	0x8
/** DRM_GROQ_FEATURE_CONTEXT_QUERY - %DRM_IOCTL_GROQ_CONTEXT_QUERY */
#define DRM_GROQ_FEATURE_CONTEXT_QUERY	0x10
/** DRM_GROQ_FEATURE_CANCEL - %DRM_IOCTL_GROQ_CANCEL and drm_groq_submit.tag */
#define DRM_GROQ_FEATURE_CANCEL		0x20
/** DRM_GROQ_FEATURE_LINKS - %DRM_IOCTL_GROQ_TOPOLOGY, %DRM_IOCTL_GROQ_LINK_ALIGN */
#define DRM_GROQ_FEATURE_LINKS		0x40

/**
 * struct drm_groq_get_param - read one property of the card
 *
 * -EINVAL: unknown parameter.
 */
struct drm_groq_get_param {
	/** @param: Input: enum drm_groq_param. */
	__u32 param;
	/** @reserved: Input: must be zero. */
	__u32 reserved;
	/** @value: Output: the property. */
	__u64 value;
};

/** DRM_GROQ_BO_SIZE_MAX - largest host buffer, bytes */
#define DRM_GROQ_BO_SIZE_MAX	(1ULL << 32)

/**
 * struct drm_groq_bo_create - create a host buffer that the card can reach
 *
 * Zeroed, page aligned, pinned and DMA mapped for its whole life. Freed by
 * %DRM_IOCTL_GEM_CLOSE or with the file; a submission that uses it keeps it.
 * DRM_IOCTL_PRIME_HANDLE_TO_FD makes a dma-buf of it, and
 * DRM_IOCTL_PRIME_FD_TO_HANDLE a buffer of a dma-buf; such a one cannot take
 * results (-EINVAL), nor be mmapped here.
 *
 * -ENOMEM: no memory, or no bus address space.
 */
struct drm_groq_bo_create {
	/** @size: Input: bytes, 1..%DRM_GROQ_BO_SIZE_MAX. Output: rounded up to pages. */
	__u64 size;
	/** @flags: Input: must be zero. */
	__u32 flags;
	/** @handle: Output: GEM handle, not 0. */
	__u32 handle;
	/** @mmap_offset: Output: offset for mmap() of this file. */
	__u64 mmap_offset;
};

/** DRM_GROQ_BO_PIN_READ_ONLY - the card only reads there: the memory may be read only */
#define DRM_GROQ_BO_PIN_READ_ONLY	0x1

/**
 * struct drm_groq_bo_pin - make memory of the caller a buffer
 *
 * The pages that lie there now are pinned and DMA mapped as long as the buffer
 * lives, and count against RLIMIT_MEMLOCK of the caller unless it has
 * CAP_IPC_LOCK. What is mapped there later does not change the buffer. It
 * cannot be mmapped, nor exported (-EPERM), nor take results (-EINVAL).
 *
 * -EINVAL: address or size is no multiple of the page size. -EFAULT: not all
 * of it is memory that the caller may write (with %DRM_GROQ_BO_PIN_READ_ONLY:
 * read). -EDQUOT: more than RLIMIT_MEMLOCK allows. -EOPNOTSUPP: memory that
 * cannot stay pinned, such as a file system's. -EACCES, when it is submitted: a
 * copy out into a read-only buffer. -ENOMEM: no memory, or no bus address space.
 */
struct drm_groq_bo_pin {
	/** @address: Input: user pointer, page aligned. */
	__u64 address;
	/** @size: Input: bytes, a multiple of the page size, up to %DRM_GROQ_BO_SIZE_MAX. */
	__u64 size;
	/** @flags: Input: %DRM_GROQ_BO_PIN_READ_ONLY or zero. */
	__u32 flags;
	/** @handle: Output: GEM handle, not 0. */
	__u32 handle;
};

/**
 * DRM_GROQ_CONTEXT_EXCLUSIVE - lease the whole card: no other context may
 * exist beside this one, of any file.
 */
#define DRM_GROQ_CONTEXT_EXCLUSIVE	0x1

/**
 * struct drm_groq_context_create - create an owner of SRAM and queues
 *
 * -EBUSY: an exclusive context exists, or this one would be exclusive and
 * others exist. @holder then names a process that has one.
 */
struct drm_groq_context_create {
	/** @flags: Input: %DRM_GROQ_CONTEXT_EXCLUSIVE or zero. */
	__u32 flags;
	/** @id: Output: context id, not 0. */
	__u32 id;
	/**
	 * @holder: Output: on -EBUSY, pid of the holder in the caller's pid
	 * namespace, 0 if it is not visible there.
	 */
	__s32 holder;
	/** @reserved: Input: must be zero. */
	__u32 reserved;
};

/**
 * struct drm_groq_context_destroy - destroy a context
 *
 * Ends its work (fences signal with -ECANCELED), destroys its queues and
 * releases its SRAM, which is zeroed before anybody has it again.
 */
struct drm_groq_context_destroy {
	/** @id: Input: context id. */
	__u32 id;
	/** @reserved: Input: must be zero. */
	__u32 reserved;
};

/**
 * struct drm_groq_context_query - how a context has fared
 *
 * Jobs are counted when they end, each once. A context is guilty of what its own
 * jobs did wrong, and innocent where those of another, or the card, took its
 * jobs along.
 */
struct drm_groq_context_query {
	/** @id: Input: context id. */
	__u32 id;
	/** @reserved: Input: must be zero. */
	__u32 reserved;
	/** @jobs: Output: that have ended, in whatever way. */
	__u64 jobs;
	/** @faults: Output: guilty: ended as FAULT, ACCESS, DMA or INVALID. */
	__u64 faults;
	/** @timeouts: Output: guilty: ended as TIMEOUT. */
	__u64 timeouts;
	/** @resets: Output: innocent: ended as RESET. */
	__u64 resets;
	/** @unexpected: Output: runs that took other than the expected cycles. */
	__u64 unexpected;
	/** @card_resets: Output: resets of the chip since the context was made. */
	__u64 card_resets;
};

/** DRM_GROQ_SRAM_FIXED - reserve at @address and nowhere else */
#define DRM_GROQ_SRAM_FIXED		0x1

/** DRM_GROQ_SRAM_RANGES_MAX - most ranges of one context, adjacent ones counting as one */
#define DRM_GROQ_SRAM_RANGES_MAX	16

/**
 * struct drm_groq_sram_reserve - reserve SRAM for a context
 *
 * All queues of the context, and the programs they run, may then read, write
 * and execute there, and the chip lets nobody else. A new range holds zeroes.
 *
 * -ENOSPC: no such range is free, or too many ranges. -EIO: the chip does not
 * zero it.
 */
struct drm_groq_sram_reserve {
	/** @context: Input: context id. */
	__u32 context;
	/** @flags: Input: %DRM_GROQ_SRAM_FIXED or zero. */
	__u32 flags;
	/**
	 * @address: Input: with %DRM_GROQ_SRAM_FIXED the linear SRAM address,
	 * a multiple of 320, else zero. Output: the address.
	 */
	__u64 address;
	/** @size: Input: bytes, a multiple of 320, not zero. */
	__u64 size;
};

/**
 * struct drm_groq_sram_release - release a range
 *
 * -EBUSY: the context has unfinished work. -ENOSPC: the hole would leave more
 * than %DRM_GROQ_SRAM_RANGES_MAX ranges.
 */
struct drm_groq_sram_release {
	/** @context: Input: context id. */
	__u32 context;
	/** @reserved: Input: must be zero. */
	__u32 reserved;
	/** @address: Input: as %DRM_IOCTL_GROQ_SRAM_RESERVE gave it. */
	__u64 address;
};

/** DRM_GROQ_PRIORITY_MAX - highest queue priority; 0 is the lowest */
#define DRM_GROQ_PRIORITY_MAX		3

/**
 * struct drm_groq_queue_create - give a context a hardware queue
 *
 * Submissions to one queue run in order. Copies of one queue overlap programs
 * of another.
 *
 * -ENOSPC: no queue is free. -EPERM: priority above 1 without CAP_SYS_NICE.
 */
struct drm_groq_queue_create {
	/** @context: Input: context id. */
	__u32 context;
	/** @priority: Input: 0..%DRM_GROQ_PRIORITY_MAX. */
	__u32 priority;
	/** @flags: Input: must be zero. */
	__u32 flags;
	/** @id: Output: queue id, not 0. */
	__u32 id;
};

/** struct drm_groq_queue_destroy - destroy a queue; its unfinished work ends with -ECANCELED */
struct drm_groq_queue_destroy {
	/** @id: Input: queue id. */
	__u32 id;
	/** @reserved: Input: must be zero. */
	__u32 reserved;
};

/**
 * enum drm_groq_command_type - what a command does
 * @DRM_GROQ_COMMAND_NOP: nothing, in its turn
 * @DRM_GROQ_COMMAND_COPY_IN: host buffer to SRAM
 * @DRM_GROQ_COMMAND_COPY_OUT: SRAM to host buffer
 * @DRM_GROQ_COMMAND_RUN: run a program that lies in SRAM
 */
enum drm_groq_command_type {
	DRM_GROQ_COMMAND_NOP = 0,
	DRM_GROQ_COMMAND_COPY_IN = 1,
	DRM_GROQ_COMMAND_COPY_OUT = 2,
	DRM_GROQ_COMMAND_RUN = 3,
};

/**
 * struct drm_groq_command - one step of a submission
 *
 * A copy moves @rows pieces of @size bytes; the next piece starts
 * @bo_stride bytes further in the buffer and @sram_stride bytes further in
 * SRAM. A contiguous copy has @rows 1 and both strides 0.
 */
struct drm_groq_command {
	/** @type: Input: enum drm_groq_command_type. */
	__u32 type;
	/** @flags: Input: must be zero. */
	__u32 flags;
	/** @bo: Input: copy: GEM handle; else zero. */
	__u32 bo;
	/** @rows: Input: copy: pieces, not zero; run: entries of the launch table. */
	__u32 rows;
	/** @bo_offset: Input: copy: first byte in the buffer; else zero. */
	__u64 bo_offset;
	/** @sram: Input: copy: first SRAM byte; run: SRAM address of the launch table. */
	__u64 sram;
	/** @size: Input: copy: bytes of a piece, not zero; run: cycle limit, not zero. */
	__u64 size;
	/** @bo_stride: Input: copy with @rows over 1: bytes, at least @size; else zero. */
	__u64 bo_stride;
	/** @sram_stride: Input: copy with @rows over 1: bytes, at least @size; else zero. */
	__u64 sram_stride;
	/**
	 * @expected: Input: run: cycles that the program takes, 0: not known; else
	 * zero. A program that takes other than these is counted, and traced; it is
	 * no error.
	 */
	__u64 expected;
};

/**
 * enum drm_groq_status - how a command ended
 * @DRM_GROQ_STATUS_PENDING: not yet; the value a caller puts there beforehand
 * @DRM_GROQ_STATUS_OK: done
 * @DRM_GROQ_STATUS_FAULT: the program was wrong, or SRAM; @fault_cause says how
 * @DRM_GROQ_STATUS_ACCESS: SRAM outside the context's ranges
 * @DRM_GROQ_STATUS_DMA: the host buffer could not be reached
 * @DRM_GROQ_STATUS_INVALID: the chip refused the command
 * @DRM_GROQ_STATUS_TIMEOUT: took longer than the driver allows; of a program that
 *	waited for links in its cycle 0, @fault_cause is ABORTED, @fault_unit the queue
 *	of the first of them and @fault_detail a bit for each
 * @DRM_GROQ_STATUS_CANCELED: an earlier command failed, or its owner went away
 * @DRM_GROQ_STATUS_RESET: lost in a reset that another job caused
 * @DRM_GROQ_STATUS_LOST: the card has gone
 */
enum drm_groq_status {
	DRM_GROQ_STATUS_PENDING = 0,
	DRM_GROQ_STATUS_OK = 1,
	DRM_GROQ_STATUS_FAULT = 2,
	DRM_GROQ_STATUS_ACCESS = 3,
	DRM_GROQ_STATUS_DMA = 4,
	DRM_GROQ_STATUS_INVALID = 5,
	DRM_GROQ_STATUS_TIMEOUT = 6,
	DRM_GROQ_STATUS_CANCELED = 7,
	DRM_GROQ_STATUS_RESET = 8,
	DRM_GROQ_STATUS_LOST = 9,
};

/**
 * struct drm_groq_result - how a command ended, written by the driver into the
 * buffer that the submission names, before the fence signals
 */
struct drm_groq_result {
	/** @status: Output: enum drm_groq_status, written last. */
	__u32 status;
	/** @fault_cause: Output: GROQ_FAULT_* of docs/hardware.md section 11. */
	__u32 fault_cause;
	/** @value: Output: run: cycles; copy: bytes. */
	__u64 value;
	/** @device_time_ns: Output: the card's clock when the command ended. */
	__u64 device_time_ns;
	/** @fault_cycle: Output: cycle of the program. */
	__u64 fault_cycle;
	/** @fault_address: Output: SRAM or buffer offset, ~0 if none. */
	__u64 fault_address;
	/** @fault_unit: Output: instruction queue, ~0 if none. */
	__u32 fault_unit;
	/** @fault_text: Output: SRAM address of the instruction, ~0 if none. */
	__u32 fault_text;
	/** @fault_detail: Output: by cause. */
	__u32 fault_detail;
	/** @reserved: Output: zero. */
	__u32 reserved;
	/** @fault_instruction: Output: its encoding. */
	__u8 fault_instruction[16];
	/** @expected: Output: run: drm_groq_command.expected; else zero. */
	__u64 expected;
};

/**
 * struct drm_groq_sync - a point to wait for or to signal
 */
struct drm_groq_sync {
	/** @handle: Input: syncobj. */
	__u32 handle;
	/** @flags: Input: must be zero. */
	__u32 flags;
	/** @point: Input: point of a timeline syncobj, 0 for a binary one. */
	__u64 point;
};

/** DRM_GROQ_COMMANDS_MAX - most commands of one submission */
#define DRM_GROQ_COMMANDS_MAX	64
/** DRM_GROQ_SYNCS_MAX - most syncs of one submission, each way */
#define DRM_GROQ_SYNCS_MAX	64

/**
 * struct drm_groq_submit - submit commands to a queue
 *
 * The commands run in order, after all of @wait has signalled. When one fails
 * the rest end as %DRM_GROQ_STATUS_CANCELED. When all have ended every sync of
 * @signal signals: with error 0, -EIO (a command failed), -ETIME (timeout),
 * -ECANCELED or -ENODEV. The kernel does not pass the error of a timeline point
 * on to who waits for it: see the results, or use a binary syncobj. A wait for
 * a sync without a fence is -EINVAL.
 *
 * Memory is checked on submission: -EINVAL for ranges outside the buffer,
 * -EACCES for SRAM outside the context's ranges, -ENOENT for unknown handles,
 * -E2BIG for too many commands, syncs, or scatter entries of one copy.
 * The call does not block on the card; -ENOMEM and -EINTR leave nothing behind.
 */
struct drm_groq_submit {
	/** @queue: Input: queue id. */
	__u32 queue;
	/** @flags: Input: must be zero. */
	__u32 flags;
	/** @commands: Input: user pointer to struct drm_groq_command[]. */
	__u64 commands;
	/** @command_count: Input: 1..%DRM_GROQ_COMMANDS_MAX. */
	__u32 command_count;
	/** @wait_count: Input: 0..%DRM_GROQ_SYNCS_MAX. */
	__u32 wait_count;
	/** @waits: Input: user pointer to struct drm_groq_sync[]. */
	__u64 waits;
	/** @signals: Input: user pointer to struct drm_groq_sync[]. */
	__u64 signals;
	/** @signal_count: Input: 0..%DRM_GROQ_SYNCS_MAX. */
	__u32 signal_count;
	/** @result_bo: Input: GEM handle for the results, 0 for none. */
	__u32 result_bo;
	/**
	 * @result_offset: Input: byte in @result_bo, a multiple of 8, of
	 * struct drm_groq_result[@command_count]; zero without @result_bo.
	 */
	__u64 result_offset;
	/** @tag: Input: what %DRM_IOCTL_GROQ_CANCEL names it by; 0: nothing. */
	__u64 tag;
};

/**
 * struct drm_groq_cancel - end submissions of the same open file early
 *
 * Those that the chip has begun are aborted. They end as
 * %DRM_GROQ_STATUS_CANCELED if they have not just ended otherwise, their fences
 * with -ECANCELED, and their queue goes on with the next. Does not wait for it.
 * They may have come through either door, copies of io_uring among them; waits
 * for events are no submissions.
 */
struct drm_groq_cancel {
	/** @tag: Input: tag of the submissions, not zero. */
	__u64 tag;
	/** @flags: Input: must be zero. */
	__u32 flags;
	/** @count: Output: how many were told to end. */
	__u32 count;
};

/**
 * enum drm_groq_link_state - what a chip-to-chip link is doing
 * @DRM_GROQ_LINK_ABSENT: not brought out on this card
 * @DRM_GROQ_LINK_DOWN: no cable, nobody at its other end, or disabled
 * @DRM_GROQ_LINK_TRAINING: on its way up
 * @DRM_GROQ_LINK_UP: works
 * @DRM_GROQ_LINK_DEGRADED: works with fewer lanes
 */
enum drm_groq_link_state {
	DRM_GROQ_LINK_ABSENT = 0,
	DRM_GROQ_LINK_DOWN = 1,
	DRM_GROQ_LINK_TRAINING = 2,
	DRM_GROQ_LINK_UP = 3,
	DRM_GROQ_LINK_DEGRADED = 4,
};

/**
 * enum drm_groq_link_open - who has opened a link
 * @DRM_GROQ_LINK_OPEN_CLOSED: no program of this card
 * @DRM_GROQ_LINK_OPEN_HERE: the one that runs, which waits for the other end
 * @DRM_GROQ_LINK_OPEN_BOTH: programs at both ends
 */
enum drm_groq_link_open {
	DRM_GROQ_LINK_OPEN_CLOSED = 0,
	DRM_GROQ_LINK_OPEN_HERE = 1,
	DRM_GROQ_LINK_OPEN_BOTH = 2,
};

/**
 * struct drm_groq_link - one link of the card; all output
 */
struct drm_groq_link {
	/** @state: enum drm_groq_link_state. */
	__u32 state;
	/** @peer_link: number of the link at the other end; 0 unless up. */
	__u32 peer_link;
	/** @peer_serial: serial number of the card there; 0 unless up. */
	__u64 peer_serial;
	/** @lanes: that work; 0 unless up. */
	__u32 lanes;
	/** @rate_mbps: megabits per second and direction, now; 0 unless up. */
	__u32 rate_mbps;
	/** @sent: vectors and notifications, since power-on, like all that follow. */
	__u64 sent;
	/** @received: vectors and notifications. */
	__u64 received;
	/** @corrected: received with errors that were corrected. */
	__u64 corrected;
	/** @uncorrected: received with errors that were not. */
	__u64 uncorrected;
	/** @downs: how often it went down. */
	__u64 downs;
	/** @open: enum drm_groq_link_open; now. */
	__u32 open;
	/** @reserved: zero. */
	__u32 reserved;
};

/**
 * struct drm_groq_topology - who is wired to this card's links
 *
 * All links, from 0 on, at one time: no state changed between the first and the
 * last of them. Does not wake a card that sleeps: its links are down, and have
 * counted what they had when it fell asleep.
 *
 * -EOPNOTSUPP: a card without %DRM_GROQ_FEATURE_LINKS. -EAGAIN: the links do not
 * stand still, ask again.
 */
struct drm_groq_topology {
	/** @links: Input: user pointer to struct drm_groq_link[@count]; 0 with 0. */
	__u64 links;
	/** @count: Input: room there. Output: links of the card, be there room or not. */
	__u32 count;
	/** @flags: Input: must be zero. */
	__u32 flags;
	/**
	 * @generation: Output: grows with every change of a link's state that the
	 * driver has seen, from 1; each comes with %DRM_GROQ_EVENT_LINK.
	 */
	__u64 generation;
};

/** DRM_GROQ_LINK_ALIGN_ADJUST - set the chip's HAC after its peer's */
#define DRM_GROQ_LINK_ALIGN_ADJUST	0x1

/**
 * struct drm_groq_link_align - measure a link, and align the chip's counter
 *
 * Blocks, for some milliseconds at most unless another one of the card is under way:
 * there is one at a time. Can be interrupted by a signal, and the call is then made
 * again; the chip comes to its end all the same.
 *
 * -EOPNOTSUPP: a card without %DRM_GROQ_FEATURE_LINKS. -ENOENT: this open file has
 * no context. -ENOLINK: the link is not up, or went down. -EBUSY: a program that
 * uses links is running or waiting. -ETIMEDOUT: the chip does not come to an end.
 */
struct drm_groq_link_align {
	/** @link: Input: its number; -EINVAL if the card has no such link. */
	__u32 link;
	/** @samples: Input: exchanges of counters, 1..1,048,575. */
	__u32 samples;
	/** @flags: Input: %DRM_GROQ_LINK_ALIGN_ADJUST or zero. */
	__u32 flags;
	/** @period: Output: cycles of an epoch. */
	__u32 period;
	/** @round_min: Output: least cycles there and back. */
	__u32 round_min;
	/** @round_max: Output: most. */
	__u32 round_max;
	/** @round_sum: Output: of all samples. */
	__u64 round_sum;
	/** @round_squares: Output: sum of the squares. */
	__u64 round_squares;
	/** @offset: Output: cycles that the peer's counter was ahead before. */
	__s32 offset;
	/** @reserved: Input: must be zero. */
	__u32 reserved;
};

/**
 * enum drm_groq_uring - commands of io_uring
 * @DRM_GROQ_URING_SUBMIT: struct drm_groq_submit
 * @DRM_GROQ_URING_COPY_IN: struct drm_groq_uring_copy
 * @DRM_GROQ_URING_COPY_OUT: struct drm_groq_uring_copy
 * @DRM_GROQ_URING_WAIT: struct drm_groq_uring_wait
 * @DRM_GROQ_URING_CANCEL: struct drm_groq_uring_cancel
 *
 * The other door for work, beside %DRM_IOCTL_GROQ_SUBMIT: IORING_OP_URING_CMD on
 * the open card with one of these as cmd_op (-ENOTTY: none of them). The 80
 * bytes of a 128-byte SQE begin with the struct named here; the rest is zero.
 * All ioctls and these may be mixed; what was submitted to a queue first runs
 * first, whichever way it came.
 *
 * Submissions complete when their last command has ended. The CQE's res is
 *  - negative: an error of %DRM_IOCTL_GROQ_SUBMIT; nothing has been done;
 *  - positive: enum drm_groq_status of the first command that did not end as OK,
 *    or %DRM_GROQ_STATUS_OK.
 * On a ring with IORING_SETUP_CQE32, big_cqe[0] is the card's clock in ns when the
 * last command ended, as in drm_groq_result.device_time_ns; 0 if the chip did
 * not end it.
 *
 * -EOPNOTSUPP: the ring lacks IORING_SETUP_SQE128, or has IORING_SETUP_IOPOLL. A
 * command does not block its ring: where it would, io_uring gives it to a worker.
 *
 * Commands that are pending when their ring or their process ends, and those
 * that %DRM_GROQ_URING_CANCEL names, are ended early: those that the chip has
 * begun are aborted. Submissions then complete with %DRM_GROQ_STATUS_CANCELED if
 * they have not just ended otherwise, and their queue goes on with the next;
 * waits complete with -ECANCELED.
 */
enum drm_groq_uring {
	DRM_GROQ_URING_SUBMIT = 1,
	DRM_GROQ_URING_COPY_IN = 2,
	DRM_GROQ_URING_COPY_OUT = 3,
	DRM_GROQ_URING_WAIT = 4,
	DRM_GROQ_URING_CANCEL = 5,
};

/**
 * struct drm_groq_uring_copy - one copy between host memory and SRAM
 *
 * With IORING_URING_CMD_FIXED the host memory is the ring's registered buffer
 * sqe->buf_index: @bo is zero and @address a user pointer into it; -EFAULT if
 * that is not so. It is mapped for the card while the copy lasts.
 */
struct drm_groq_uring_copy {
	/** @queue: Input: queue id. */
	__u32 queue;
	/** @flags: Input: must be zero. */
	__u32 flags;
	/** @bo: Input: GEM handle; zero for a registered buffer. */
	__u32 bo;
	/** @rows: Input: pieces, not zero; see struct drm_groq_command. */
	__u32 rows;
	/** @address: Input: first byte in the buffer; registered: user pointer. */
	__u64 address;
	/** @sram: Input: first SRAM byte. */
	__u64 sram;
	/** @size: Input: bytes of a piece, not zero. */
	__u64 size;
	/** @stride: Input: with @rows over 1: in host memory, at least @size; else zero. */
	__u64 stride;
	/** @sram_stride: Input: with @rows over 1: bytes, at least @size; else zero. */
	__u64 sram_stride;
	/** @tag: Input: what %DRM_GROQ_URING_CANCEL names it by; 0: nothing. */
	__u64 tag;
};

/**
 * DRM_GROQ_EVENT_RESET - the chip was reset; SRAM has kept its contents, or else
 * (the system slept, and the card had no power) the contexts have ended: their
 * jobs as %DRM_GROQ_STATUS_LOST, and submissions to them are -ENODEV.
 */
#define DRM_GROQ_EVENT_RESET	0x1
/** DRM_GROQ_EVENT_LOST - the card has gone; no other event follows */
#define DRM_GROQ_EVENT_LOST	0x2
/** DRM_GROQ_EVENT_ALARM - a sensor crossed its limit, see hwmon */
#define DRM_GROQ_EVENT_ALARM	0x4
/** DRM_GROQ_EVENT_LINK - a link went up or down */
#define DRM_GROQ_EVENT_LINK	0x8
/** DRM_GROQ_EVENT_ALL - all of them */
#define DRM_GROQ_EVENT_ALL	0xf

/**
 * struct drm_groq_uring_wait - wait for events of the card
 *
 * Completes as soon as an event of @events has come after number @after, with
 * res the mask of those that have, of @events, since then. On a ring with
 * IORING_SETUP_CQE32 big_cqe[0] is the number of the last event of the card: the
 * @after of the next wait, so that none is missed. Waits are woken by the card's
 * removal, even after it: %DRM_GROQ_EVENT_LOST comes at once then, if it is waited
 * for, else -ENODEV.
 */
struct drm_groq_uring_wait {
	/** @after: Input: number of an event; all ones: the last one so far. */
	__u64 after;
	/** @events: Input: mask of DRM_GROQ_EVENT_*, not zero. */
	__u32 events;
	/** @flags: Input: must be zero. */
	__u32 flags;
	/** @tag: Input: what %DRM_GROQ_URING_CANCEL names it by; 0: nothing. */
	__u64 tag;
};

/**
 * struct drm_groq_uring_cancel - end commands of the same open file early
 *
 * Completes at once, with res the number of commands that were told to end,
 * 0 if there were none. Submissions may have come through either door.
 */
struct drm_groq_uring_cancel {
	/** @tag: Input: tag of the commands, not zero. */
	__u64 tag;
	/** @flags: Input: must be zero. */
	__u32 flags;
	/** @reserved: Input: must be zero. */
	__u32 reserved;
};

#define DRM_IOCTL_GROQ_GET_PARAM \
	DRM_IOWR(DRM_COMMAND_BASE + DRM_GROQ_GET_PARAM, struct drm_groq_get_param)
#define DRM_IOCTL_GROQ_BO_CREATE \
	DRM_IOWR(DRM_COMMAND_BASE + DRM_GROQ_BO_CREATE, struct drm_groq_bo_create)
#define DRM_IOCTL_GROQ_CONTEXT_CREATE \
	DRM_IOWR(DRM_COMMAND_BASE + DRM_GROQ_CONTEXT_CREATE, \
		 struct drm_groq_context_create)
#define DRM_IOCTL_GROQ_CONTEXT_DESTROY \
	DRM_IOW(DRM_COMMAND_BASE + DRM_GROQ_CONTEXT_DESTROY, \
		struct drm_groq_context_destroy)
#define DRM_IOCTL_GROQ_SRAM_RESERVE \
	DRM_IOWR(DRM_COMMAND_BASE + DRM_GROQ_SRAM_RESERVE, \
		 struct drm_groq_sram_reserve)
#define DRM_IOCTL_GROQ_SRAM_RELEASE \
	DRM_IOW(DRM_COMMAND_BASE + DRM_GROQ_SRAM_RELEASE, \
		struct drm_groq_sram_release)
#define DRM_IOCTL_GROQ_QUEUE_CREATE \
	DRM_IOWR(DRM_COMMAND_BASE + DRM_GROQ_QUEUE_CREATE, \
		 struct drm_groq_queue_create)
#define DRM_IOCTL_GROQ_QUEUE_DESTROY \
	DRM_IOW(DRM_COMMAND_BASE + DRM_GROQ_QUEUE_DESTROY, \
		struct drm_groq_queue_destroy)
#define DRM_IOCTL_GROQ_SUBMIT \
	DRM_IOW(DRM_COMMAND_BASE + DRM_GROQ_SUBMIT, struct drm_groq_submit)
#define DRM_IOCTL_GROQ_BO_PIN \
	DRM_IOWR(DRM_COMMAND_BASE + DRM_GROQ_BO_PIN, struct drm_groq_bo_pin)
#define DRM_IOCTL_GROQ_CONTEXT_QUERY \
	DRM_IOWR(DRM_COMMAND_BASE + DRM_GROQ_CONTEXT_QUERY, \
		 struct drm_groq_context_query)
#define DRM_IOCTL_GROQ_CANCEL \
	DRM_IOWR(DRM_COMMAND_BASE + DRM_GROQ_CANCEL, struct drm_groq_cancel)
#define DRM_IOCTL_GROQ_TOPOLOGY \
	DRM_IOWR(DRM_COMMAND_BASE + DRM_GROQ_TOPOLOGY, struct drm_groq_topology)
#define DRM_IOCTL_GROQ_LINK_ALIGN \
	DRM_IOWR(DRM_COMMAND_BASE + DRM_GROQ_LINK_ALIGN, struct drm_groq_link_align)

#if defined(__cplusplus)
}
#endif

#endif /* _UAPI_GROQ_ACCEL_H_ */
