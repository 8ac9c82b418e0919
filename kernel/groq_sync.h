/* SPDX-License-Identifier: GPL-2.0-only */
/* Sync objects of a submission: the fences it waits for, the points it signals. */
#ifndef GROQ_SYNC_H
#define GROQ_SYNC_H

#include <linux/dma-fence.h>

struct dma_fence_chain;
struct drm_file;
struct drm_syncobj;
struct groq_job;

struct groq_wait {
	struct dma_fence *fence;	/* NULL: was over before it began */
	struct dma_fence_cb cb;
	struct groq_job *job;
};

struct groq_signal {
	struct drm_syncobj *syncobj;
	struct dma_fence_chain *chain;	/* NULL for a binary one */
	u64 point;
};

struct groq_wait *groq_waits_get(struct drm_file *file, u64 user, u32 count);
void groq_waits_put(struct groq_wait *waits, u32 count);

struct groq_signal *groq_signals_get(struct drm_file *file, u64 user, u32 count);
void groq_signals_attach(struct groq_signal *signals, u32 count, struct dma_fence *fence);
void groq_signals_put(struct groq_signal *signals, u32 count);

#endif /* GROQ_SYNC_H */
