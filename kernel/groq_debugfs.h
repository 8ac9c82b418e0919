/* SPDX-License-Identifier: GPL-2.0-only */
/* What a developer looks at when queues do not do what they should. */
#ifndef GROQ_DEBUGFS_H
#define GROQ_DEBUGFS_H

struct groq_device;

void groq_debugfs_init(struct groq_device *gdev);

#endif /* GROQ_DEBUGFS_H */
