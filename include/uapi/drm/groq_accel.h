/* SPDX-License-Identifier: (GPL-2.0-only WITH Linux-syscall-note) OR MIT */
/*
 * What groq.ko promises to user space, on /dev/accel/accelN.
 *
 * Rules that hold for every ioctl here:
 *  - reserved fields and unknown flags must be zero, else -EINVAL;
 *  - handles and ids are per open file; an unknown one is -ENOENT;
 *  - after the card has gone every call returns -ENODEV;
 *  - a call that returns an error has changed nothing;
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

/**
 * enum drm_groq_param - what %DRM_IOCTL_GROQ_GET_PARAM can be asked
 * @DRM_GROQ_PARAM_FEATURES: bit mask of driver features; none defined yet
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
 * -ENOSPC: no such range is free, or too many ranges.
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
	/** @reserved: Input: must be zero. */
	__u64 reserved;
};

/**
 * enum drm_groq_status - how a command ended
 * @DRM_GROQ_STATUS_PENDING: not yet; the value a caller puts there beforehand
 * @DRM_GROQ_STATUS_OK: done
 * @DRM_GROQ_STATUS_FAULT: the program was wrong, or SRAM; @fault_cause says how
 * @DRM_GROQ_STATUS_ACCESS: SRAM outside the context's ranges
 * @DRM_GROQ_STATUS_DMA: the host buffer could not be reached
 * @DRM_GROQ_STATUS_INVALID: the chip refused the command
 * @DRM_GROQ_STATUS_TIMEOUT: took longer than the driver allows
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
	/** @reserved1: Output: zero. */
	__u64 reserved1;
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

#if defined(__cplusplus)
}
#endif

#endif /* _UAPI_GROQ_ACCEL_H_ */
