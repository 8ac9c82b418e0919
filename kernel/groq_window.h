/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The windows of a context: what its queues may touch in SRAM. Adjacent ranges
 * share a window. Pure arithmetic; the caller serialises.
 */
#ifndef GROQ_WINDOW_H
#define GROQ_WINDOW_H

#include <linux/types.h>

#include <hw/groq_regs.h>

struct groq_window {
	u32 base;	/* bytes */
	u32 size;	/* 0: unused */
};

struct groq_windows {
	struct groq_window window[GROQ_QUEUE_WINDOWS];
};

bool groq_windows_hold(const struct groq_windows *windows, u64 address, u64 size);
int groq_windows_add(struct groq_windows *windows, u32 base, u32 size);
int groq_windows_remove(struct groq_windows *windows, u32 base, u32 size);

#endif /* GROQ_WINDOW_H */
