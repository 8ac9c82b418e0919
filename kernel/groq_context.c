// SPDX-License-Identifier: GPL-2.0-only
/* Contexts, and the SRAM and queues that they own. */

#include <linux/pid.h>
#include <linux/slab.h>

#include <drm/drm_file.h>
#include <drm/drm_managed.h>

#include <uapi/drm/groq_accel.h>

#include "groq_cancel.h"
#include "groq_context.h"
#include "groq_drv.h"
#include "groq_power.h"
#include "groq_queue.h"
#include "groq_sram.h"
#include "groq_trace.h"

#define GROQ_WINDOW_ALL	(GROQ_WINDOW_READ | GROQ_WINDOW_WRITE | GROQ_WINDOW_EXECUTE)

int groq_context_init(struct groq_device *gdev)
{
	INIT_LIST_HEAD(&gdev->contexts.list);
	return drmm_mutex_init(&gdev->drm, &gdev->contexts.lock);
}

void groq_context_get(struct groq_context *context)
{
	kref_get(&context->kref);
}

static void groq_context_free(struct kref *kref)
{
	struct groq_context *context = container_of(kref, struct groq_context, kref);

	put_pid(context->pid);
	mutex_destroy(&context->lock);
	kfree(context);
}

void groq_context_put(struct groq_context *context)
{
	kref_put(&context->kref, groq_context_free);
}

/* A reference for the caller, or NULL. */
struct groq_context *groq_context_find(struct drm_file *file, u32 id)
{
	struct groq_file *gfile = file->driver_priv;
	struct groq_context *context;

	xa_lock(&gfile->contexts);
	context = xa_load(&gfile->contexts, id);
	if (context)
		groq_context_get(context);
	xa_unlock(&gfile->contexts);
	return context;
}

/* A reference for the caller, or NULL. */
struct groq_queue *groq_context_find_queue(struct drm_file *file, u32 id)
{
	struct groq_file *gfile = file->driver_priv;
	struct groq_queue *queue;

	xa_lock(&gfile->queues);
	queue = xa_load(&gfile->queues, id);
	if (queue)
		groq_queue_get(queue);
	xa_unlock(&gfile->queues);
	return queue;
}

/* In all queues of the file; returns how many jobs were told to end. */
u32 groq_context_cancel_tag(struct drm_file *file, u64 tag)
{
	struct groq_file *gfile = file->driver_priv;
	struct groq_queue *queue;
	unsigned long id;
	u32 count = 0;

	xa_lock(&gfile->queues);
	xa_for_each(&gfile->queues, id, queue)
		count += groq_cancel_tag(queue, tag);
	xa_unlock(&gfile->queues);
	return count;
}

/* From the interrupt. */
void groq_context_account(struct groq_context *context,
			  const struct drm_groq_command *command, u64 result)
{
	struct groq_usage *usage = &context->file->usage;

	switch (command->type) {
	case DRM_GROQ_COMMAND_RUN:
		atomic64_add(result, &usage->cycles);
		break;
	case DRM_GROQ_COMMAND_COPY_IN:
		atomic64_add(result, &usage->bytes_in);
		break;
	case DRM_GROQ_COMMAND_COPY_OUT:
		atomic64_add(result, &usage->bytes_out);
		break;
	}
}

void groq_context_query(const struct groq_context *context,
			struct drm_groq_context_query *query)
{
	const struct groq_record *record = &context->record;

	query->jobs = atomic64_read(&record->jobs);
	query->faults = atomic64_read(&record->faults);
	query->timeouts = atomic64_read(&record->timeouts);
	query->resets = atomic64_read(&record->resets);
	query->unexpected = atomic64_read(&record->unexpected);
	query->card_resets = atomic_read(&context->gdev->reset.count) -
			     context->resets_before;
}

static struct groq_context *groq_context_alloc(struct groq_device *gdev,
					       struct groq_file *gfile, bool exclusive)
{
	struct groq_context *context = kzalloc(sizeof(*context), GFP_KERNEL_ACCOUNT);

	if (!context)
		return NULL;
	kref_init(&context->kref);
	context->gdev = gdev;
	context->file = gfile;
	context->pid = get_pid(task_tgid(current));
	get_task_comm(context->comm, current->group_leader);
	context->exclusive = exclusive;
	context->resets_before = atomic_read(&gdev->reset.count);
	mutex_init(&context->lock);
	init_rwsem(&context->windows_lock);
	INIT_LIST_HEAD(&context->ranges);
	INIT_LIST_HEAD(&context->queues);
	return context;
}

/* Those of a process are beside each other, the oldest process first. */
static void groq_context_join(struct groq_context *context)
{
	struct groq_contexts *contexts = &context->gdev->contexts;
	struct groq_context *other;

	lockdep_assert_held(&contexts->lock);
	list_for_each_entry_reverse(other, &contexts->list, link) {
		if (other->pid != context->pid)
			continue;
		list_add(&context->link, &other->link);
		return;
	}
	list_add_tail(&context->link, &contexts->list);
}

/* Joins the card's contexts, or tells who is in the way. */
static int groq_context_admit(struct groq_context *context, s32 *holder)
{
	struct groq_contexts *contexts = &context->gdev->contexts;
	struct groq_context *other;

	guard(mutex)(&contexts->lock);
	other = list_first_entry_or_null(&contexts->list, struct groq_context, link);
	if (other && (context->exclusive || other->exclusive)) {
		*holder = pid_vnr(other->pid);
		return -EBUSY;
	}
	groq_context_join(context);
	return 0;
}

static void groq_context_leave(struct groq_context *context)
{
	guard(mutex)(&context->gdev->contexts.lock);
	list_del(&context->link);
}

/* A new context of the file; its id is left in @id, or who is in the way in @holder. */
int groq_context_create(struct groq_device *gdev, struct groq_file *gfile, bool exclusive,
			u32 *id, s32 *holder)
{
	struct groq_context *context;
	int ret;

	ret = groq_power_get(gdev);
	if (ret)
		return ret;
	ret = -ENOMEM;
	context = groq_context_alloc(gdev, gfile, exclusive);
	if (!context)
		goto err_power_put;
	ret = groq_context_admit(context, holder);
	if (ret)
		goto err_put;
	/* Once it has an id, another thread may destroy it. */
	groq_context_get(context);
	ret = xa_alloc(&gfile->contexts, &context->id, context, xa_limit_31b,
		       GFP_KERNEL_ACCOUNT);
	if (ret)
		goto err_leave;
	*id = context->id;
	trace_groq_context_create(context);
	groq_context_put(context);
	return 0;

err_leave:
	groq_context_leave(context);
	groq_context_put(context);
err_put:
	groq_context_put(context);
err_power_put:
	groq_power_put(gdev);
	return ret;
}

static void groq_context_remove_queue(struct groq_context *context,
				      struct groq_queue *queue)
{
	lockdep_assert_held(&context->lock);
	list_del(&queue->link);
	xa_erase(&context->file->queues, queue->id);
	groq_queue_detach(queue, DRM_GROQ_STATUS_CANCELED, -ENOENT);
	groq_queue_put(queue);
}

static void groq_context_remove_range(struct groq_context *context,
				      struct groq_range *range)
{
	lockdep_assert_held(&context->lock);
	list_del(&range->link);
	atomic64_sub(groq_range_size(range), &context->file->usage.sram);
	groq_sram_release(context->gdev, range);
}

/* Called once, by whoever took the context out of its file's table. */
void groq_context_destroy(struct groq_context *context)
{
	struct groq_queue *queue, *next_queue;
	struct groq_range *range, *next_range;
	struct groq_device *gdev = context->gdev;

	trace_groq_context_destroy(context);
	scoped_guard(mutex, &context->lock) {
		context->dead = true;
		list_for_each_entry_safe(queue, next_queue, &context->queues, link)
			groq_context_remove_queue(context, queue);
		list_for_each_entry_safe(range, next_range, &context->ranges, link)
			groq_context_remove_range(context, range);
	}
	groq_context_leave(context);
	groq_context_put(context);
	groq_power_put(gdev);
}

void groq_context_open(struct groq_file *gfile)
{
	xa_init_flags(&gfile->contexts, XA_FLAGS_ALLOC1);
	xa_init_flags(&gfile->queues, XA_FLAGS_ALLOC1);
}

/* However the process ended: nothing of it stays on the card. */
void groq_context_close(struct groq_file *gfile)
{
	struct groq_context *context;
	unsigned long id;

	xa_for_each(&gfile->contexts, id, context)
		groq_context_destroy(context);
	xa_destroy(&gfile->contexts);
	xa_destroy(&gfile->queues);
}

/* Lets all queues of the context see windows that were just changed. */
static void groq_context_write_windows(struct groq_context *context)
{
	struct groq_queue *queue;

	if (context->gdev->reset.gone || context->gdev->reset.offline)
		return;
	list_for_each_entry(queue, &context->queues, link)
		groq_queue_write_windows(queue);
}

static int groq_context_grant(struct groq_context *context, struct groq_range *range)
{
	int ret;

	guard(mutex)(&context->lock);
	if (context->dead)
		return -ENOENT;
	guard(mutex)(&context->gdev->reset.lock);
	guard(rwsem_write)(&context->windows_lock);
	ret = groq_windows_add(&context->windows, groq_range_address(range),
			       groq_range_size(range));
	if (ret)
		return ret;
	groq_context_write_windows(context);
	list_add_tail(&range->link, &context->ranges);
	atomic64_add(groq_range_size(range), &context->file->usage.sram);
	return 0;
}

/* The context gets @range, or it is released. */
int groq_context_give(struct groq_context *context, struct groq_range *range)
{
	struct groq_device *gdev = context->gdev;
	int ret;

	/* The context, which keeps the card awake, may be destroyed meanwhile. */
	ret = groq_power_get(gdev);
	if (!ret) {
		ret = groq_sram_scrub(gdev, range);
		if (!ret)
			ret = groq_context_grant(context, range);
		groq_power_put(gdev);
	}
	if (ret)
		groq_sram_release(gdev, range);
	return ret;
}

static struct groq_range *groq_context_find_range(struct groq_context *context, u64 address)
{
	struct groq_range *range;

	list_for_each_entry(range, &context->ranges, link)
		if (groq_range_address(range) == address)
			return range;
	return NULL;
}

/* The range that begins at @address is the card's again. */
int groq_context_release(struct groq_context *context, u64 address)
{
	struct groq_range *range;
	int ret;

	guard(mutex)(&context->lock);
	range = groq_context_find_range(context, address);
	if (!range)
		return -ENOENT;
	scoped_guard(mutex, &context->gdev->reset.lock) {
		guard(rwsem_write)(&context->windows_lock);
		if (atomic_read(&context->jobs))
			return -EBUSY;
		ret = groq_windows_remove(&context->windows, groq_range_address(range),
					  groq_range_size(range));
		if (ret)
			return ret;
		groq_context_write_windows(context);
	}
	groq_context_remove_range(context, range);
	return 0;
}

int groq_context_add_queue(struct groq_context *context, u32 priority, u32 *id)
{
	struct groq_queue *queue;
	int ret;

	guard(mutex)(&context->lock);
	if (context->dead)
		return -ENOENT;
	queue = groq_queue_create(context->gdev, context, &context->windows,
				  GROQ_WINDOW_ALL, priority);
	if (IS_ERR(queue))
		return PTR_ERR(queue);
	ret = xa_alloc(&context->file->queues, &queue->id, queue, xa_limit_31b,
		       GFP_KERNEL_ACCOUNT);
	if (ret) {
		groq_queue_detach(queue, DRM_GROQ_STATUS_CANCELED, ret);
		groq_queue_put(queue);
		return ret;
	}
	list_add_tail(&queue->link, &context->queues);
	*id = queue->id;
	return 0;
}

/* Of two that destroy the same queue, one does. */
int groq_context_drop_queue(struct groq_context *context, struct groq_queue *queue)
{
	guard(mutex)(&context->lock);
	if (xa_load(&context->file->queues, queue->id) != queue)
		return -ENOENT;
	groq_context_remove_queue(context, queue);
	return 0;
}
