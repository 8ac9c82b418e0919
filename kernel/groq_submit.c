// SPDX-License-Identifier: GPL-2.0-only
/*
 * From a submission in user memory to a job in a queue. Everything is copied once,
 * then checked, then built; only then pushed. Both doors for work lead through
 * here; the ioctl is this file's own.
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

static int groq_submit_steps(struct groq_job *job, struct drm_file *file)
{
	u32 i;
	int ret = 0;

	for (i = 0; i < job->count && !ret; i++) {
		cond_resched();
		ret = groq_submit_step(&job->steps[i], job->queue->gdev, file);
	}
	return ret;
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

static int groq_submit_syncs(struct groq_job *job, struct drm_file *file,
			     const struct drm_groq_submit *args)
{
	struct groq_wait *waits = groq_waits_get(file, args->waits, args->wait_count);
	struct groq_signal *signals;

	if (IS_ERR(waits))
		return PTR_ERR(waits);
	job->waits = waits;
	job->wait_count = args->wait_count;
	signals = groq_signals_get(file, args->signals, args->signal_count);
	if (IS_ERR(signals))
		return PTR_ERR(signals);
	job->signals = signals;
	job->signal_count = args->signal_count;
	return 0;
}

static int groq_submit_requests(struct groq_job *job, u64 user)
{
	const struct drm_groq_command __user *commands = u64_to_user_ptr(user);
	u32 i;

	for (i = 0; i < job->count; i++)
		if (copy_from_user(&job->steps[i].request, commands + i,
				   sizeof(job->steps[i].request)))
			return -EFAULT;
	return 0;
}

/*
 * The job of a submission that groq_validate_submit() let pass, with all that lies in
 * user memory. To be called without the device entered: faults may take for ever, if
 * user space is to resolve them, and the card's removal is not to wait for that.
 */
struct groq_job *groq_submit_read(struct groq_queue *queue, struct drm_file *file,
				  const struct drm_groq_submit *args)
{
	struct groq_job *job = groq_job_alloc(queue, args->command_count);
	int ret;

	if (IS_ERR(job))
		return job;
	job->tag = args->tag;
	ret = groq_submit_requests(job, args->commands);
	if (!ret)
		ret = groq_submit_syncs(job, file, args);
	if (ret) {
		groq_job_free(job);
		return ERR_PTR(ret);
	}
	return job;
}

/* What a job that was read needs of buffers. With an error it stays to be freed. */
int groq_submit_build(struct groq_job *job, struct drm_file *file,
		      const struct drm_groq_submit *args)
{
	int ret = groq_submit_steps(job, file);

	return ret ? ret : groq_submit_results(job, file, args);
}

static int groq_submit_fixed(struct groq_job *job, struct iov_iter *memory)
{
	struct groq_step *step = &job->steps[0];
	struct groq_device *gdev = job->queue->gdev;
	bool in = step->request.type == DRM_GROQ_COMMAND_COPY_IN;
	int ret;

	ret = groq_mapping_init_fixed(&job->mapping, gdev, memory,
				      in ? DMA_TO_DEVICE : DMA_FROM_DEVICE);
	if (ret)
		return ret;
	step->command.opcode = in ? GROQ_OP_COPY_IN : GROQ_OP_COPY_OUT;
	return groq_scatter_build(&step->list, gdev->drm.dev, &job->mapping.extents,
				  &step->request, &step->command);
}

/*
 * The job of one copy. With @memory that is what is copied from or to, and
 * groq_validate_command() has let the command pass.
 */
struct groq_job *groq_submit_build_copy(struct groq_queue *queue, struct drm_file *file,
					const struct drm_groq_command *request,
					struct iov_iter *memory)
{
	struct groq_job *job = groq_job_alloc(queue, 1);
	int ret;

	if (IS_ERR(job))
		return job;
	job->steps[0].request = *request;
	if (memory)
		ret = groq_submit_fixed(job, memory);
	else
		ret = groq_submit_step(&job->steps[0], queue->gdev, file);
	if (ret) {
		groq_job_free(job);
		return ERR_PTR(ret);
	}
	return job;
}

static int groq_submit_check(const struct groq_job *job, const struct groq_windows *windows)
{
	int ret = 0;
	u32 i;

	for (i = 0; i < job->count && !ret; i++) {
		cond_resched();	/* a command has up to GROQ_SCATTER_MAX rows */
		ret = groq_validate_access(&job->steps[i].request, windows);
	}
	return ret;
}

/*
 * Gives the job to its queue; with an error it stays the caller's. No wait for
 * the card is in here, nor for anybody who waits for it.
 */
int groq_submit_push(struct groq_job *job)
{
	struct groq_context *context = job->queue->context;
	struct groq_signal *signals = job->signals;
	u32 count = job->signal_count;
	struct dma_fence *fence;
	int ret;

	scoped_guard(rwsem_read, &context->windows_lock) {
		ret = groq_submit_check(job, &context->windows);
		if (ret)
			return ret;
		job->signals = NULL;	/* the job may be gone when it is pushed */
		groq_job_begin_waits(job);
		fence = groq_queue_push(job->queue, job);
	}
	if (IS_ERR(fence)) {
		job->signals = signals;
		return PTR_ERR(fence);
	}
	groq_signals_attach(signals, count, fence);
	groq_signals_put(signals, count);
	dma_fence_put(fence);
	return 0;
}

static int groq_submit_enter(struct groq_job *job, struct drm_file *file,
			     const struct drm_groq_submit *args)
{
	int ret;

	groq_queue_reap(job->queue);
	ret = groq_submit_build(job, file, args);
	if (!ret)
		ret = groq_submit_push(job);
	if (ret)
		groq_job_free(job);
	return ret;
}

static int groq_submit(struct groq_queue *queue, struct drm_file *file,
		       const struct drm_groq_submit *args)
{
	struct groq_job *job = groq_submit_read(queue, file, args);
	int idx, ret;

	if (IS_ERR(job))
		return PTR_ERR(job);
	if (!drm_dev_enter(&queue->gdev->drm, &idx)) {
		groq_job_free(job);
		return -ENODEV;
	}
	ret = groq_submit_enter(job, file, args);
	drm_dev_exit(idx);
	return ret;
}

int groq_submit_ioctl(struct drm_device *drm, void *data, struct drm_file *file)
{
	const struct drm_groq_submit *args = data;
	struct groq_queue *queue;
	int ret;

	ret = groq_validate_submit(args);
	if (ret)
		return ret;
	queue = groq_context_find_queue(file, args->queue);
	if (!queue)
		return -ENOENT;
	ret = groq_submit(queue, file, args);
	groq_queue_put(queue);
	return ret;
}
