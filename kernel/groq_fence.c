// SPDX-License-Identifier: GPL-2.0-only
/*
 * Job fences. A sync object of another process, or of another driver, may keep
 * one long after the job, the file and the card are gone: a fence refers to
 * none of them, and holds the module.
 */

#include <linux/module.h>
#include <linux/slab.h>

#include "groq_fence.h"

struct groq_fence {
	struct dma_fence base;	/* first: dma_fence_free() frees by this address */
	spinlock_t lock;	/* of base */
	bool counted;		/* base is initialised */
};

static_assert(offsetof(struct groq_fence, base) == 0);

static const char *groq_fence_get_driver_name(struct dma_fence *fence)
{
	return "groq";
}

static const char *groq_fence_get_timeline_name(struct dma_fence *fence)
{
	return "queue";
}

static void groq_fence_release(struct dma_fence *fence)
{
	dma_fence_free(fence);
	module_put(THIS_MODULE);
}

static const struct dma_fence_ops groq_fence_ops = {
	.get_driver_name = groq_fence_get_driver_name,
	.get_timeline_name = groq_fence_get_timeline_name,
	.release = groq_fence_release,
};

static struct groq_fence *to_groq_fence(struct dma_fence *fence)
{
	return container_of(fence, struct groq_fence, base);
}

struct dma_fence *groq_fence_alloc(void)
{
	struct groq_fence *fence = kzalloc(sizeof(*fence), GFP_KERNEL_ACCOUNT);

	return fence ? &fence->base : NULL;
}

/* From here on the fence is reference counted. Callable under a spinlock. */
void groq_fence_init(struct dma_fence *fence, u64 context, u64 seqno)
{
	struct groq_fence *self = to_groq_fence(fence);

	/* The caller runs in this module, so it has a reference already. */
	__module_get(THIS_MODULE);
	spin_lock_init(&self->lock);
	dma_fence_init(fence, &groq_fence_ops, &self->lock, context, seqno);
	self->counted = true;
}

/* Gives up the reference of groq_fence_alloc(), initialised or not. */
void groq_fence_put(struct dma_fence *fence)
{
	if (fence && to_groq_fence(fence)->counted)
		dma_fence_put(fence);
	else
		kfree(fence);
}
