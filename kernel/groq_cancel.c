// SPDX-License-Identifier: GPL-2.0-only
/*
 * Jobs that are to end early, wherever they are: one that waits is withdrawn, one that
 * the chip has begun is aborted, and one in the ring is barred from the chip until it
 * can be taken out. docs/driver.md, "Ending early". Under queue->lock.
 */

#include "groq_cancel.h"
#include "groq_drv.h"
#include "groq_job.h"
#include "groq_queue.h"
#include "groq_reset.h"
#include "groq_trace.h"

/* Between two attempts to end what the chip has got. */
#define GROQ_CANCEL_PERIOD	1

/* Where in the ring the first command without completion of a running job is. */
static u32 groq_cancel_index_locked(struct groq_queue *queue, const struct groq_job *job)
{
	struct groq_job *before = groq_queue_head(&queue->running);
	u32 index = queue->ring.head;

	lockdep_assert_held(&queue->lock);
	for (; before != job; before = list_next_entry(before, node))
		index += before->count - before->done;
	return index % GROQ_RING_SIZE;
}

/* What has been taken makes room for other commands; not for the barred job's. */
void groq_cancel_make_room_locked(struct groq_queue *queue)
{
	const struct groq_hw *hw = &queue->gdev->hw;

	lockdep_assert_held(&queue->lock);
	if (queue->barred)
		groq_hw_queue_bar(hw, queue->index,
				  groq_cancel_index_locked(queue, queue->barred),
				  GROQ_RING_SIZE);
	else
		groq_hw_ring_completions(hw, queue->index, queue->ring.head);
}

/*
 * Sees to it that the chip does not begin a job that is in the ring, nor those
 * behind it; unless it has begun it.
 */
static void groq_cancel_bar_locked(struct groq_queue *queue, struct groq_job *job)
{
	struct groq_job *barred = queue->barred;
	u32 head = queue->ring.head;
	u32 taken, index;

	lockdep_assert_held(&queue->lock);
	if (queue->state != GROQ_QUEUE_RUNNING)
		return;
	index = groq_cancel_index_locked(queue, job);
	if (barred && (index - head) % GROQ_RING_SIZE >=
		      (groq_cancel_index_locked(queue, barred) - head) % GROQ_RING_SIZE)
		return;
	queue->barred = job;
	groq_cancel_make_room_locked(queue);
	taken = groq_hw_queue_taken(&queue->gdev->hw, queue->index);
	if ((taken - head) % GROQ_RING_SIZE <= (index - head) % GROQ_RING_SIZE)
		return;
	queue->barred = barred;
	groq_cancel_make_room_locked(queue);
}

/*
 * Sees to it that the first job in the ring ends early, if it is to: one that the
 * chip has begun is aborted, again and again until it has ended. Of a job the
 * commands behind the one that is aborted are linked to it, and of another job no
 * command has this index: not before this one is completed and the doorbell is rung
 * for it, which the chip sees later.
 *
 * While a job is barred somebody has to look, too: CQ_HEAD is ahead, so the chip has
 * interrupted for it at once, and does not again for the jobs before it.
 */
void groq_cancel_abort_locked(struct groq_queue *queue)
{
	struct groq_device *gdev = queue->gdev;
	struct groq_job *job = groq_queue_head(&queue->running);
	bool again = queue->barred;

	lockdep_assert_held(&queue->lock);
	if (!job || queue->state != GROQ_QUEUE_RUNNING)
		return;
	if (job->canceled && job == queue->barred) {
		mod_delayed_work(gdev->reset.wq, &queue->aborter, 0);
		return;
	}
	if (job->canceled)
		again = groq_hw_queue_abort(&gdev->hw, queue->index, queue->ring.head);
	if (again)
		queue_delayed_work(gdev->reset.wq, &queue->aborter, GROQ_CANCEL_PERIOD);
}

/* One that is not pushed yet, or has ended, stays as it is. */
static void groq_cancel_mark_locked(struct groq_queue *queue, struct groq_job *job)
{
	lockdep_assert_held(&queue->lock);
	if (job->state != GROQ_JOB_WAITING && job->state != GROQ_JOB_RUNNING)
		return;
	job->canceled = true;
	trace_groq_job_cancel(job);
	if (job->state == GROQ_JOB_WAITING) {
		groq_job_withdraw(job);
		return;
	}
	groq_cancel_bar_locked(queue, job);
	queue_delayed_work(queue->gdev->reset.wq, &queue->aborter, GROQ_CANCEL_PERIOD);
}

/* @job is under the queue's lock and may be NULL: ended. From any context. */
void groq_cancel_job(struct groq_queue *queue, struct groq_job *const *job)
{
	unsigned long flags;

	spin_lock_irqsave(&queue->lock, flags);
	if (*job) {
		groq_cancel_mark_locked(queue, *job);
		groq_queue_emit_locked(queue);
		groq_cancel_abort_locked(queue);
	}
	spin_unlock_irqrestore(&queue->lock, flags);
}

static u32 groq_cancel_mark_tag_locked(struct groq_queue *queue, struct list_head *jobs,
				       u64 tag)
{
	struct groq_job *job;
	u32 count = 0;

	list_for_each_entry(job, jobs, node) {
		if (job->withdrawn || job->tag != tag)
			continue;
		groq_cancel_mark_locked(queue, job);
		count++;
	}
	return count;
}

/* Returns how many jobs were told to end. */
u32 groq_cancel_tag(struct groq_queue *queue, u64 tag)
{
	unsigned long flags;
	u32 count;

	spin_lock_irqsave(&queue->lock, flags);
	count = groq_cancel_mark_tag_locked(queue, &queue->running, tag);
	count += groq_cancel_mark_tag_locked(queue, &queue->waiting, tag);
	groq_queue_emit_locked(queue);
	groq_cancel_abort_locked(queue);
	spin_unlock_irqrestore(&queue->lock, flags);
	return count;
}

static bool groq_cancel_is_due_locked(struct groq_queue *queue)
{
	struct groq_job *job;

	lockdep_assert_held(&queue->lock);
	list_for_each_entry(job, &queue->running, node)
		if (job->canceled && !job->withdrawn)
			return true;
	return false;
}

/*
 * Halts the queue if that helps a marked job and hurts no other: the chip has begun
 * none of the commands in the ring, and will not.
 */
static bool groq_cancel_hold(struct groq_queue *queue)
{
	unsigned long flags;
	bool held = false;

	spin_lock_irqsave(&queue->lock, flags);
	if (queue->state == GROQ_QUEUE_RUNNING && groq_cancel_is_due_locked(queue) &&
	    groq_hw_queue_taken(&queue->gdev->hw, queue->index) == queue->ring.head) {
		struct groq_job *first = groq_queue_head(&queue->running);

		groq_cancel_bar_locked(queue, first);
		held = queue->barred == first;
	}
	if (held)
		queue->state = GROQ_QUEUE_STOPPED;
	spin_unlock_irqrestore(&queue->lock, flags);
	return held;
}

/*
 * Takes marked jobs out of the ring while the chip is busy with other queues' work,
 * where it could be for long. Once it is at this queue's, it is for ABORT.
 */
static void groq_cancel_retract(struct groq_queue *queue)
{
	struct groq_device *gdev = queue->gdev;

	guard(mutex)(&gdev->reset.lock);
	if (!gdev->reset.gone && !gdev->reset.offline && groq_cancel_hold(queue))
		groq_reset_held_queue(gdev, queue);
}

void groq_cancel_work(struct work_struct *work)
{
	struct groq_queue *queue = container_of(work, struct groq_queue, aborter.work);

	groq_queue_collect(queue);
	groq_cancel_retract(queue);
}
