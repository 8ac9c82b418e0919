// SPDX-License-Identifier: GPL-2.0-only
/* Where bytes of host memory are on the bus. */

#include <linux/scatterlist.h>
#include <linux/slab.h>

#include "groq_extents.h"

/* From a table that is DMA mapped. What follows each other on the bus is one. */
int groq_extents_fill(struct groq_extents *extents, struct sg_table *sgt)
{
	struct scatterlist *sg;
	dma_addr_t next = 0;
	u64 offset = 0;
	int i;

	extents->list = kvcalloc(sgt->nents, sizeof(*extents->list), GFP_KERNEL_ACCOUNT);
	if (!extents->list)
		return -ENOMEM;
	extents->count = 0;
	for_each_sgtable_dma_sg(sgt, sg, i) {
		if (!offset || sg_dma_address(sg) != next) {
			extents->list[extents->count].offset = offset;
			extents->list[extents->count].address = sg_dma_address(sg);
			extents->count++;
		}
		next = sg_dma_address(sg) + sg_dma_len(sg);
		offset += sg_dma_len(sg);
	}
	extents->size = offset;
	return 0;
}

void groq_extents_free(struct groq_extents *extents)
{
	kvfree(extents->list);
	extents->list = NULL;
	extents->count = 0;
}

u64 groq_extents_end(const struct groq_extents *extents, size_t index)
{
	return index + 1 < extents->count ? extents->list[index + 1].offset : extents->size;
}

/* The extent that holds @offset, which is less than the size. */
size_t groq_extents_find(const struct groq_extents *extents, u64 offset)
{
	size_t low = 0, high = extents->count;

	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (extents->list[middle].offset <= offset)
			low = middle;
		else
			high = middle;
	}
	return low;
}
