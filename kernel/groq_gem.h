/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Buffer objects: host memory, pinned and mapped for the card all its life. Ours
 * (groq_gem.c), a process's (groq_pin.c), or another driver's (groq_prime.c).
 */
#ifndef GROQ_GEM_H
#define GROQ_GEM_H

#include <drm/drm_gem_shmem_helper.h>

#include "groq_mapping.h"

struct dma_buf;
struct groq_device;
struct mm_struct;

struct groq_bo {
	struct drm_gem_shmem_object base;	/* first: the helper frees ours */
	struct groq_mapping mapping;	/* constant after creation, but for removal */
	struct mutex vmap_lock;		/* protects vaddr */
	void *vaddr;			/* once mapped, to the end */
	bool read_only;			/* for the card */
	struct mm_struct *charged;	/* held; for pinned pages */
	struct dma_buf *imported;	/* held */
};

struct drm_gem_object *groq_gem_create_object(struct drm_device *drm, size_t size);
enum drm_gem_object_status groq_gem_status(struct drm_gem_object *obj);
int groq_gem_ioctl_create(struct drm_device *drm, void *data, struct drm_file *file);

struct groq_bo *to_groq_bo(struct drm_gem_object *obj);
struct groq_bo *groq_bo_alloc(struct groq_device *gdev, u64 size,
			      const struct drm_gem_object_funcs *funcs);
void groq_bo_free(struct groq_bo *bo);
struct groq_bo *groq_bo_lookup(struct drm_file *file, u32 handle);
void groq_bo_put(struct groq_bo *bo);
u64 groq_bo_size(const struct groq_bo *bo);
void *groq_bo_vmap(struct groq_bo *bo);

#endif /* GROQ_GEM_H */
