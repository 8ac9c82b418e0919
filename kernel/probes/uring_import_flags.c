// SPDX-License-Identifier: GPL-2.0-only
/* io_uring_cmd_import_fixed() takes the issue flags. */
#include <linux/io_uring/cmd.h>

static inline int probe(struct io_uring_cmd *cmd, struct iov_iter *iter)
{
	return io_uring_cmd_import_fixed(0, 0, WRITE, iter, cmd, 0);
}
