/* SPDX-License-Identifier: GPL-2.0-only */
/* Host memory as the card sees it: a table from offsets to bus addresses. */
#ifndef GROQ_EXTENTS_H
#define GROQ_EXTENTS_H

#include <linux/types.h>

struct sg_table;

/* A piece that is contiguous on the bus. */
struct groq_extent {
	u64 offset;		/* extents follow each other */
	dma_addr_t address;
};

/* Constant once filled. */
struct groq_extents {
	struct groq_extent *list;	/* sorted by offset */
	size_t count;
	u64 size;			/* bytes of all */
};

int groq_extents_fill(struct groq_extents *extents, struct sg_table *sgt);
void groq_extents_free(struct groq_extents *extents);
size_t groq_extents_find(const struct groq_extents *extents, u64 offset);
u64 groq_extents_end(const struct groq_extents *extents, size_t index);

#endif /* GROQ_EXTENTS_H */
