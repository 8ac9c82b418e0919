// SPDX-License-Identifier: GPL-2.0-only
/*
 * DMA mappings: who ends one takes it off the list first, so that of an owner
 * and the removal of the card only one does. The other waits at the removal
 * mutex until that is done, before the memory goes. Only the mappings of
 * io_uring's fixed buffers do without: they end in the interrupt, with their
 * job, and removal comes after the last job.
 */

#include <linux/dma-buf.h>
#include <linux/dma-mapping.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/uio.h>

#include <drm/drm_managed.h>

#include "groq_drv.h"
#include "groq_mapping.h"
#include "groq_trace.h"

static int groq_mapping_publish(struct groq_mapping *mapping, struct groq_device *gdev,
				enum groq_mapping_kind kind)
{
	struct groq_mappings *mappings = &gdev->mappings;
	unsigned long flags;
	int ret;

	ret = groq_extents_fill(&mapping->extents, mapping->table);
	if (ret)
		return ret;
	mapping->gdev = gdev;
	mapping->kind = kind;
	trace_groq_memory_map(gdev, mapping->extents.size, mapping->extents.count);
	spin_lock_irqsave(&mappings->lock, flags);
	list_add_tail(&mapping->link, &mappings->list);
	spin_unlock_irqrestore(&mappings->lock, flags);
	return 0;
}

/* Whether it was mapped. From any context. */
static bool groq_mapping_withdraw(struct groq_mapping *mapping)
{
	struct groq_mappings *mappings = &mapping->gdev->mappings;
	unsigned long flags;
	bool mapped;

	spin_lock_irqsave(&mappings->lock, flags);
	mapped = !list_empty(&mapping->link);
	list_del_init(&mapping->link);
	spin_unlock_irqrestore(&mappings->lock, flags);
	if (mapped)
		trace_groq_memory_unmap(mapping->gdev, mapping->extents.size,
					mapping->extents.count);
	return mapped;
}

/* A process may have the same page mapped often, so caches are synchronised apart. */
static int groq_mapping_map_pages(struct groq_mapping *mapping, struct groq_device *gdev)
{
	struct device *dev = gdev->drm.dev;

	/* Whatever the cause is, there was no room for it on the bus. */
	if (dma_map_sgtable(dev, &mapping->pages, mapping->direction,
			    DMA_ATTR_SKIP_CPU_SYNC))
		return -ENOMEM;
	dma_sync_sgtable_for_device(dev, &mapping->pages, mapping->direction);
	mapping->table = &mapping->pages;
	return 0;
}

static void groq_mapping_unmap_pages(struct groq_mapping *mapping, struct groq_device *gdev)
{
	struct device *dev = gdev->drm.dev;

	dma_sync_sgtable_for_cpu(dev, &mapping->pages, mapping->direction);
	dma_unmap_sgtable(dev, &mapping->pages, mapping->direction, DMA_ATTR_SKIP_CPU_SYNC);
}

/* @size bytes from @offset in the first of @pages, which the caller holds. */
int groq_mapping_init_pages(struct groq_mapping *mapping, struct groq_device *gdev,
			    enum groq_mapping_kind kind, struct page **pages,
			    size_t offset, size_t size, enum dma_data_direction direction)
{
	unsigned int count = DIV_ROUND_UP(offset + size, PAGE_SIZE);
	int ret;

	ret = sg_alloc_table_from_pages_segment(&mapping->pages, pages, count, offset, size,
						dma_get_max_seg_size(gdev->drm.dev),
						GFP_KERNEL_ACCOUNT);
	if (ret)
		return ret;
	mapping->direction = direction;
	ret = groq_mapping_map_pages(mapping, gdev);
	if (ret)
		goto err_free;
	ret = groq_mapping_publish(mapping, gdev, kind);
	if (ret)
		goto err_unmap;
	return 0;

err_unmap:
	groq_mapping_unmap_pages(mapping, gdev);
err_free:
	sg_free_table(&mapping->pages);
	return ret;
}

/* The pages of @iter, in order. What is not one after the other is refused. */
static int groq_mapping_extract(struct iov_iter *iter, struct page **pages, u32 count,
				size_t *offset)
{
	size_t end = 0, start;
	u32 done = 0;

	while (iov_iter_count(iter)) {
		struct page **target = pages + done;
		ssize_t got = iov_iter_extract_pages(iter, &target, iov_iter_count(iter),
						     count - done, 0, &start);

		if (got <= 0)
			return got ? got : -EFAULT;
		if (!done)
			*offset = start;
		else if (start || !PAGE_ALIGNED(end))
			return -EFAULT;
		end = start + got;
		done += DIV_ROUND_UP(end, PAGE_SIZE);
	}
	return 0;
}

/*
 * A piece of a registered buffer, as io_uring_cmd_import_fixed() gives it. The
 * command keeps its pages pinned until it completes; unmap before that.
 */
int groq_mapping_init_fixed(struct groq_mapping *mapping, struct groq_device *gdev,
			    struct iov_iter *iter, enum dma_data_direction direction)
{
	size_t offset = 0, size = iov_iter_count(iter);
	u32 count = iov_iter_npages(iter, INT_MAX);
	struct page **pages;
	int ret;

	pages = kvmalloc_array(count, sizeof(*pages), GFP_KERNEL_ACCOUNT);
	if (!pages)
		return -ENOMEM;
	ret = groq_mapping_extract(iter, pages, count, &offset);
	if (!ret)
		ret = groq_mapping_init_pages(mapping, gdev, GROQ_MAPPING_FIXED, pages,
					      offset, size, direction);
	kvfree(pages);
	return ret;
}

/* Takes the attachment over when it succeeds. */
int groq_mapping_init_import(struct groq_mapping *mapping, struct groq_device *gdev,
			     struct dma_buf_attachment *attachment)
{
	struct sg_table *table;
	int ret;

	mapping->direction = DMA_BIDIRECTIONAL;
	table = dma_buf_map_attachment_unlocked(attachment, mapping->direction);
	if (IS_ERR(table))
		return PTR_ERR(table);
	mapping->table = table;
	mapping->attachment = attachment;
	ret = groq_mapping_publish(mapping, gdev, GROQ_MAPPING_IMPORT);
	if (ret)
		dma_buf_unmap_attachment_unlocked(attachment, table, mapping->direction);
	return ret;
}

/* The exporter may keep the mapping for the next time until it is detached. */
static void groq_mapping_detach(struct groq_mapping *mapping)
{
	struct dma_buf_attachment *attachment = mapping->attachment;

	dma_buf_unmap_attachment_unlocked(attachment, mapping->table, mapping->direction);
	dma_buf_detach(attachment->dmabuf, attachment);
	mapping->attachment = NULL;
}

static void groq_mapping_end(struct groq_mapping *mapping)
{
	if (!groq_mapping_withdraw(mapping))
		return;
	if (mapping->attachment)
		groq_mapping_detach(mapping);
	else
		groq_mapping_unmap_pages(mapping, mapping->gdev);
}

/* From any context. Again is nothing; groq_mapping_fini() still has to follow. */
void groq_mapping_unmap_fixed(struct groq_mapping *mapping)
{
	if (mapping->gdev)
		groq_mapping_end(mapping);
}

/* When it returns the memory may go. In process context; again is nothing. */
void groq_mapping_unmap(struct groq_mapping *mapping)
{
	if (!mapping->gdev)
		return;
	guard(mutex)(&mapping->gdev->mappings.removal);
	groq_mapping_end(mapping);
}

/* In process context. */
void groq_mapping_fini(struct groq_mapping *mapping)
{
	if (!mapping->gdev)
		return;
	groq_mapping_unmap(mapping);
	sg_free_table(&mapping->pages);
	groq_extents_free(&mapping->extents);
	mapping->gdev = NULL;
}

/* Of pages. */
void groq_mapping_sync_for_cpu(struct groq_mapping *mapping)
{
	struct groq_device *gdev = mapping->gdev;

	guard(mutex)(&gdev->mappings.removal);
	if (!list_empty(&mapping->link))
		dma_sync_sgtable_for_cpu(gdev->drm.dev, &mapping->pages, mapping->direction);
}

void groq_mapping_sync_for_device(struct groq_mapping *mapping)
{
	struct groq_device *gdev = mapping->gdev;

	guard(mutex)(&gdev->mappings.removal);
	if (!list_empty(&mapping->link))
		dma_sync_sgtable_for_device(gdev->drm.dev, &mapping->pages,
					    mapping->direction);
}

/*
 * When the chip is quiet, no job is left and no call is inside. The memory stays
 * with its owners.
 */
void groq_mappings_remove(struct groq_device *gdev)
{
	struct groq_mappings *mappings = &gdev->mappings;
	struct groq_mapping *mapping;

	guard(mutex)(&mappings->removal);
	/* With the mutex held only those unmap that are here for it, too. */
	while ((mapping = list_first_entry_or_null(&mappings->list, struct groq_mapping, link)))
		groq_mapping_end(mapping);
}

int groq_mappings_init(struct groq_device *gdev)
{
	struct groq_mappings *mappings = &gdev->mappings;

	INIT_LIST_HEAD(&mappings->list);
	spin_lock_init(&mappings->lock);
	return drmm_mutex_init(&gdev->drm, &mappings->removal);
}

/* As MODULE_IMPORT_NS(), which takes a word in some kernels, a string in others. */
MODULE_INFO(import_ns, "DMA_BUF");
