/* SPDX-License-Identifier: GPL-2.0-only */
/* Buffer objects: host memory, pinned and mapped for the card all its life. */
#ifndef GROQ_GEM_H
#define GROQ_GEM_H

#include <drm/drm_gem_shmem_helper.h>

#include "groq_extents.h"

struct groq_device;

struct groq_bo {
	struct drm_gem_shmem_object base;	/* first: the helper frees it */
	struct list_head link;			/* groq_bos.list */
	struct groq_extents extents;		/* constant after creation */
	struct mutex vmap_lock;			/* protects vaddr */
	void *vaddr;				/* once mapped, to the end */
};

/* All buffers of a card, so that removal can take their DMA mappings down. */
struct groq_bos {
	struct mutex lock;	/* protects list, and base.sgt of its members */
	struct list_head list;
};

int groq_gem_init(struct groq_device *gdev);
void groq_gem_unmap_all(struct groq_device *gdev);
struct drm_gem_object *groq_gem_create_object(struct drm_device *drm, size_t size);
int groq_gem_ioctl_create(struct drm_device *drm, void *data, struct drm_file *file);

struct groq_bo *groq_bo_lookup(struct drm_file *file, u32 handle);
void groq_bo_put(struct groq_bo *bo);
u64 groq_bo_size(const struct groq_bo *bo);
void *groq_bo_vmap(struct groq_bo *bo);

#endif /* GROQ_GEM_H */
