// SPDX-License-Identifier: GPL-2.0-only
/*
 * Buffers shared with other drivers. Jobs hold bus addresses from submission on,
 * so memory must not move: attachments are static both ways, and there are no
 * implicit fences; who shares a buffer says with syncobjs who may use it when.
 */

#include <linux/dma-buf.h>

#include <drm/drm_prime.h>

#include <uapi/drm/groq_accel.h>

#include "groq_drv.h"
#include "groq_gem.h"
#include "groq_prime.h"

static int groq_prime_begin_cpu_access(struct dma_buf *dmabuf,
				       enum dma_data_direction direction)
{
	groq_mapping_sync_for_cpu(&to_groq_bo(dmabuf->priv)->mapping);
	return 0;
}

static int groq_prime_end_cpu_access(struct dma_buf *dmabuf,
				     enum dma_data_direction direction)
{
	groq_mapping_sync_for_device(&to_groq_bo(dmabuf->priv)->mapping);
	return 0;
}

static const struct dma_buf_ops groq_prime_ops = {
	.attach = drm_gem_map_attach,
	.detach = drm_gem_map_detach,
	.map_dma_buf = drm_gem_map_dma_buf,
	.unmap_dma_buf = drm_gem_unmap_dma_buf,
	.begin_cpu_access = groq_prime_begin_cpu_access,
	.end_cpu_access = groq_prime_end_cpu_access,
	.release = drm_gem_dmabuf_release,
	.mmap = drm_gem_dmabuf_mmap,
	.vmap = drm_gem_dmabuf_vmap,
	.vunmap = drm_gem_dmabuf_vunmap,
};

/* drm_gem_object_funcs.export of our own buffers. */
struct dma_buf *groq_prime_export(struct drm_gem_object *obj, int flags)
{
	struct dma_buf_export_info info = {
		.exp_name = KBUILD_MODNAME,
		.owner = THIS_MODULE,
		.ops = &groq_prime_ops,
		.size = obj->size,
		.flags = flags,
		.resv = obj->resv,
		.priv = obj,
	};

	return drm_gem_dmabuf_export(obj->dev, &info);
}

static void groq_prime_free(struct drm_gem_object *obj)
{
	struct groq_bo *bo = to_groq_bo(obj);
	struct dma_buf *dmabuf = bo->imported;

	groq_mapping_unmap(&bo->mapping);
	groq_bo_free(bo);
	dma_buf_put(dmabuf);
}

/* The DRM core passes the dma-buf that it came from on. */
static struct dma_buf *groq_prime_export_again(struct drm_gem_object *obj, int flags)
{
	return ERR_PTR(-EPERM);
}

static const struct drm_gem_object_funcs groq_prime_funcs = {
	.free = groq_prime_free,
	.export = groq_prime_export_again,
	.status = groq_gem_status,
};

static int groq_prime_map(struct groq_bo *bo, struct groq_device *gdev)
{
	struct dma_buf_attachment *attachment;
	int ret;

	attachment = dma_buf_attach(bo->imported, gdev->drm.dev);
	if (IS_ERR(attachment))
		return PTR_ERR(attachment);
	ret = groq_mapping_init_import(&bo->mapping, gdev, attachment);
	if (ret) {
		dma_buf_detach(bo->imported, attachment);
		return ret;
	}
	/* Not to be reached behind the end of what the exporter gave us. */
	return bo->mapping.extents.size < groq_bo_size(bo) ? -EINVAL : 0;
}

static struct groq_bo *groq_prime_create(struct groq_device *gdev, struct dma_buf *dmabuf)
{
	struct groq_bo *bo;
	int ret;

	if (!dmabuf->size || dmabuf->size > DRM_GROQ_BO_SIZE_MAX ||
	    !PAGE_ALIGNED(dmabuf->size))
		return ERR_PTR(-EINVAL);
	bo = groq_bo_alloc(gdev, dmabuf->size, &groq_prime_funcs);
	if (IS_ERR(bo))
		return bo;
	get_dma_buf(dmabuf);
	bo->imported = dmabuf;
	bo->base.base.resv = dmabuf->resv;
	ret = groq_prime_map(bo, gdev);
	if (ret) {
		groq_bo_put(bo);
		return ERR_PTR(ret);
	}
	return bo;
}

/*
 * drm_driver.gem_prime_import. The object's import_attach stays empty: the
 * attachment goes with the card, maybe before the object.
 */
struct drm_gem_object *groq_prime_import(struct drm_device *drm, struct dma_buf *dmabuf)
{
	struct drm_gem_object *obj = dmabuf->priv;
	struct groq_bo *bo;
	int idx;

	if (dmabuf->ops == &groq_prime_ops && obj->dev == drm) {
		drm_gem_object_get(obj);
		return obj;
	}
	if (!groq_device_enter(drm, &idx))
		return ERR_PTR(-ENODEV);
	bo = groq_prime_create(to_groq_device(drm), dmabuf);
	groq_device_exit(idx);
	return IS_ERR(bo) ? ERR_CAST(bo) : &bo->base.base;
}
