/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What differs between kernels, in one place. The rest of the driver is written
 * for what is here and asks nothing; probes/ says what this kernel has.
 */
#ifndef GROQ_COMPAT_H
#define GROQ_COMPAT_H

#include <linux/io_uring/cmd.h>

#include "groq_probed.h"

/*
 * Completes a command with a second word, which a ring of 16-byte completions
 * drops. @issue_flags are those that io_uring gave.
 */
static inline void groq_uring_cmd_done(struct io_uring_cmd *cmd, s32 ret, u64 second,
				       unsigned int issue_flags)
{
#if GROQ_HAS_URING_CMD_DONE32
	io_uring_cmd_done32(cmd, ret, second, issue_flags);
#else
	io_uring_cmd_done(cmd, ret, second, issue_flags);
#endif
}

/* The memory of a registered buffer; negative error, as the kernel gives it. */
static inline int groq_uring_cmd_import_fixed(struct io_uring_cmd *cmd, u64 address, size_t bytes,
					      int direction, struct iov_iter *iter,
					      unsigned int issue_flags)
{
#if GROQ_HAS_URING_IMPORT_FLAGS
	return io_uring_cmd_import_fixed(address, bytes, direction, iter, cmd, issue_flags);
#else
	return io_uring_cmd_import_fixed(address, bytes, direction, iter, cmd);
#endif
}

/*
 * GROQ_URING_TASK_WORK(name, body) defines the static function name, to be given to
 * io_uring_cmd_complete_in_task() and the like, which calls
 *	void body(struct io_uring_cmd *cmd, unsigned int issue_flags)
 */
#if GROQ_HAS_URING_TW_REQ
#define GROQ_URING_TASK_WORK(name, body)						\
	static void name(struct io_tw_req req, io_tw_token_t tw)			\
	{										\
		body(io_uring_cmd_from_tw(req), IO_URING_CMD_TASK_WORK_ISSUE_FLAGS);	\
	}
#else
#define GROQ_URING_TASK_WORK(name, body)						\
	static void name(struct io_uring_cmd *cmd, unsigned int issue_flags)		\
	{										\
		body(cmd, issue_flags);							\
	}
#endif

#endif
