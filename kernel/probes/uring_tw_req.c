// SPDX-License-Identifier: GPL-2.0-only
/* Task work is given the request and a token, no issue flags. */
#include <linux/io_uring/cmd.h>

static void callback(struct io_tw_req req, io_tw_token_t tw)
{
	io_uring_cmd_mark_cancelable(io_uring_cmd_from_tw(req),
				     IO_URING_CMD_TASK_WORK_ISSUE_FLAGS | tw.cancel);
}

static inline void probe(struct io_uring_cmd *cmd)
{
	io_uring_cmd_complete_in_task(cmd, callback);
}
