/* SPDX-License-Identifier: GPL-2.0-only */
/* The fence of a job: lives as long as anybody in the system holds it. */
#ifndef GROQ_FENCE_H
#define GROQ_FENCE_H

#include <linux/dma-fence.h>

struct dma_fence *groq_fence_alloc(void);
void groq_fence_init(struct dma_fence *fence, u64 context, u64 seqno);
void groq_fence_put(struct dma_fence *fence);

#endif /* GROQ_FENCE_H */
