/* SPDX-License-Identifier: GPL-2.0-only */
/* Who has which part of the SRAM. Counts in vectors of 320 bytes inside. */
#ifndef GROQ_SRAM_H
#define GROQ_SRAM_H

#include <linux/mutex.h>

#include <drm/drm_mm.h>

struct groq_device;

struct groq_sram {
	struct mutex lock;	/* protects what follows */
	struct drm_mm vectors;
	u64 used;		/* bytes */
};

/* Reserved for one context, on its list. */
struct groq_range {
	struct drm_mm_node node;
	struct list_head link;
};

int groq_sram_init(struct groq_device *gdev);
u64 groq_sram_used(struct groq_device *gdev);
struct groq_range *groq_sram_reserve(struct groq_device *gdev, u64 size);
struct groq_range *groq_sram_reserve_at(struct groq_device *gdev, u64 address, u64 size);
int groq_sram_scrub(struct groq_device *gdev, const struct groq_range *range);
void groq_sram_release(struct groq_device *gdev, struct groq_range *range);
u32 groq_range_address(const struct groq_range *range);
u32 groq_range_size(const struct groq_range *range);

#endif /* GROQ_SRAM_H */
