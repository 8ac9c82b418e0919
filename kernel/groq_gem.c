// SPDX-License-Identifier: GPL-2.0-only
/*
 * Buffer objects: shmem pages, pinned and DMA mapped from creation on, so that
 * a submission never waits for memory. A buffer may outlive the card: its pages
 * and user mappings stay, its DMA mapping goes with the card.
 */

#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include <drm/drm_file.h>
#include <drm/drm_managed.h>

#include <uapi/drm/groq_accel.h>

#include "groq_drv.h"
#include "groq_gem.h"
#include "groq_prime.h"

static_assert(offsetof(struct groq_bo, base) == 0);

struct groq_bo *to_groq_bo(struct drm_gem_object *obj)
{
	return container_of(to_drm_gem_shmem_obj(obj), struct groq_bo, base);
}

static void groq_gem_free(struct drm_gem_object *obj)
{
	struct groq_bo *bo = to_groq_bo(obj);

	vunmap(bo->vaddr);
	groq_mapping_fini(&bo->mapping);
	if (bo->base.pages)
		drm_gem_shmem_unpin(&bo->base);
	mutex_destroy(&bo->vmap_lock);
	drm_gem_shmem_free(&bo->base);
}

enum drm_gem_object_status groq_gem_status(struct drm_gem_object *obj)
{
	return DRM_GEM_OBJECT_RESIDENT;
}

static const struct drm_gem_object_funcs groq_gem_funcs = {
	.free = groq_gem_free,
	.export = groq_prime_export,
	.print_info = drm_gem_shmem_object_print_info,
	.pin = drm_gem_shmem_object_pin,
	.unpin = drm_gem_shmem_object_unpin,
	.get_sg_table = drm_gem_shmem_object_get_sg_table,
	.vmap = drm_gem_shmem_object_vmap,
	.vunmap = drm_gem_shmem_object_vunmap,
	.mmap = drm_gem_shmem_object_mmap,
	.status = groq_gem_status,
	.vm_ops = &drm_gem_shmem_vm_ops,
};

/* drm_driver.gem_create_object: what the shmem helper builds its object in. */
struct drm_gem_object *groq_gem_create_object(struct drm_device *drm, size_t size)
{
	struct groq_bo *bo = kzalloc(sizeof(*bo), GFP_KERNEL_ACCOUNT);

	if (!bo)
		return ERR_PTR(-ENOMEM);
	mutex_init(&bo->vmap_lock);
	bo->base.base.funcs = &groq_gem_funcs;
	return &bo->base.base;
}

/* A buffer whose memory the shmem helper knows nothing of; it cannot be mmapped. */
struct groq_bo *groq_bo_alloc(struct groq_device *gdev, u64 size,
			      const struct drm_gem_object_funcs *funcs)
{
	struct groq_bo *bo = kzalloc(sizeof(*bo), GFP_KERNEL_ACCOUNT);

	if (!bo)
		return ERR_PTR(-ENOMEM);
	mutex_init(&bo->vmap_lock);
	bo->base.base.funcs = funcs;
	drm_gem_private_object_init(&gdev->drm, &bo->base.base, size);
	return bo;
}

/* The last of such a one. */
void groq_bo_free(struct groq_bo *bo)
{
	groq_mapping_fini(&bo->mapping);
	mutex_destroy(&bo->vmap_lock);
	drm_gem_object_release(&bo->base.base);
	kfree(bo);
}

static int groq_bo_map(struct groq_bo *bo, struct groq_device *gdev)
{
	int ret = drm_gem_shmem_pin(&bo->base);

	if (ret)
		return ret;
	return groq_mapping_init_pages(&bo->mapping, gdev, GROQ_MAPPING_BUFFER,
				       bo->base.pages, 0, groq_bo_size(bo),
				       DMA_BIDIRECTIONAL);
}

static struct groq_bo *groq_bo_create(struct groq_device *gdev, u64 size)
{
	struct drm_gem_shmem_object *shmem = drm_gem_shmem_create(&gdev->drm, size);
	struct groq_bo *bo;
	int ret;

	if (IS_ERR(shmem))
		return ERR_CAST(shmem);
	bo = to_groq_bo(&shmem->base);
	ret = groq_bo_map(bo, gdev);
	if (ret) {
		groq_bo_put(bo);
		return ERR_PTR(ret);
	}
	return bo;
}

int groq_gem_ioctl_create(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct drm_groq_bo_create *args = data;
	struct groq_bo *bo;
	int idx, ret;

	if (args->flags || !args->size || args->size > DRM_GROQ_BO_SIZE_MAX)
		return -EINVAL;
	/* To try would take all memory that others need, and have some of them killed. */
	if (args->size >> PAGE_SHIFT > totalram_pages())
		return -ENOMEM;
	if (!groq_device_enter(drm, &idx))
		return -ENODEV;
	bo = groq_bo_create(to_groq_device(drm), args->size);
	groq_device_exit(idx);
	if (IS_ERR(bo))
		return PTR_ERR(bo);

	ret = drm_gem_handle_create(file, &bo->base.base, &args->handle);
	if (!ret) {
		args->size = groq_bo_size(bo);
		args->mmap_offset = drm_vma_node_offset_addr(&bo->base.base.vma_node);
	}
	groq_bo_put(bo);	/* the handle holds it */
	return ret;
}

/* A reference for the caller, or NULL. */
struct groq_bo *groq_bo_lookup(struct drm_file *file, u32 handle)
{
	struct drm_gem_object *obj = drm_gem_object_lookup(file, handle);

	return obj ? to_groq_bo(obj) : NULL;
}

void groq_bo_put(struct groq_bo *bo)
{
	if (bo)
		drm_gem_object_put(&bo->base.base);
}

u64 groq_bo_size(const struct groq_bo *bo)
{
	return bo->base.base.size;
}

/* The buffer in the kernel's address space, until it is freed. -EINVAL: not ours. */
void *groq_bo_vmap(struct groq_bo *bo)
{
	if (bo->mapping.kind != GROQ_MAPPING_BUFFER)
		return ERR_PTR(-EINVAL);
	guard(mutex)(&bo->vmap_lock);
	if (!bo->vaddr)
		bo->vaddr = vmap(bo->base.pages, groq_bo_size(bo) >> PAGE_SHIFT,
				 VM_MAP, PAGE_KERNEL);
	return bo->vaddr ?: ERR_PTR(-ENOMEM);
}
