/* SPDX-License-Identifier: GPL-2.0-only */
/* The io_uring door: work, and events of the card. */
#ifndef GROQ_URING_H
#define GROQ_URING_H

struct io_uring_cmd;

int groq_uring_cmd(struct io_uring_cmd *cmd, unsigned int issue_flags);

#endif /* GROQ_URING_H */
