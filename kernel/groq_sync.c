// SPDX-License-Identifier: GPL-2.0-only
/* Resolving sync objects; everything that can fail, before anything is done. */

#include <linux/dma-fence-chain.h>
#include <linux/err.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include <drm/drm_file.h>
#include <drm/drm_syncobj.h>

#include <uapi/drm/groq_accel.h>

#include "groq_sync.h"

static int groq_sync_read(u64 user, u32 index, struct drm_groq_sync *sync)
{
	const struct drm_groq_sync __user *array = u64_to_user_ptr(user);

	if (copy_from_user(sync, array + index, sizeof(*sync)))
		return -EFAULT;
	return sync->flags ? -EINVAL : 0;
}

static int groq_wait_get(struct groq_wait *wait, struct drm_file *file,
			 u64 user, u32 index)
{
	struct drm_groq_sync sync;
	int ret = groq_sync_read(user, index, &sync);

	if (ret)
		return ret;
	ret = drm_syncobj_find_fence(file, sync.handle, sync.point, 0, &wait->fence);
	if (ret) {
		wait->fence = NULL;
		return ret;
	}
	if (dma_fence_is_signaled(wait->fence)) {
		dma_fence_put(wait->fence);
		wait->fence = NULL;
	}
	return 0;
}

/* NULL for none. */
struct groq_wait *groq_waits_get(struct drm_file *file, u64 user, u32 count)
{
	struct groq_wait *waits;
	u32 i;
	int ret;

	if (!count)
		return NULL;
	waits = kcalloc(count, sizeof(*waits), GFP_KERNEL_ACCOUNT);
	if (!waits)
		return ERR_PTR(-ENOMEM);
	for (i = 0; i < count; i++) {
		ret = groq_wait_get(&waits[i], file, user, i);
		if (ret) {
			groq_waits_put(waits, i);
			return ERR_PTR(ret);
		}
	}
	return waits;
}

void groq_waits_put(struct groq_wait *waits, u32 count)
{
	u32 i;

	for (i = 0; waits && i < count; i++)
		dma_fence_put(waits[i].fence);
	kfree(waits);
}

static int groq_signal_get(struct groq_signal *signal, struct drm_file *file,
			   u64 user, u32 index)
{
	struct drm_groq_sync sync;
	int ret = groq_sync_read(user, index, &sync);

	if (ret)
		return ret;
	if (sync.point) {
		signal->chain = dma_fence_chain_alloc();
		if (!signal->chain)
			return -ENOMEM;
	}
	signal->point = sync.point;
	signal->syncobj = drm_syncobj_find(file, sync.handle);
	return signal->syncobj ? 0 : -ENOENT;
}

/* NULL for none. */
struct groq_signal *groq_signals_get(struct drm_file *file, u64 user, u32 count)
{
	struct groq_signal *signals;
	u32 i;
	int ret;

	if (!count)
		return NULL;
	signals = kcalloc(count, sizeof(*signals), GFP_KERNEL);
	if (!signals)
		return ERR_PTR(-ENOMEM);
	for (i = 0; i < count; i++) {
		ret = groq_signal_get(&signals[i], file, user, i);
		if (ret) {
			groq_signals_put(signals, i + 1);
			return ERR_PTR(ret);
		}
	}
	return signals;
}

/* Cannot fail. Consumes the chains; groq_signals_put() is still due. */
void groq_signals_attach(struct groq_signal *signals, u32 count, struct dma_fence *fence)
{
	u32 i;

	for (i = 0; i < count; i++) {
		struct groq_signal *signal = &signals[i];

		if (signal->chain)
			drm_syncobj_add_point(signal->syncobj, signal->chain, fence,
					      signal->point);
		else
			drm_syncobj_replace_fence(signal->syncobj, fence);
		signal->chain = NULL;
	}
}

void groq_signals_put(struct groq_signal *signals, u32 count)
{
	u32 i;

	for (i = 0; signals && i < count; i++) {
		dma_fence_chain_free(signals[i].chain);
		if (signals[i].syncobj)
			drm_syncobj_put(signals[i].syncobj);
	}
	kfree(signals);
}
