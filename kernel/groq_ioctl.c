// SPDX-License-Identifier: GPL-2.0-only
/*
 * Entry points: arguments are checked and ids looked up here, before anything
 * is done.
 */

#include <linux/capability.h>
#include <linux/math64.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include <drm/drm_file.h>

#include <hw/groq_regs.h>
#include <hw/groq_sram.h>
#include <uapi/drm/groq_accel.h>

#include "groq_context.h"
#include "groq_drv.h"
#include "groq_ioctl.h"
#include "groq_link.h"
#include "groq_measure.h"
#include "groq_queue.h"
#include "groq_sram.h"
#include "groq_validate.h"
#include "groq_watchdog.h"

/* Above this priority CAP_SYS_NICE is needed. */
#define GROQ_PRIORITY_FREE	1

/* DRM_GROQ_PARAM_FEATURES */
#define GROQ_DRIVER_FEATURES							\
	(DRM_GROQ_FEATURE_BO_PIN | DRM_GROQ_FEATURE_PRIME |			\
	 DRM_GROQ_FEATURE_EXPECTED | DRM_GROQ_FEATURE_CONTEXT_QUERY |		\
	 DRM_GROQ_FEATURE_CANCEL |						\
	 (IS_ENABLED(CONFIG_IO_URING) ? DRM_GROQ_FEATURE_URING : 0))

static u64 groq_features(const struct groq_hw *hw)
{
	return GROQ_DRIVER_FEATURES | (groq_hw_has_links(hw) ? DRM_GROQ_FEATURE_LINKS : 0);
}

static int groq_get_param(struct groq_device *gdev, u32 param, u64 *value)
{
	const struct groq_hw *hw = &gdev->hw;

	switch (param) {
	case DRM_GROQ_PARAM_FEATURES:
		*value = groq_features(hw);
		return 0;
	case DRM_GROQ_PARAM_HW_VERSION:
		*value = hw->version;
		return 0;
	case DRM_GROQ_PARAM_HW_FEATURES:
		*value = hw->features;
		return 0;
	case DRM_GROQ_PARAM_SERIAL:
		*value = hw->serial;
		return 0;
	case DRM_GROQ_PARAM_SRAM_BYTES:
		*value = hw->sram_bytes;
		return 0;
	case DRM_GROQ_PARAM_SRAM_FREE:
		*value = hw->sram_bytes - groq_sram_used(gdev);
		return 0;
	case DRM_GROQ_PARAM_QUEUES:
		*value = hw->queue_count;
		return 0;
	case DRM_GROQ_PARAM_QUEUES_FREE:
		*value = hw->queue_count - atomic_read(&gdev->queues_used);
		return 0;
	case DRM_GROQ_PARAM_LINKS:
		*value = hw->link_count;
		return 0;
	case DRM_GROQ_PARAM_CLOCK_HZ:
		*value = hw->clock_khz * 1000ULL;
		return 0;
	case DRM_GROQ_PARAM_COMMANDS_MAX:
		*value = DRM_GROQ_COMMANDS_MAX;
		return 0;
	case DRM_GROQ_PARAM_TIMEOUT_MS:
		*value = groq_watchdog_timeout_ms();
		return 0;
	default:
		return -EINVAL;
	}
}

int groq_ioctl_get_param(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct drm_groq_get_param *args = data;
	int idx, ret;

	if (args->reserved)
		return -EINVAL;
	if (!groq_device_enter(drm, &idx))
		return -ENODEV;
	ret = groq_get_param(to_groq_device(drm), args->param, &args->value);
	groq_device_exit(idx);
	return ret;
}

int groq_ioctl_context_create(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct drm_groq_context_create *args = data;
	int idx, ret;

	if ((args->flags & ~DRM_GROQ_CONTEXT_EXCLUSIVE) || args->reserved)
		return -EINVAL;
	if (!groq_device_enter(drm, &idx))
		return -ENODEV;
	args->holder = 0;
	ret = groq_context_create(to_groq_device(drm), file->driver_priv,
				  args->flags & DRM_GROQ_CONTEXT_EXCLUSIVE,
				  &args->id, &args->holder);
	groq_device_exit(idx);
	return ret;
}

int groq_ioctl_context_destroy(struct drm_device *drm, void *data, struct drm_file *file)
{
	const struct drm_groq_context_destroy *args = data;
	struct groq_file *gfile = file->driver_priv;
	struct groq_context *context;
	int idx;

	if (args->reserved)
		return -EINVAL;
	if (!groq_device_enter(drm, &idx))
		return -ENODEV;
	context = xa_erase(&gfile->contexts, args->id);
	if (context)
		groq_context_destroy(context);
	groq_device_exit(idx);
	return context ? 0 : -ENOENT;
}

int groq_ioctl_context_query(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct drm_groq_context_query *args = data;
	struct groq_context *context;
	int idx, ret = -ENOENT;

	if (args->reserved)
		return -EINVAL;
	if (!groq_device_enter(drm, &idx))
		return -ENODEV;
	context = groq_context_find(file, args->id);
	if (context) {
		groq_context_query(context, args);
		groq_context_put(context);
		ret = 0;
	}
	groq_device_exit(idx);
	return ret;
}

static bool groq_is_vectors(u64 bytes)
{
	u64 vectors = div_u64(bytes, GROQ_VECTOR_BYTES);

	return vectors * GROQ_VECTOR_BYTES == bytes;
}

static int groq_check_reserve(const struct drm_groq_sram_reserve *args, u64 sram_bytes)
{
	bool fixed = args->flags & DRM_GROQ_SRAM_FIXED;

	if ((args->flags & ~DRM_GROQ_SRAM_FIXED) || !args->size ||
	    !groq_is_vectors(args->size) || !groq_is_vectors(args->address) ||
	    (!fixed && args->address))
		return -EINVAL;
	if (args->size > sram_bytes || args->address > sram_bytes - args->size)
		return -ENOSPC;
	return 0;
}

static int groq_reserve(struct groq_device *gdev, struct groq_context *context,
			struct drm_groq_sram_reserve *args)
{
	struct groq_range *range;
	u32 address;
	int ret;

	if (args->flags & DRM_GROQ_SRAM_FIXED)
		range = groq_sram_reserve_at(gdev, args->address, args->size);
	else
		range = groq_sram_reserve(gdev, args->size);
	if (IS_ERR(range))
		return PTR_ERR(range);
	/* Once it is given, another thread may release it. */
	address = groq_range_address(range);
	ret = groq_context_give(context, range);
	if (!ret)
		args->address = address;
	return ret;
}

int groq_ioctl_sram_reserve(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct groq_device *gdev = to_groq_device(drm);
	struct drm_groq_sram_reserve *args = data;
	struct groq_context *context;
	int idx, ret;

	ret = groq_check_reserve(args, gdev->hw.sram_bytes);
	if (ret)
		return ret;
	if (!groq_device_enter(drm, &idx))
		return -ENODEV;
	ret = -ENOENT;
	context = groq_context_find(file, args->context);
	if (context) {
		ret = groq_reserve(gdev, context, args);
		groq_context_put(context);
	}
	groq_device_exit(idx);
	return ret;
}

int groq_ioctl_sram_release(struct drm_device *drm, void *data, struct drm_file *file)
{
	const struct drm_groq_sram_release *args = data;
	struct groq_context *context;
	int idx, ret = -ENOENT;

	if (args->reserved)
		return -EINVAL;
	if (!groq_device_enter(drm, &idx))
		return -ENODEV;
	context = groq_context_find(file, args->context);
	if (context) {
		ret = groq_context_release(context, args->address);
		groq_context_put(context);
	}
	groq_device_exit(idx);
	return ret;
}

int groq_ioctl_queue_create(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct drm_groq_queue_create *args = data;
	struct groq_context *context;
	int idx, ret = -ENOENT;

	if (args->flags || args->priority > DRM_GROQ_PRIORITY_MAX)
		return -EINVAL;
	if (args->priority > GROQ_PRIORITY_FREE && !capable(CAP_SYS_NICE))
		return -EPERM;
	if (!groq_device_enter(drm, &idx))
		return -ENODEV;
	context = groq_context_find(file, args->context);
	if (context) {
		ret = groq_context_add_queue(context, args->priority, &args->id);
		groq_context_put(context);
	}
	groq_device_exit(idx);
	return ret;
}

int groq_ioctl_queue_destroy(struct drm_device *drm, void *data, struct drm_file *file)
{
	const struct drm_groq_queue_destroy *args = data;
	struct groq_queue *queue;
	int idx, ret = -ENOENT;

	if (args->reserved)
		return -EINVAL;
	if (!groq_device_enter(drm, &idx))
		return -ENODEV;
	queue = groq_context_find_queue(file, args->id);
	if (queue) {
		ret = groq_context_drop_queue(queue->context, queue);
		groq_queue_put(queue);
	}
	groq_device_exit(idx);
	return ret;
}

int groq_ioctl_cancel(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct drm_groq_cancel *args = data;
	int idx;

	if (!args->tag || args->flags)
		return -EINVAL;
	if (!groq_device_enter(drm, &idx))
		return -ENODEV;
	args->count = groq_context_cancel_tag(file, args->tag);
	groq_device_exit(idx);
	return 0;
}

static struct drm_groq_link groq_describe_link(const struct groq_hw_link *link)
{
	return (struct drm_groq_link){
		.state = link->state,
		.peer_link = link->peer_link,
		.peer_serial = link->peer_serial,
		.lanes = link->lanes,
		.rate_mbps = groq_link_mbps(link),
		.sent = link->sent,
		.received = link->received,
		.corrected = link->corrected,
		.uncorrected = link->uncorrected,
		.downs = link->downs,
		.open = link->open,
	};
}

static int groq_give_links(const struct groq_link_snapshot *snapshot,
			   struct drm_groq_link __user *links, u32 count)
{
	u32 n;

	for (n = 0; n < count; n++) {
		struct drm_groq_link link = groq_describe_link(&snapshot->link[n]);

		if (copy_to_user(links + n, &link, sizeof(link)))
			return -EFAULT;
	}
	return 0;
}

static int groq_take_links(struct groq_device *gdev, struct groq_link_snapshot *snapshot)
{
	int idx, ret = -EOPNOTSUPP;

	if (!groq_device_enter(&gdev->drm, &idx))
		return -ENODEV;
	if (groq_hw_has_links(&gdev->hw))
		ret = groq_link_snapshot(gdev, snapshot);
	groq_device_exit(idx);
	return ret;
}

/* Touches the caller's memory, which may take for ever, when nothing waits for that. */
int groq_ioctl_topology(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct groq_link_snapshot *snapshot __free(kfree) = NULL;
	struct groq_device *gdev = to_groq_device(drm);
	struct drm_groq_topology *args = data;
	int ret;

	ret = groq_validate_topology(args);
	if (ret)
		return ret;
	snapshot = kmalloc(sizeof(*snapshot), GFP_KERNEL);
	if (!snapshot)
		return -ENOMEM;
	ret = groq_take_links(gdev, snapshot);
	if (ret)
		return ret;
	ret = groq_give_links(snapshot, u64_to_user_ptr(args->links),
			      min(args->count, gdev->hw.link_count));
	args->count = gdev->hw.link_count;
	args->generation = snapshot->generation;
	return ret;
}

static int groq_check_for_context(struct drm_device *drm, struct drm_file *file)
{
	struct groq_file *gfile = file->driver_priv;
	int idx;

	if (!groq_device_enter(drm, &idx))
		return -ENODEV;
	groq_device_exit(idx);
	return xa_empty(&gfile->contexts) ? -ENOENT : 0;
}

/* Does not hold the card's removal up: groq_measure.c looks whether it is there. */
int groq_ioctl_link_align(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct groq_device *gdev = to_groq_device(drm);
	struct drm_groq_link_align *args = data;
	bool adjust = args->flags & DRM_GROQ_LINK_ALIGN_ADJUST;
	struct groq_hw_rounds rounds;
	int ret;

	ret = groq_validate_link_align(args, gdev->hw.link_count);
	if (!ret)
		ret = groq_check_for_context(drm, file);
	if (ret)
		return ret;
	ret = groq_measure_align(gdev, args->link,
				 args->samples | (adjust ? GROQ_LINK_ALIGN_ADJUST : 0), &rounds);
	if (ret)
		return ret;
	args->period = rounds.period;
	args->round_min = rounds.min;
	args->round_max = rounds.max;
	args->round_sum = rounds.sum;
	args->round_squares = rounds.squares;
	args->offset = rounds.offset;
	return 0;
}
