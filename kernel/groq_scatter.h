/* SPDX-License-Identifier: GPL-2.0-only */
/* Scatter lists: a copy command's geometry in bus addresses. */
#ifndef GROQ_SCATTER_H
#define GROQ_SCATTER_H

#include <linux/types.h>

#include <hw/groq_queue.h>

struct device;
struct drm_groq_command;
struct groq_extents;

/* Empty if the one entry is in the command itself. */
struct groq_scatter_list {
	struct groq_scatter *entries;
	dma_addr_t address;
	u32 count;
};

int groq_scatter_build(struct groq_scatter_list *list, struct device *dev,
		       const struct groq_extents *extents,
		       const struct drm_groq_command *request, struct groq_command *command);
void groq_scatter_free(struct groq_scatter_list *list, struct device *dev);

#endif /* GROQ_SCATTER_H */
