// SPDX-License-Identifier: GPL-2.0-only
/*
 * The io_uring door. A command is either refused at once, or pending: then it is
 * told to io_uring as cancelable, and exactly one of three ends it: who ends its job
 * or raises its event, from whatever context; who cancels it; or the card's removal.
 * They agree under queue->lock or groq_events.lock, where a job's tell() and a
 * waiter's wake() are called once. The CQE is posted from the submitter's task.
 *
 * io_uring cancels with its ring's lock held, under which commands are completed,
 * too: what is kept in the command is valid then, its job perhaps ended. It
 * cancels again and again until the command is complete, so one that a worker has
 * not pushed yet is left alone.
 *
 * Nothing in here waits for the card or for anybody who does, so no command is ever
 * handed to a worker, and those of a ring keep their order.
 */

#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uio.h>

#include <drm/drm_drv.h>
#include <drm/drm_file.h>

#include <uapi/drm/groq_accel.h>

#include "groq_cancel.h"
#include "groq_compat.h"
#include "groq_context.h"
#include "groq_drv.h"
#include "groq_event.h"
#include "groq_job.h"
#include "groq_queue.h"
#include "groq_submit.h"
#include "groq_uring.h"
#include "groq_validate.h"

/* What a 128-byte SQE has room for. */
#define GROQ_URING_BYTES	80

union groq_uring_args {
	struct drm_groq_submit submit;
	struct drm_groq_uring_copy copy;
	struct drm_groq_uring_wait wait;
	struct drm_groq_uring_cancel cancel;
	u8 bytes[GROQ_URING_BYTES];
};

static_assert(sizeof(union groq_uring_args) == GROQ_URING_BYTES);

/* Kept in the command from when it is pending until its CQE is posted. */
struct groq_pending {
	union {
		struct groq_queue *queue;	/* of a submission: held */
		struct groq_waiter *waiter;	/* of a wait: owned */
	};
	struct groq_job *job;	/* under queue->lock; NULL: not pushed, or ended */
	u64 extra;		/* for big_cqe[0] */
	int result;
};

static struct groq_pending *groq_uring_pending(struct io_uring_cmd *cmd)
{
	return io_uring_cmd_to_pdu(cmd, struct groq_pending);
}

static struct drm_file *groq_uring_file(const struct io_uring_cmd *cmd)
{
	return cmd->file->private_data;
}

/*
 * The SQE is the submitter's memory, and may be gone when the command is pending:
 * it is copied, once, and the compiler kept from looking there again.
 */
static int groq_uring_read(const struct io_uring_cmd *cmd, union groq_uring_args *args,
			   size_t size)
{
	/* No memcpy(), which thinks that the field has the size it is declared with: none. */
	*args = *(const union groq_uring_args *)cmd->sqe->cmd;
	barrier();
	return memchr_inv(args->bytes + size, 0, sizeof(*args) - size) ? -EINVAL : 0;
}

static void groq_uring_work_done(struct io_uring_cmd *cmd, unsigned int issue_flags)
{
	struct groq_pending *pending = groq_uring_pending(cmd);

	groq_queue_put(pending->queue);
	groq_uring_cmd_done(cmd, pending->result, pending->extra, issue_flags);
}

GROQ_URING_TASK_WORK(groq_uring_work_task, groq_uring_work_done)

/* groq_job.tell() */
static void groq_uring_tell(struct groq_job *job)
{
	struct io_uring_cmd *cmd = job->owner;
	struct groq_pending *pending = groq_uring_pending(cmd);

	pending->job = NULL;
	pending->result = job->status ? job->status : DRM_GROQ_STATUS_OK;
	pending->extra = job->time;
	io_uring_cmd_do_in_task_lazy(cmd, groq_uring_work_task);
}

/* A cancel may come as soon as it may; it finds a job that is not pushed yet. */
static int groq_uring_push(struct io_uring_cmd *cmd, struct groq_job *job,
			   unsigned int issue_flags)
{
	struct groq_pending *pending = groq_uring_pending(cmd);
	struct groq_queue *queue = job->queue;
	int ret;

	groq_queue_get(queue);
	*pending = (struct groq_pending){ .queue = queue, .job = job };
	job->tell = groq_uring_tell;
	job->owner = cmd;
	io_uring_cmd_mark_cancelable(cmd, issue_flags);
	ret = groq_submit_push(job);
	if (!ret)
		return -EIOCBQUEUED;	/* and perhaps complete already */

	scoped_guard(spinlock_irqsave, &queue->lock)
		pending->job = NULL;
	groq_job_free(job);
	groq_queue_put(queue);
	/* Once it is cancelable, to return an error would not take it back. */
	groq_uring_cmd_done(cmd, ret, 0, issue_flags);
	return -EIOCBQUEUED;
}

/* The registered buffer's part that the copy lies in becomes its buffer. */
static int groq_uring_import(struct io_uring_cmd *cmd, struct drm_groq_command *request,
			     u64 sram_bytes, struct iov_iter *memory,
			     unsigned int issue_flags)
{
	bool in = request->type == DRM_GROQ_COMMAND_COPY_IN;
	u64 address = request->bo_offset;
	u64 bytes;
	int ret;

	request->bo_offset = 0;
	ret = groq_validate_command(request, sram_bytes);
	if (ret)
		return ret;
	if (request->bo)
		return -EINVAL;
	if (groq_validate_span(request, &bytes))
		return -EFAULT;
	return groq_uring_cmd_import_fixed(cmd, address, bytes, in ? ITER_SOURCE : ITER_DEST,
					   memory, issue_flags);
}

static struct groq_job *groq_uring_build_copy(struct io_uring_cmd *cmd,
					      struct groq_queue *queue,
					      const struct drm_groq_uring_copy *args,
					      unsigned int issue_flags)
{
	struct drm_groq_command request = {
		.type = cmd->cmd_op == DRM_GROQ_URING_COPY_IN ?
			DRM_GROQ_COMMAND_COPY_IN : DRM_GROQ_COMMAND_COPY_OUT,
		.flags = args->flags,
		.bo = args->bo,
		.rows = args->rows,
		.bo_offset = args->address,
		.sram = args->sram,
		.size = args->size,
		.bo_stride = args->stride,
		.sram_stride = args->sram_stride,
	};
	struct drm_file *file = groq_uring_file(cmd);
	struct iov_iter memory;
	int ret;

	if (!(cmd->flags & IORING_URING_CMD_FIXED))
		return groq_submit_build_copy(queue, file, &request, NULL);
	ret = groq_uring_import(cmd, &request, queue->gdev->hw.sram_bytes, &memory,
				issue_flags);
	if (ret)
		return ERR_PTR(ret);
	return groq_submit_build_copy(queue, file, &request, &memory);
}

static int groq_uring_copy(struct io_uring_cmd *cmd, struct groq_queue *queue,
			   const struct drm_groq_uring_copy *args, unsigned int issue_flags)
{
	struct groq_job *job;
	int idx, ret;

	if (!drm_dev_enter(&queue->gdev->drm, &idx))
		return -ENODEV;
	groq_queue_reap(queue);
	job = groq_uring_build_copy(cmd, queue, args, issue_flags);
	if (IS_ERR(job)) {
		ret = PTR_ERR(job);
	} else {
		job->tag = args->tag;
		ret = groq_uring_push(cmd, job, issue_flags);
	}
	drm_dev_exit(idx);
	return ret;
}

static int groq_uring_enter(struct io_uring_cmd *cmd, struct groq_job *job,
			    const struct drm_groq_submit *args,
			    unsigned int issue_flags)
{
	int ret;

	groq_queue_reap(job->queue);
	ret = groq_submit_build(job, groq_uring_file(cmd), args);
	if (ret) {
		groq_job_free(job);
		return ret;
	}
	return groq_uring_push(cmd, job, issue_flags);
}

static int groq_uring_submit(struct io_uring_cmd *cmd, struct groq_queue *queue,
			     const struct drm_groq_submit *args,
			     unsigned int issue_flags)
{
	struct groq_job *job = groq_submit_read(queue, groq_uring_file(cmd), args);
	int idx, ret;

	if (IS_ERR(job))
		return PTR_ERR(job);
	if (!drm_dev_enter(&queue->gdev->drm, &idx)) {
		groq_job_free(job);
		return -ENODEV;
	}
	ret = groq_uring_enter(cmd, job, args, issue_flags);
	drm_dev_exit(idx);
	return ret;
}

static int groq_uring_work(struct io_uring_cmd *cmd, const union groq_uring_args *args,
			   unsigned int issue_flags)
{
	bool submit = cmd->cmd_op == DRM_GROQ_URING_SUBMIT;
	struct groq_queue *queue;
	int ret;

	queue = groq_context_find_queue(groq_uring_file(cmd),
					submit ? args->submit.queue : args->copy.queue);
	if (!queue)
		return -ENOENT;
	ret = submit ? groq_uring_submit(cmd, queue, &args->submit, issue_flags) :
		       groq_uring_copy(cmd, queue, &args->copy, issue_flags);
	groq_queue_put(queue);
	return ret;
}

static void groq_uring_wait_done(struct io_uring_cmd *cmd, unsigned int issue_flags)
{
	struct groq_pending *pending = groq_uring_pending(cmd);

	kfree(pending->waiter);
	groq_uring_cmd_done(cmd, pending->result, pending->extra, issue_flags);
}

GROQ_URING_TASK_WORK(groq_uring_wait_task, groq_uring_wait_done)

/* groq_waiter.wake() */
static void groq_uring_wake(struct groq_waiter *waiter, int result, u64 number)
{
	struct io_uring_cmd *cmd = waiter->owner;
	struct groq_pending *pending = groq_uring_pending(cmd);

	pending->result = result;
	pending->extra = number;
	io_uring_cmd_do_in_task_lazy(cmd, groq_uring_wait_task);
}

/* Whether the card is still there, the events know. */
static int groq_uring_wait(struct io_uring_cmd *cmd, const struct drm_groq_uring_wait *args,
			   unsigned int issue_flags)
{
	struct drm_file *file = groq_uring_file(cmd);
	struct groq_waiter *waiter;

	if (args->flags || !args->events || args->events & ~DRM_GROQ_EVENT_ALL)
		return -EINVAL;
	waiter = kzalloc(sizeof(*waiter), GFP_KERNEL_ACCOUNT);
	if (!waiter)
		return -ENOMEM;
	INIT_LIST_HEAD(&waiter->link);
	waiter->file = file;
	waiter->tag = args->tag;
	waiter->after = args->after;
	waiter->events = args->events;
	waiter->wake = groq_uring_wake;
	waiter->owner = cmd;
	*groq_uring_pending(cmd) = (struct groq_pending){ .waiter = waiter };
	io_uring_cmd_mark_cancelable(cmd, issue_flags);
	groq_event_wait(to_groq_device(file->minor->dev), waiter);
	return -EIOCBQUEUED;
}

static int groq_uring_cancel(const struct io_uring_cmd *cmd,
			     const struct drm_groq_uring_cancel *args)
{
	struct drm_file *file = groq_uring_file(cmd);

	if (!args->tag || args->flags || args->reserved)
		return -EINVAL;
	return groq_event_cancel_tag(to_groq_device(file->minor->dev), file, args->tag) +
	       groq_context_cancel_tag(file, args->tag);
}

/* The ring or its task ends. */
static void groq_uring_end(struct io_uring_cmd *cmd)
{
	struct groq_pending *pending = groq_uring_pending(cmd);

	if (cmd->cmd_op == DRM_GROQ_URING_WAIT)
		groq_event_cancel(to_groq_device(groq_uring_file(cmd)->minor->dev),
				  pending->waiter);
	else
		groq_cancel_job(pending->queue, &pending->job);
}

static bool groq_uring_is_copy(const struct io_uring_cmd *cmd)
{
	return cmd->cmd_op == DRM_GROQ_URING_COPY_IN || cmd->cmd_op == DRM_GROQ_URING_COPY_OUT;
}

static int groq_uring_issue(struct io_uring_cmd *cmd, unsigned int issue_flags)
{
	union groq_uring_args args;
	int ret;

	switch (cmd->cmd_op) {
	case DRM_GROQ_URING_SUBMIT:
		ret = groq_uring_read(cmd, &args, sizeof(args.submit));
		if (!ret)
			ret = groq_validate_submit(&args.submit);
		return ret ? ret : groq_uring_work(cmd, &args, issue_flags);
	case DRM_GROQ_URING_COPY_IN:
	case DRM_GROQ_URING_COPY_OUT:
		ret = groq_uring_read(cmd, &args, sizeof(args.copy));
		return ret ? ret : groq_uring_work(cmd, &args, issue_flags);
	case DRM_GROQ_URING_WAIT:
		ret = groq_uring_read(cmd, &args, sizeof(args.wait));
		return ret ? ret : groq_uring_wait(cmd, &args.wait, issue_flags);
	case DRM_GROQ_URING_CANCEL:
		ret = groq_uring_read(cmd, &args, sizeof(args.cancel));
		return ret ? ret : groq_uring_cancel(cmd, &args.cancel);
	default:
		return -ENOTTY;
	}
}

/* file_operations.uring_cmd */
int groq_uring_cmd(struct io_uring_cmd *cmd, unsigned int issue_flags)
{
	if (issue_flags & IO_URING_F_CANCEL) {
		groq_uring_end(cmd);
		return 0;
	}
	if (!(issue_flags & IO_URING_F_SQE128) || issue_flags & IO_URING_F_IOPOLL)
		return -EOPNOTSUPP;
	/* Of a card that is gone, one can still be told that. */
	if (cmd->cmd_op != DRM_GROQ_URING_WAIT &&
	    drm_dev_is_unplugged(groq_uring_file(cmd)->minor->dev))
		return -ENODEV;
	if (cmd->flags & IORING_URING_CMD_FIXED && !groq_uring_is_copy(cmd))
		return -EINVAL;
	return groq_uring_issue(cmd, issue_flags);
}
