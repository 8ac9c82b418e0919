// SPDX-License-Identifier: GPL-2.0-only
/* Turns a strided copy between a buffer and SRAM into what the chip executes. */

#include <linux/dma-mapping.h>
#include <linux/errno.h>
#include <linux/minmax.h>

#include <uapi/drm/groq_accel.h>

#include "groq_extents.h"
#include "groq_scatter.h"

/* Where a walk over the pieces of a copy stands. */
struct groq_scatter_walk {
	const struct groq_extents *extents;
	const struct drm_groq_command *request;
	size_t extent;
	u32 row;
	u64 done;	/* bytes of the row */
};

static void groq_scatter_start(struct groq_scatter_walk *walk, const struct groq_extents *extents,
			       const struct drm_groq_command *request)
{
	walk->extents = extents;
	walk->request = request;
	walk->extent = groq_extents_find(extents, request->bo_offset);
	walk->row = 0;
	walk->done = 0;
}

/* Offsets only grow, so the walk passes every extent once. */
static bool groq_scatter_next(struct groq_scatter_walk *walk, struct groq_scatter *entry)
{
	const struct drm_groq_command *request = walk->request;
	const struct groq_extent *extent;
	u64 offset, length;

	if (walk->row == request->rows)
		return false;
	offset = request->bo_offset + walk->row * request->bo_stride + walk->done;
	while (offset >= groq_extents_end(walk->extents, walk->extent))
		walk->extent++;
	extent = &walk->extents->list[walk->extent];
	length = min(request->size - walk->done,
		     groq_extents_end(walk->extents, walk->extent) - offset);

	entry->host = cpu_to_le64(extent->address + (offset - extent->offset));
	entry->sram = cpu_to_le32(request->sram + walk->row * request->sram_stride + walk->done);
	entry->length = cpu_to_le32(length);

	walk->done += length;
	if (walk->done == request->size) {
		walk->done = 0;
		walk->row++;
	}
	return true;
}

/* More than GROQ_SCATTER_MAX is as good as that plus one. */
static u32 groq_scatter_count(const struct groq_extents *extents,
			      const struct drm_groq_command *request)
{
	struct groq_scatter_walk walk;
	struct groq_scatter entry;
	u32 count = 0;

	groq_scatter_start(&walk, extents, request);
	while (count <= GROQ_SCATTER_MAX && groq_scatter_next(&walk, &entry))
		count++;
	return count;
}

static size_t groq_scatter_bytes(const struct groq_scatter_list *list)
{
	return list->count * sizeof(*list->entries);
}

/*
 * Fills in the copy part of @command. The request was validated against the
 * buffer and the SRAM. -E2BIG: more pieces than one command takes.
 */
int groq_scatter_build(struct groq_scatter_list *list, struct device *dev,
		       const struct groq_extents *extents, const struct drm_groq_command *request,
		       struct groq_command *command)
{
	struct groq_scatter_walk walk;
	u32 i, count = groq_scatter_count(extents, request);

	if (count > GROQ_SCATTER_MAX)
		return -E2BIG;
	command->copy.count = cpu_to_le32(count);
	groq_scatter_start(&walk, extents, request);
	if (count == 1) {
		groq_scatter_next(&walk, &command->copy.entry);
		command->flags |= GROQ_COMMAND_INLINE;
		return 0;
	}

	list->count = count;
	list->entries = dma_alloc_coherent(dev, groq_scatter_bytes(list),
					   &list->address,
					   GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	if (!list->entries)
		return -ENOMEM;
	for (i = 0; i < count; i++)
		groq_scatter_next(&walk, &list->entries[i]);
	command->copy.list = cpu_to_le64(list->address);
	return 0;
}

void groq_scatter_free(struct groq_scatter_list *list, struct device *dev)
{
	if (list->entries)
		dma_free_coherent(dev, groq_scatter_bytes(list), list->entries,
				  list->address);
	list->entries = NULL;
}
