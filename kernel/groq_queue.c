// SPDX-License-Identifier: GPL-2.0-only
/*
 * Queues. Lists and ring are under queue->lock, which the interrupt takes; what
 * configures the hardware is under gdev->reset.lock. Fences are signalled with
 * queue->order held, which no push takes: their callbacks may push work into any
 * queue.
 */

#include <linux/slab.h>

#include "groq_cancel.h"
#include "groq_context.h"
#include "groq_drv.h"
#include "groq_fence.h"
#include "groq_irq.h"
#include "groq_job.h"
#include "groq_queue.h"
#include "groq_trace.h"
#include "groq_watchdog.h"
#include "groq_window.h"

/* Jobs are freed by the next submission, or this much later. */
#define GROQ_QUEUE_REAP_DELAY	msecs_to_jiffies(50)

struct groq_job *groq_queue_head(struct list_head *jobs)
{
	return list_first_entry_or_null(jobs, struct groq_job, node);
}

static void groq_queue_put_in_ring(struct groq_queue *queue, struct groq_job *job)
{
	u32 i;

	for (i = job->done; i < job->count; i++)
		groq_ring_put(&queue->ring, &job->steps[i].command);
	list_move_tail(&job->node, &queue->running);
	job->state = GROQ_JOB_RUNNING;
	trace_groq_job_emit(job);
}

static bool groq_queue_may_emit(struct groq_queue *queue, struct groq_job *job)
{
	return (job->canceled || !atomic_read(&job->blockers)) &&
	       job->count - job->done <= groq_ring_room(&queue->ring);
}

/* Gives the chip all it may have: in order, whole jobs. With queue->lock held. */
void groq_queue_emit_locked(struct groq_queue *queue)
{
	struct groq_job *job;
	bool emitted = false;

	lockdep_assert_held(&queue->lock);
	if (queue->state != GROQ_QUEUE_RUNNING)
		return;
	while ((job = groq_queue_head(&queue->waiting)) && groq_queue_may_emit(queue, job)) {
		groq_queue_put_in_ring(queue, job);
		emitted = true;
	}
	if (!emitted)
		return;
	groq_hw_ring_commands(&queue->gdev->hw, queue->index, queue->ring.tail);
	groq_watchdog_start(queue->gdev);
}

/* Something that held jobs back has gone. From any context. */
void groq_queue_kick(struct groq_queue *queue)
{
	unsigned long flags;

	spin_lock_irqsave(&queue->lock, flags);
	groq_queue_emit_locked(queue);
	spin_unlock_irqrestore(&queue->lock, flags);
}

static struct dma_fence *groq_queue_push_locked(struct groq_queue *queue,
						struct groq_job *job)
{
	struct dma_fence *fence = job->fence;

	if (queue->error)
		return ERR_PTR(queue->error);
	queue->seqno++;
	groq_fence_init(fence, queue->fence_context, queue->seqno);
	groq_job_number(job, queue->seqno);
	dma_fence_get(fence);
	if (queue->context)
		atomic_inc(&queue->context->jobs);
	list_add_tail(&job->node, &queue->waiting);
	job->state = GROQ_JOB_WAITING;
	atomic_dec(&job->blockers);
	trace_groq_job_submit(job);
	groq_queue_emit_locked(queue);
	return fence;
}

/*
 * Takes the job over, and returns a reference to its fence; or refuses it with
 * an error, and then it stays the caller's.
 */
struct dma_fence *groq_queue_push(struct groq_queue *queue, struct groq_job *job)
{
	struct dma_fence *fence;
	unsigned long flags;

	spin_lock_irqsave(&queue->lock, flags);
	fence = groq_queue_push_locked(queue, job);
	spin_unlock_irqrestore(&queue->lock, flags);
	return fence;
}

/* Takes the job off its list, to be finished. */
static void groq_queue_end_locked(struct groq_queue *queue, struct groq_job *job,
				  struct list_head *ended)
{
	lockdep_assert_held(&queue->lock);
	job->state = GROQ_JOB_ENDED;
	if (queue->barred == job)
		queue->barred = NULL;
	list_move_tail(&job->node, ended);
}

/* Signals the jobs and leaves them to the reaper. */
static void groq_queue_finish(struct groq_queue *queue, struct list_head *ended)
{
	struct groq_job *job;
	bool idle;

	lockdep_assert_held(&queue->order);
	if (list_empty(ended))
		return;
	list_for_each_entry(job, ended, node)
		groq_job_finish(job);
	spin_lock(&queue->lock);
	idle = list_empty(&queue->finished);
	list_splice_tail(ended, &queue->finished);
	spin_unlock(&queue->lock);
	if (idle)
		queue_delayed_work(queue->gdev->reset.wq, &queue->reaper,
				   GROQ_QUEUE_REAP_DELAY);
}

void groq_queue_reap(struct groq_queue *queue)
{
	struct groq_job *job, *next;
	unsigned long flags;
	LIST_HEAD(jobs);

	spin_lock_irqsave(&queue->lock, flags);
	list_splice_init(&queue->finished, &jobs);
	spin_unlock_irqrestore(&queue->lock, flags);
	list_for_each_entry_safe(job, next, &jobs, node)
		groq_job_free(job);
}

static void groq_queue_reaper_work(struct work_struct *work)
{
	groq_queue_reap(container_of(work, struct groq_queue, reaper.work));
}

/* The chip completes commands in order: it must be this one. */
static int groq_queue_match_locked(struct groq_queue *queue,
				   const struct groq_outcome *outcome,
				   struct list_head *ended)
{
	struct groq_job *job = groq_queue_head(&queue->running);

	if (!job || outcome->cookie != groq_job_cookie(job))
		return -EIO;
	groq_job_end_step(job, outcome);
	if (job->done == job->count)
		groq_queue_end_locked(queue, job, ended);
	return 0;
}

/* Bounded by the ring, whatever the chip writes there. */
static bool groq_queue_take_locked(struct groq_queue *queue, struct list_head *ended)
{
	struct groq_outcome outcome;
	int budget = GROQ_RING_SIZE;
	bool any = false;
	int ret;

	if (queue->state == GROQ_QUEUE_DEAD || queue->broken)
		return false;
	while (budget-- &&
	       (ret = groq_ring_take(&queue->ring, queue->index, &outcome))) {
		if (ret > 0)
			ret = groq_queue_match_locked(queue, &outcome, ended);
		if (ret < 0) {
			queue->broken = true;
			queue->state = GROQ_QUEUE_STOPPED;
			groq_watchdog_request(queue->gdev);
			break;
		}
		any = true;
	}
	return any;
}

/* Takes what the chip has completed. From the interrupt, or instead of it. */
bool groq_queue_collect(struct groq_queue *queue)
{
	unsigned long flags;
	LIST_HEAD(ended);
	bool any;

	spin_lock_irqsave(&queue->order, flags);
	spin_lock(&queue->lock);
	any = groq_queue_take_locked(queue, &ended);
	if (any && queue->state == GROQ_QUEUE_RUNNING)
		groq_cancel_make_room_locked(queue);
	groq_queue_emit_locked(queue);
	groq_cancel_abort_locked(queue);
	spin_unlock(&queue->lock);
	groq_queue_finish(queue, &ended);
	spin_unlock_irqrestore(&queue->order, flags);
	return any;
}

/* Cookie of the command that the chip should be working on, or 0. */
u64 groq_queue_in_work(struct groq_queue *queue)
{
	struct groq_job *job;
	unsigned long flags;
	u64 cookie;

	spin_lock_irqsave(&queue->lock, flags);
	job = groq_queue_head(&queue->running);
	cookie = job ? groq_job_cookie(job) : 0;
	spin_unlock_irqrestore(&queue->lock, flags);
	return cookie;
}

/* Ends the first job of a list with @status, if there is one. */
static bool groq_queue_fail_first(struct groq_queue *queue, struct list_head *jobs,
				  enum drm_groq_status status)
{
	struct groq_job *job;
	unsigned long flags;
	LIST_HEAD(ended);

	spin_lock_irqsave(&queue->order, flags);
	spin_lock(&queue->lock);
	job = groq_queue_head(jobs);
	if (job)
		groq_queue_end_locked(queue, job, &ended);
	spin_unlock(&queue->lock);
	if (job)
		groq_job_cancel(job, status);
	groq_queue_finish(queue, &ended);
	spin_unlock_irqrestore(&queue->order, flags);
	return job;
}

/* The command in work ends with @status, the rest of its job with it. */
void groq_queue_fail_head(struct groq_queue *queue, enum drm_groq_status status)
{
	groq_queue_fail_first(queue, &queue->running, status);
}

/* With the queue halted, so that there is an end of them. */
void groq_queue_fail_running(struct groq_queue *queue, enum drm_groq_status status)
{
	while (groq_queue_fail_first(queue, &queue->running, status))
		;
}

/*
 * No command reaches the chip any more; what it has, it keeps for now. With an
 * @error that is for good.
 */
static void groq_queue_close(struct groq_queue *queue, int error)
{
	unsigned long flags;

	spin_lock_irqsave(&queue->lock, flags);
	if (queue->state == GROQ_QUEUE_RUNNING)
		queue->state = GROQ_QUEUE_STOPPED;
	if (error)
		queue->error = error;
	spin_unlock_irqrestore(&queue->lock, flags);
}

/* Until it is started again. What is in the ring may end, whatever was marked there. */
void groq_queue_halt(struct groq_queue *queue)
{
	unsigned long flags;

	groq_queue_close(queue, 0);
	spin_lock_irqsave(&queue->lock, flags);
	if (queue->barred) {
		queue->barred = NULL;
		groq_cancel_make_room_locked(queue);
	}
	spin_unlock_irqrestore(&queue->lock, flags);
}

/* Ends all jobs and refuses others from now on. The chip must have let go. */
void groq_queue_kill(struct groq_queue *queue, enum drm_groq_status status, int error)
{
	groq_queue_close(queue, error);
	groq_queue_fail_running(queue, status);
	while (groq_queue_fail_first(queue, &queue->waiting, status))
		;
}

/*
 * Windows in use are written first and those given up last, so that a window
 * that has grown over its neighbour stands in for it before that goes.
 */
void groq_queue_write_windows(struct groq_queue *queue)
{
	const struct groq_window *window = queue->windows->window;
	const struct groq_hw *hw = &queue->gdev->hw;
	unsigned int i;

	lockdep_assert_held(&queue->gdev->reset.lock);
	for (i = 0; i < GROQ_QUEUE_WINDOWS; i++)
		if (window[i].size)
			groq_hw_queue_window(hw, queue->index, i, window[i].base,
					     window[i].size, queue->access);
	for (i = 0; i < GROQ_QUEUE_WINDOWS; i++)
		if (!window[i].size)
			groq_hw_queue_window(hw, queue->index, i, 0, 0, 0);
}

/*
 * Jobs that were in the ring and have not begun go there again before others. Of one that
 * has failed the chip has forgotten that the rest was to be skipped.
 */
static void groq_queue_rewind(struct groq_queue *queue)
{
	struct groq_job *job;
	unsigned long flags;

	spin_lock_irqsave(&queue->lock, flags);
	groq_ring_reset(&queue->ring);
	queue->broken = false;
	queue->barred = NULL;
	list_for_each_entry(job, &queue->running, node) {
		job->state = GROQ_JOB_WAITING;
		if ((job->canceled || job->status) && !job->withdrawn)
			groq_job_withdraw(job);
	}
	list_splice_init(&queue->running, &queue->waiting);
	spin_unlock_irqrestore(&queue->lock, flags);
}

/* With the hardware queue disabled and idle. */
int groq_queue_start(struct groq_queue *queue)
{
	struct groq_device *gdev = queue->gdev;
	struct groq_hw_queue config = {
		.commands = queue->ring.command_address,
		.completions = queue->ring.completion_address,
		.faults = queue->ring.fault_address,
		.size_log2 = GROQ_RING_SIZE_LOG2,
		.vector = groq_irq_vector(gdev, queue->index),
		.priority = queue->priority,
	};
	unsigned long flags;
	int ret;

	lockdep_assert_held(&gdev->reset.lock);
	if (gdev->reset.offline || queue->error)
		return 0;
	groq_queue_rewind(queue);
	groq_queue_write_windows(queue);
	ret = groq_hw_queue_enable(&gdev->hw, queue->index, &config);
	if (ret)
		return ret;
	spin_lock_irqsave(&queue->lock, flags);
	queue->state = GROQ_QUEUE_RUNNING;
	groq_queue_emit_locked(queue);
	spin_unlock_irqrestore(&queue->lock, flags);
	return 0;
}

/* Nobody else gets its index then, nor finds the queue by it yet. */
static int groq_queue_claim(struct groq_queue *queue)
{
	struct groq_device *gdev = queue->gdev;
	int ret = xa_alloc(&gdev->queues, &queue->index, NULL,
			   XA_LIMIT(0, gdev->hw.queue_count - 1), GFP_KERNEL);

	if (!ret)
		atomic_inc(&gdev->queues_used);
	return ret == -EBUSY ? -ENOSPC : ret;
}

static void groq_queue_unclaim(struct groq_queue *queue)
{
	xa_erase(&queue->gdev->queues, queue->index);
	atomic_dec(&queue->gdev->queues_used);
}

/* A claimed index has its place in the table, so neither store allocates. */
static int groq_queue_enlist(struct groq_queue *queue)
{
	struct groq_device *gdev = queue->gdev;
	int ret;

	guard(mutex)(&gdev->reset.lock);
	if (gdev->reset.gone || (queue->context && queue->context->lost))
		return -ENODEV;
	xa_store(&gdev->queues, queue->index, queue, GFP_NOWAIT);
	ret = groq_queue_start(queue);
	if (ret) {
		groq_queue_close(queue, ret);
		groq_reset_quiesce(gdev, queue);
		xa_store(&gdev->queues, queue->index, NULL, GFP_NOWAIT);
	}
	return ret;
}

/*
 * Takes a hardware queue and sets it going. What allocates comes before reset.lock,
 * which is in the way of fences: memory might wait for one.
 */
static int groq_queue_attach(struct groq_queue *queue)
{
	int ret;

	ret = groq_queue_claim(queue);
	if (ret)
		return ret;
	ret = groq_irq_request_queue(queue);
	if (ret)
		goto err_unclaim;
	ret = groq_queue_enlist(queue);
	if (ret)
		goto err_free_irq;
	return 0;

err_free_irq:
	groq_irq_free_queue(queue);
err_unclaim:
	groq_queue_unclaim(queue);
	return ret;
}

static void groq_queue_detach_locked(struct groq_queue *queue, enum drm_groq_status status,
				     int error)
{
	struct groq_device *gdev = queue->gdev;

	lockdep_assert_held(&gdev->detach);
	scoped_guard(mutex, &gdev->reset.lock) {
		if (queue->state == GROQ_QUEUE_DEAD)
			return;
		trace_groq_queue_destroy(queue);
		groq_queue_close(queue, error);
		groq_reset_quiesce(gdev, queue);
		groq_irq_free_queue(queue);
		groq_queue_collect(queue);
		groq_queue_kill(queue, status, error);
		groq_queue_unclaim(queue);
		WRITE_ONCE(queue->state, GROQ_QUEUE_DEAD);
	}
	cancel_delayed_work_sync(&queue->aborter);
	cancel_delayed_work_sync(&queue->reaper);
	groq_queue_reap(queue);
	groq_ring_free(&queue->ring, gdev->drm.dev);
}

/*
 * Gives the hardware queue back, its jobs ended: those that the chip has not
 * completed with @status, their fences with what goes with it. A push is
 * refused with @error from then on. When it returns all is done, whoever did
 * it: the file, or the removal of the card.
 */
void groq_queue_detach(struct groq_queue *queue, enum drm_groq_status status, int error)
{
	guard(mutex)(&queue->gdev->detach);
	groq_queue_detach_locked(queue, status, error);
}

/*
 * On removal: open files keep the empty shells. A queue that is found here has
 * not been detached, so who made it still holds it.
 */
void groq_queue_detach_all(struct groq_device *gdev, enum drm_groq_status status, int error)
{
	struct groq_queue *queue;
	unsigned long i;

	guard(mutex)(&gdev->detach);
	xa_for_each(&gdev->queues, i, queue)
		groq_queue_detach_locked(queue, status, error);
}

static void groq_queue_init(struct groq_queue *queue, struct groq_device *gdev)
{
	kref_init(&queue->kref);
	queue->gdev = gdev;
	queue->state = GROQ_QUEUE_STOPPED;
	spin_lock_init(&queue->order);
	spin_lock_init(&queue->lock);
	INIT_LIST_HEAD(&queue->link);
	INIT_LIST_HEAD(&queue->waiting);
	INIT_LIST_HEAD(&queue->running);
	INIT_LIST_HEAD(&queue->finished);
	INIT_DELAYED_WORK(&queue->reaper, groq_queue_reaper_work);
	INIT_DELAYED_WORK(&queue->aborter, groq_cancel_work);
	queue->fence_context = dma_fence_context_alloc(1);
}

/* To be detached before the last reference is put. */
struct groq_queue *groq_queue_create(struct groq_device *gdev, struct groq_context *context,
				     const struct groq_windows *windows, u32 access,
				     u32 priority)
{
	struct groq_queue *queue = kzalloc(sizeof(*queue), GFP_KERNEL_ACCOUNT);
	int ret;

	if (!queue)
		return ERR_PTR(-ENOMEM);
	groq_queue_init(queue, gdev);
	queue->context = context;
	queue->windows = windows;
	queue->access = access;
	queue->priority = priority;
	ret = groq_ring_alloc(&queue->ring, gdev->drm.dev);
	if (ret)
		goto err_free;
	ret = groq_queue_attach(queue);
	if (ret)
		goto err_free_ring;
	if (context)
		groq_context_get(context);
	trace_groq_queue_create(queue);
	return queue;

err_free_ring:
	groq_ring_free(&queue->ring, gdev->drm.dev);
err_free:
	kfree(queue);
	return ERR_PTR(ret);
}

void groq_queue_get(struct groq_queue *queue)
{
	kref_get(&queue->kref);
}

static void groq_queue_release(struct kref *kref)
{
	struct groq_queue *queue = container_of(kref, struct groq_queue, kref);

	if (queue->context)
		groq_context_put(queue->context);
	kfree(queue);
}

void groq_queue_put(struct groq_queue *queue)
{
	kref_put(&queue->kref, groq_queue_release);
}
