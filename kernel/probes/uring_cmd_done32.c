// SPDX-License-Identifier: GPL-2.0-only
/* Big completions have a function of their own; io_uring_cmd_done() takes no second word. */
#include <linux/io_uring/cmd.h>

static inline void probe(struct io_uring_cmd *cmd)
{
	io_uring_cmd_done32(cmd, 0, 0, 0);
	io_uring_cmd_done(cmd, 0, 0);
}
