// SPDX-License-Identifier: GPL-2.0-only
/*
 * Buffers of memory that a process already has: its pages are pinned for as long
 * as the buffer lives, and counted as mm->pinned_vm (VmPin of the process), whose
 * meaning that is. An atomic, it can be given back from wherever the last
 * reference is put; the lock of a foreign mm, which locked_vm needs, could not be
 * taken there.
 */

#include <linux/backing-dev.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>

#include <drm/drm_file.h>

#include <uapi/drm/groq_accel.h>

#include "groq_drv.h"
#include "groq_gem.h"
#include "groq_pin.h"

/* So many pages at a time, that a signal need not wait for gigabytes. */
#define GROQ_PIN_CHUNK	(SZ_16M >> PAGE_SHIFT)

static unsigned long groq_pin_count(const struct groq_bo *bo)
{
	return groq_bo_size(bo) >> PAGE_SHIFT;
}

static int groq_pin_charge(struct groq_bo *bo)
{
	struct mm_struct *mm = current->mm;
	u64 limit = rlimit(RLIMIT_MEMLOCK) >> PAGE_SHIFT;
	s64 pinned = atomic64_read(&mm->pinned_vm);

	do {
		if (pinned + groq_pin_count(bo) > limit && !capable(CAP_IPC_LOCK))
			return -EDQUOT;
	} while (!atomic64_try_cmpxchg(&mm->pinned_vm, &pinned,
				       pinned + groq_pin_count(bo)));
	mmgrab(mm);
	bo->charged = mm;
	return 0;
}

/* From the process that was charged, whichever puts the buffer last. */
static void groq_pin_uncharge(struct groq_bo *bo)
{
	if (!bo->charged)
		return;
	atomic64_sub(groq_pin_count(bo), &bo->charged->pinned_vm);
	mmdrop(bo->charged);
}

static void groq_pin_release(struct groq_bo *bo)
{
	struct scatterlist *sg;
	int i;

	for_each_sgtable_sg(&bo->mapping.pages, sg, i)
		unpin_user_page_range_dirty_lock(sg_page(sg), sg->length >> PAGE_SHIFT,
						 !bo->read_only);
}

static void groq_pin_free(struct drm_gem_object *obj)
{
	struct groq_bo *bo = to_groq_bo(obj);

	if (bo->mapping.gdev) {
		groq_mapping_unmap(&bo->mapping);
		groq_pin_release(bo);
	}
	groq_pin_uncharge(bo);
	groq_bo_free(bo);
}

static struct dma_buf *groq_pin_export(struct drm_gem_object *obj, int flags)
{
	return ERR_PTR(-EPERM);
}

static const struct drm_gem_object_funcs groq_pin_funcs = {
	.free = groq_pin_free,
	.export = groq_pin_export,
	.status = groq_gem_status,
};

/* Whether it is memory, but of a file system that wants to see each write. */
static bool groq_pin_is_file(u64 address)
{
	struct vm_area_struct *vma;
	bool file;

	mmap_read_lock(current->mm);
	vma = vma_lookup(current->mm, untagged_addr(address));
	file = vma && (vma->vm_flags & VM_SHARED) && (vma->vm_flags & VM_WRITE) &&
	       !(vma->vm_flags & (VM_IO | VM_PFNMAP)) && vma->vm_file &&
	       mapping_can_writeback(vma->vm_file->f_mapping);
	mmap_read_unlock(current->mm);
	return file;
}

static int groq_pin_error(u64 address, int error, bool read_only)
{
	switch (error) {
	case -EFAULT:
		return !read_only && groq_pin_is_file(address) ? -EOPNOTSUPP : -EFAULT;
	case -EINTR:
	case -ENOMEM:
	case -EOPNOTSUPP:
		return error;
	default:
		return -EFAULT;
	}
}

/* All of @pages, or none. */
static int groq_pin_pages(u64 address, struct page **pages, unsigned long count,
			  bool read_only)
{
	unsigned int flags = FOLL_LONGTERM | (read_only ? 0 : FOLL_WRITE);
	unsigned long done = 0;
	int got = 0;

	while (done < count) {
		got = pin_user_pages_fast(address + (done << PAGE_SHIFT),
					  min(count - done, GROQ_PIN_CHUNK), flags,
					  pages + done);
		if (got <= 0)
			break;
		done += got;
		if (fatal_signal_pending(current)) {
			got = -EINTR;
			break;
		}
		cond_resched();
	}
	if (got > 0)
		return 0;
	unpin_user_pages(pages, done);
	return groq_pin_error(address + (done << PAGE_SHIFT), got, read_only);
}

static int groq_pin_map_pages(struct groq_bo *bo, struct groq_device *gdev,
			      struct page **pages)
{
	int idx, ret;

	if (!groq_device_enter(&gdev->drm, &idx))
		return -ENODEV;
	ret = groq_mapping_init_pages(&bo->mapping, gdev, GROQ_MAPPING_PINNED, pages, 0,
				      groq_bo_size(bo),
				      bo->read_only ? DMA_TO_DEVICE : DMA_BIDIRECTIONAL);
	groq_device_exit(idx);
	return ret;
}

/*
 * The card's removal is not held up meanwhile: faults may take for ever, if user
 * space is to resolve them.
 */
static int groq_pin_map(struct groq_bo *bo, struct groq_device *gdev, u64 address)
{
	unsigned long count = groq_pin_count(bo);
	struct page **pages;
	int ret;

	pages = kvmalloc_array(count, sizeof(*pages), GFP_KERNEL_ACCOUNT);
	if (!pages)
		return -ENOMEM;
	ret = groq_pin_pages(address, pages, count, bo->read_only);
	if (!ret) {
		ret = groq_pin_map_pages(bo, gdev, pages);
		if (ret)
			unpin_user_pages(pages, count);
	}
	kvfree(pages);
	return ret;
}

static struct groq_bo *groq_pin_create(struct groq_device *gdev,
				       const struct drm_groq_bo_pin *args)
{
	struct groq_bo *bo = groq_bo_alloc(gdev, args->size, &groq_pin_funcs);
	int ret;

	if (IS_ERR(bo))
		return bo;
	bo->read_only = args->flags & DRM_GROQ_BO_PIN_READ_ONLY;
	ret = groq_pin_charge(bo);
	if (!ret)
		ret = groq_pin_map(bo, gdev, args->address);
	if (ret) {
		groq_bo_put(bo);
		return ERR_PTR(ret);
	}
	return bo;
}

static int groq_pin_check(const struct drm_groq_bo_pin *args)
{
	u64 end;

	if ((args->flags & ~DRM_GROQ_BO_PIN_READ_ONLY) || !args->size ||
	    args->size > DRM_GROQ_BO_SIZE_MAX || !PAGE_ALIGNED(args->size) ||
	    !PAGE_ALIGNED(args->address))
		return -EINVAL;
	return check_add_overflow(args->address, args->size, &end) ? -EFAULT : 0;
}

int groq_pin_ioctl(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct drm_groq_bo_pin *args = data;
	struct groq_bo *bo;
	int ret;

	ret = groq_pin_check(args);
	if (ret)
		return ret;
	bo = groq_pin_create(to_groq_device(drm), args);
	if (IS_ERR(bo))
		return PTR_ERR(bo);
	ret = drm_gem_handle_create(file, &bo->base.base, &args->handle);
	groq_bo_put(bo);	/* the handle holds it */
	return ret;
}
