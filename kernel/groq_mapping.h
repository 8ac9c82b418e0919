/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Host memory that is DMA mapped for a card. The device keeps no mapping beyond
 * its driver: all of a card are on one list, from which removal takes them down.
 */
#ifndef GROQ_MAPPING_H
#define GROQ_MAPPING_H

#include <linux/dma-direction.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/scatterlist.h>
#include <linux/spinlock.h>

#include "groq_extents.h"

struct dma_buf_attachment;
struct groq_device;
struct iov_iter;
struct page;

/* Whose memory it is. */
enum groq_mapping_kind {
	GROQ_MAPPING_BUFFER,	/* made by us */
	GROQ_MAPPING_PINNED,	/* a process's, pinned by us */
	GROQ_MAPPING_FIXED,	/* a process's, pinned by io_uring */
	GROQ_MAPPING_IMPORT,	/* another driver's */
};

/* Starts as zeroes, which is as good as one that was finished. */
struct groq_mapping {
	struct groq_device *gdev;
	enum groq_mapping_kind kind;
	enum dma_data_direction direction;
	struct list_head link;		/* of groq_mappings.list; empty: not mapped */
	struct dma_buf_attachment *attachment;	/* of an import, while it is mapped */
	struct sg_table *table;		/* what is mapped: &pages, or the exporter's */
	struct sg_table pages;
	struct groq_extents extents;	/* constant once set up */
};

/* All of a card. */
struct groq_mappings {
	struct mutex removal;	/* held to unmap, but for fixed ones; outside of lock */
	spinlock_t lock;	/* protects list; taken by the interrupt */
	struct list_head list;
};

int groq_mappings_init(struct groq_device *gdev);
void groq_mappings_remove(struct groq_device *gdev);

int groq_mapping_init_pages(struct groq_mapping *mapping, struct groq_device *gdev,
			    enum groq_mapping_kind kind, struct page **pages,
			    size_t offset, size_t size, enum dma_data_direction direction);
int groq_mapping_init_fixed(struct groq_mapping *mapping, struct groq_device *gdev,
			    struct iov_iter *iter, enum dma_data_direction direction);
int groq_mapping_init_import(struct groq_mapping *mapping, struct groq_device *gdev,
			     struct dma_buf_attachment *attachment);
void groq_mapping_unmap_fixed(struct groq_mapping *mapping);
void groq_mapping_unmap(struct groq_mapping *mapping);
void groq_mapping_fini(struct groq_mapping *mapping);

void groq_mapping_sync_for_cpu(struct groq_mapping *mapping);
void groq_mapping_sync_for_device(struct groq_mapping *mapping);

#endif /* GROQ_MAPPING_H */
