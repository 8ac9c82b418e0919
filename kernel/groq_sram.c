// SPDX-License-Identifier: GPL-2.0-only
/* SRAM ranges: reservation by size or at an address, and scrubbing. */

#include <linux/slab.h>

#include <drm/drm_managed.h>

#include <hw/groq_sram.h>

#include "groq_drv.h"
#include "groq_job.h"
#include "groq_sram.h"
#include "groq_trace.h"

#define GROQ_SCRUB_TRIES	16

static u64 groq_sram_vectors(u64 bytes)
{
	return div_u64(bytes, GROQ_VECTOR_BYTES);
}

u32 groq_range_address(const struct groq_range *range)
{
	return range->node.start * GROQ_VECTOR_BYTES;
}

u32 groq_range_size(const struct groq_range *range)
{
	return range->node.size * GROQ_VECTOR_BYTES;
}

u64 groq_sram_used(struct groq_device *gdev)
{
	guard(mutex)(&gdev->sram.lock);
	return gdev->sram.used;
}

static struct groq_range *groq_sram_insert(struct groq_device *gdev, u64 address,
					   u64 size, bool fixed)
{
	struct groq_sram *sram = &gdev->sram;
	struct groq_range *range = kzalloc(sizeof(*range), GFP_KERNEL_ACCOUNT);
	int ret;

	if (!range)
		return ERR_PTR(-ENOMEM);
	INIT_LIST_HEAD(&range->link);
	range->node.start = groq_sram_vectors(address);
	range->node.size = groq_sram_vectors(size);

	guard(mutex)(&sram->lock);
	if (fixed)
		ret = drm_mm_reserve_node(&sram->vectors, &range->node);
	else
		ret = drm_mm_insert_node(&sram->vectors, &range->node, range->node.size);
	if (ret) {
		kfree(range);
		return ERR_PTR(ret);
	}
	sram->used += size;
	trace_groq_sram_reserve(gdev, groq_range_address(range), size);
	return range;
}

/* Sizes and addresses are multiples of a vector. -ENOSPC: not free. */
struct groq_range *groq_sram_reserve(struct groq_device *gdev, u64 size)
{
	return groq_sram_insert(gdev, 0, size, false);
}

struct groq_range *groq_sram_reserve_at(struct groq_device *gdev, u64 address, u64 size)
{
	return groq_sram_insert(gdev, address, size, true);
}

/*
 * Zeroes a range before anybody gets it, so that nothing is seen of whoever had
 * it before. Waits for the chip; a chip that does not answer is reset, which
 * ends the wait. Resets that others cause are nothing to whom the range is for.
 */
int groq_sram_scrub(struct groq_device *gdev, const struct groq_range *range)
{
	int ret, tries = GROQ_SCRUB_TRIES;

	do
		ret = groq_job_fill(gdev->scrubber, groq_range_address(range),
				    groq_range_size(range));
	while (ret == -ECANCELED && --tries);
	switch (ret) {
	case 0:
	case -ENODEV:
	case -ENOMEM:
		return ret;
	default:
		return -EIO;
	}
}

void groq_sram_release(struct groq_device *gdev, struct groq_range *range)
{
	struct groq_sram *sram = &gdev->sram;

	trace_groq_sram_release(gdev, groq_range_address(range), groq_range_size(range));
	scoped_guard(mutex, &sram->lock) {
		drm_mm_remove_node(&range->node);
		sram->used -= groq_range_size(range);
	}
	kfree(range);
}

static void groq_sram_fini(struct drm_device *drm, void *data)
{
	struct groq_sram *sram = data;

	drm_mm_takedown(&sram->vectors);
}

int groq_sram_init(struct groq_device *gdev)
{
	struct groq_sram *sram = &gdev->sram;
	int ret;

	ret = drmm_mutex_init(&gdev->drm, &sram->lock);
	if (ret)
		return ret;
	drm_mm_init(&sram->vectors, 0, groq_sram_vectors(gdev->hw.sram_bytes));
	return drmm_add_action_or_reset(&gdev->drm, groq_sram_fini, sram);
}
