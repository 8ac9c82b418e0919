// SPDX-License-Identifier: GPL-2.0-only
/*
 * Buffer objects: shmem pages, pinned and DMA mapped from creation on, so that
 * a submission never waits for memory. A buffer may outlive the card: its pages
 * and user mappings stay, its DMA mapping goes with the card.
 */

#include <linux/dma-mapping.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include <drm/drm_drv.h>
#include <drm/drm_file.h>
#include <drm/drm_managed.h>

#include <uapi/drm/groq_accel.h>

#include "groq_drv.h"
#include "groq_gem.h"

static_assert(offsetof(struct groq_bo, base) == 0);

static struct groq_bo *to_groq_bo(struct drm_gem_object *obj)
{
	return container_of(to_drm_gem_shmem_obj(obj), struct groq_bo, base);
}

static void groq_gem_free(struct drm_gem_object *obj)
{
	struct groq_device *gdev = to_groq_device(obj->dev);
	struct groq_bo *bo = to_groq_bo(obj);

	scoped_guard(mutex, &gdev->bos.lock)
		list_del(&bo->link);
	vunmap(bo->vaddr);
	groq_extents_free(&bo->extents);
	mutex_destroy(&bo->vmap_lock);
	drm_gem_shmem_free(&bo->base);
}

static enum drm_gem_object_status groq_gem_status(struct drm_gem_object *obj)
{
	return DRM_GEM_OBJECT_RESIDENT;
}

static const struct drm_gem_object_funcs groq_gem_funcs = {
	.free = groq_gem_free,
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
	INIT_LIST_HEAD(&bo->link);
	mutex_init(&bo->vmap_lock);
	bo->base.base.funcs = &groq_gem_funcs;
	return &bo->base.base;
}

static int groq_bo_map(struct groq_bo *bo)
{
	struct sg_table *sgt = drm_gem_shmem_get_pages_sgt(&bo->base);

	return IS_ERR(sgt) ? PTR_ERR(sgt) : groq_extents_fill(&bo->extents, sgt);
}

static struct groq_bo *groq_bo_create(struct groq_device *gdev, u64 size)
{
	struct drm_gem_shmem_object *shmem = drm_gem_shmem_create(&gdev->drm, size);
	struct groq_bo *bo;
	int ret;

	if (IS_ERR(shmem))
		return ERR_CAST(shmem);
	bo = to_groq_bo(&shmem->base);
	scoped_guard(mutex, &gdev->bos.lock)
		list_add(&bo->link, &gdev->bos.list);
	ret = groq_bo_map(bo);
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
	if (!drm_dev_enter(drm, &idx))
		return -ENODEV;
	bo = groq_bo_create(to_groq_device(drm), args->size);
	drm_dev_exit(idx);
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

/* The buffer in the kernel's address space, until it is freed; NULL: no memory. */
void *groq_bo_vmap(struct groq_bo *bo)
{
	guard(mutex)(&bo->vmap_lock);
	if (!bo->vaddr)
		bo->vaddr = vmap(bo->base.pages, groq_bo_size(bo) >> PAGE_SHIFT,
				 VM_MAP, PAGE_KERNEL);
	return bo->vaddr;
}

static void groq_bo_unmap(struct groq_device *gdev, struct groq_bo *bo)
{
	struct sg_table *sgt = bo->base.sgt;

	if (!sgt)
		return;
	bo->base.sgt = NULL;
	dma_unmap_sgtable(gdev->drm.dev, sgt, DMA_BIDIRECTIONAL, 0);
	sg_free_table(sgt);
	kfree(sgt);
}

/*
 * On removal, when the chip is quiet and no job is left: the device must not
 * keep DMA mappings beyond its driver. The pages stay with their buffers.
 */
void groq_gem_unmap_all(struct groq_device *gdev)
{
	struct groq_bo *bo;

	guard(mutex)(&gdev->bos.lock);
	list_for_each_entry(bo, &gdev->bos.list, link)
		groq_bo_unmap(gdev, bo);
}

int groq_gem_init(struct groq_device *gdev)
{
	INIT_LIST_HEAD(&gdev->bos.list);
	return drmm_mutex_init(&gdev->drm, &gdev->bos.lock);
}
