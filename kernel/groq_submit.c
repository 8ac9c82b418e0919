// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ioctl door for work: from a submission in user memory to a job in a
 * queue. Everything is copied once, then checked, then built; only then pushed.
 */

#include <linux/uaccess.h>

#include <drm/drm_drv.h>
#include <drm/drm_file.h>

#include "groq_context.h"
#include "groq_drv.h"
#include "groq_gem.h"
#include "groq_job.h"
#include "groq_queue.h"
#include "groq_submit.h"
#include "groq_sync.h"
#include "groq_validate.h"

static int groq_submit_copy(struct groq_step *step, struct groq_device *gdev,
			    struct drm_file *file)
{
	int ret;

	step->bo = groq_bo_lookup(file, step->request.bo);
	if (!step->bo)
		return -ENOENT;
	if (step->bo->read_only && step->request.type == DRM_GROQ_COMMAND_COPY_OUT)
		return -EACCES;
	ret = groq_validate_buffer(&step->request, groq_bo_size(step->bo));
	if (ret)
		return ret;
	return groq_scatter_build(&step->list, gdev->drm.dev, &step->bo->mapping.extents,
				  &step->request, &step->command);
}

static int groq_submit_step(struct groq_step *step, struct groq_device *gdev,
			    struct drm_file *file)
{
	const struct drm_groq_command *request = &step->request;
	int ret = groq_validate_command(request, gdev->hw.sram_bytes);

	if (ret)
		return ret;
	switch (request->type) {
	case DRM_GROQ_COMMAND_NOP:
		step->command.opcode = GROQ_OP_NOP;
		return 0;
	case DRM_GROQ_COMMAND_COPY_IN:
		step->command.opcode = GROQ_OP_COPY_IN;
		return groq_submit_copy(step, gdev, file);
	case DRM_GROQ_COMMAND_COPY_OUT:
		step->command.opcode = GROQ_OP_COPY_OUT;
		return groq_submit_copy(step, gdev, file);
	case DRM_GROQ_COMMAND_RUN:
		step->command.opcode = GROQ_OP_RUN;
		step->command.run.launch = cpu_to_le32(request->sram);
		step->command.run.count = cpu_to_le32(request->rows);
		step->command.run.max_cycles = cpu_to_le64(request->size);
		return 0;
	default:
		return -EINVAL;
	}
}

static int groq_submit_steps(struct groq_job *job, struct groq_device *gdev,
			     struct drm_file *file, u64 user)
{
	const struct drm_groq_command __user *commands = u64_to_user_ptr(user);
	u32 i;
	int ret;

	for (i = 0; i < job->count; i++) {
		struct groq_step *step = &job->steps[i];

		if (copy_from_user(&step->request, commands + i, sizeof(step->request)))
			return -EFAULT;
		ret = groq_submit_step(step, gdev, file);
		if (ret)
			return ret;
	}
	return 0;
}

static int groq_submit_results(struct groq_job *job, struct drm_file *file,
			       const struct drm_groq_submit *args)
{
	void *vaddr;
	int ret;

	if (!args->result_bo)
		return 0;
	job->result_bo = groq_bo_lookup(file, args->result_bo);
	if (!job->result_bo)
		return -ENOENT;
	ret = groq_validate_results(args, groq_bo_size(job->result_bo));
	if (ret)
		return ret;
	vaddr = groq_bo_vmap(job->result_bo);
	if (IS_ERR(vaddr))
		return PTR_ERR(vaddr);
	job->results = vaddr + args->result_offset;
	return 0;
}

static int groq_submit_waits(struct groq_job *job, struct drm_file *file,
			     const struct drm_groq_submit *args)
{
	struct groq_wait *waits = groq_waits_get(file, args->waits, args->wait_count);

	if (IS_ERR(waits))
		return PTR_ERR(waits);
	job->waits = waits;
	job->wait_count = args->wait_count;
	return 0;
}

static struct groq_job *groq_submit_build(struct groq_queue *queue, struct drm_file *file,
					  const struct drm_groq_submit *args)
{
	struct groq_job *job = groq_job_alloc(queue, args->command_count);
	int ret;

	if (IS_ERR(job))
		return job;
	ret = groq_submit_steps(job, queue->gdev, file, args->commands);
	if (!ret)
		ret = groq_submit_results(job, file, args);
	if (!ret)
		ret = groq_submit_waits(job, file, args);
	if (ret) {
		groq_job_free(job);
		return ERR_PTR(ret);
	}
	return job;
}

/* As groq_queue_push(), which the context's lock keeps from changing under it. */
static struct dma_fence *groq_submit_push(struct groq_job *job)
{
	struct groq_context *context = job->queue->context;
	struct dma_fence *fence;
	u32 i;

	if (mutex_lock_interruptible(&context->lock))
		return ERR_PTR(-EINTR);
	for (i = 0; i < job->count; i++) {
		int ret = groq_validate_access(&job->steps[i].request, &context->windows);

		if (ret) {
			mutex_unlock(&context->lock);
			return ERR_PTR(ret);
		}
	}
	groq_job_begin_waits(job);
	fence = groq_queue_push(job->queue, job);
	mutex_unlock(&context->lock);
	return fence;
}

static int groq_submit(struct groq_queue *queue, struct drm_file *file,
		       const struct drm_groq_submit *args)
{
	struct groq_signal *signals;
	struct dma_fence *fence;
	struct groq_job *job;
	int ret = 0;

	job = groq_submit_build(queue, file, args);
	if (IS_ERR(job))
		return PTR_ERR(job);
	signals = groq_signals_get(file, args->signals, args->signal_count);
	if (IS_ERR(signals)) {
		groq_job_free(job);
		return PTR_ERR(signals);
	}
	fence = groq_submit_push(job);
	if (IS_ERR(fence)) {
		ret = PTR_ERR(fence);
		groq_job_free(job);
	} else {
		groq_signals_attach(signals, args->signal_count, fence);
		dma_fence_put(fence);
	}
	groq_signals_put(signals, args->signal_count);
	return ret;
}

int groq_submit_ioctl(struct drm_device *drm, void *data, struct drm_file *file)
{
	const struct drm_groq_submit *args = data;
	struct groq_queue *queue;
	int idx, ret;

	ret = groq_validate_submit(args);
	if (ret)
		return ret;
	if (!drm_dev_enter(drm, &idx))
		return -ENODEV;
	queue = groq_context_find_queue(file, args->queue);
	if (queue) {
		groq_queue_reap(queue);
		ret = groq_submit(queue, file, args);
		groq_queue_put(queue);
	} else {
		ret = -ENOENT;
	}
	drm_dev_exit(idx);
	return ret;
}
