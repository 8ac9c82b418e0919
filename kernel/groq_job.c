// SPDX-License-Identifier: GPL-2.0-only
/* Jobs: what becomes of them, and how that is told. */

#include <linux/bitops.h>
#include <linux/slab.h>

#include <hw/groq_sram.h>

#include "groq_context.h"
#include "groq_drv.h"
#include "groq_fence.h"
#include "groq_gem.h"
#include "groq_job.h"
#include "groq_queue.h"
#include "groq_ring.h"
#include "groq_sync.h"
#include "groq_trace.h"

/* A cookie is the job's number in its queue and the step's in the job. */
#define GROQ_COOKIE_STEPS	256

static_assert(DRM_GROQ_COMMANDS_MAX <= GROQ_COOKIE_STEPS);
static_assert(DRM_GROQ_COMMANDS_MAX <= GROQ_RING_ROOM);

void groq_job_number(struct groq_job *job, u64 seqno)
{
	u32 i;

	for (i = 0; i < job->count; i++)
		job->steps[i].command.cookie = cpu_to_le64(seqno * GROQ_COOKIE_STEPS + i);
}

/* Of the first step that has not ended. */
u64 groq_job_cookie(const struct groq_job *job)
{
	return le64_to_cpu(job->steps[job->done].command.cookie);
}

static int groq_status_error(enum drm_groq_status status)
{
	switch (status) {
	case DRM_GROQ_STATUS_OK:
		return 0;
	case DRM_GROQ_STATUS_TIMEOUT:
		return -ETIME;
	case DRM_GROQ_STATUS_CANCELED:
	case DRM_GROQ_STATUS_RESET:
		return -ECANCELED;
	case DRM_GROQ_STATUS_LOST:
		return -ENODEV;
	default:
		return -EIO;
	}
}

static enum drm_groq_status groq_completion_status(u16 status)
{
	switch (status) {
	case GROQ_COMPLETION_OK:
		return DRM_GROQ_STATUS_OK;
	case GROQ_COMPLETION_BAD_WINDOW:
		return DRM_GROQ_STATUS_ACCESS;
	case GROQ_COMPLETION_BAD_DMA:
		return DRM_GROQ_STATUS_DMA;
	case GROQ_COMPLETION_FAULT:
		return DRM_GROQ_STATUS_FAULT;
	case GROQ_COMPLETION_ABORTED:
		return DRM_GROQ_STATUS_CANCELED;
	default:
		return DRM_GROQ_STATUS_INVALID;
	}
}

/*
 * Where in its buffer a copy failed, from the bus address and the scatter entry
 * that the chip reports; bus addresses are nothing for user space.
 */
static u64 groq_step_fault_offset(const struct groq_step *step,
				  const struct groq_fault *fault)
{
	const struct drm_groq_command *request = &step->request;
	const struct groq_scatter *entry = &step->command.copy.entry;
	u64 address = le64_to_cpu(fault->address);
	u64 sram, row;

	if (step->list.entries) {
		if (le32_to_cpu(fault->detail) >= step->list.count)
			return U64_MAX;
		entry = &step->list.entries[le32_to_cpu(fault->detail)];
	}
	if (!step->bo || address < le64_to_cpu(entry->host) ||
	    address - le64_to_cpu(entry->host) >= le32_to_cpu(entry->length))
		return U64_MAX;
	sram = le32_to_cpu(entry->sram) - request->sram;
	row = request->sram_stride ? div64_u64(sram, request->sram_stride) : 0;
	return request->bo_offset + row * request->bo_stride +
	       sram - row * request->sram_stride + address - le64_to_cpu(entry->host);
}

void groq_result_set_fault(struct drm_groq_result *result, const struct groq_step *step,
			   const struct groq_fault *fault)
{
	result->fault_cause = le32_to_cpu(fault->cause);
	result->fault_cycle = le64_to_cpu(fault->cycle);
	result->fault_unit = le32_to_cpu(fault->unit);
	result->fault_text = le32_to_cpu(fault->text);
	result->fault_detail = le32_to_cpu(fault->detail);
	result->fault_address = result->fault_cause == GROQ_FAULT_DMA ?
				groq_step_fault_offset(step, fault) :
				le64_to_cpu(fault->address);
	memcpy(result->fault_instruction, fault->instruction,
	       sizeof(result->fault_instruction));
}

/* What a program waited for that was ended because it took too long. */
static void groq_result_set_awaited(struct drm_groq_result *result, u32 awaited)
{
	if (!awaited)
		return;
	result->fault_cause = GROQ_FAULT_ABORTED;
	result->fault_unit = GROQ_ICU_C2C(__ffs(awaited));
	result->fault_detail = awaited;
}

/* The status goes last: whoever polls for it may then read the rest. */
static void groq_job_write_result(struct groq_job *job, u32 step,
				  enum drm_groq_status status,
				  const struct groq_outcome *outcome)
{
	struct drm_groq_result *target = &job->results[step];
	struct drm_groq_result result = {
		.fault_address = U64_MAX,
		.fault_unit = U32_MAX,
		.fault_text = U32_MAX,
		.expected = job->steps[step].request.expected,
	};

	if (outcome) {
		result.value = outcome->result;
		result.device_time_ns = outcome->time;
		if (outcome->has_fault)
			groq_result_set_fault(&result, &job->steps[step], &outcome->fault);
	} else if (status == DRM_GROQ_STATUS_TIMEOUT &&
		   job->steps[step].request.type == DRM_GROQ_COMMAND_RUN) {
		groq_result_set_awaited(&result, job->queue->awaited);
	}
	*target = result;
	/* Pairs with the reader's acquire of the status. */
	smp_store_release(&target->status, status);
}

static void groq_job_end(struct groq_job *job, enum drm_groq_status status,
			 const struct groq_outcome *outcome)
{
	if (job->results)
		groq_job_write_result(job, job->done, status, outcome);
	if (!job->status && status != DRM_GROQ_STATUS_OK) {
		job->status = status;
		job->error = groq_status_error(status);
	}
	job->time = outcome ? outcome->time : 0;
	trace_groq_command_done(job, status, outcome);
	job->done++;
}

static void groq_job_account(const struct groq_job *job, enum drm_groq_status status,
			     u64 value)
{
	const struct drm_groq_command *request = &job->steps[job->done].request;
	struct groq_context *context = job->queue->context;

	if (!context)
		return;
	groq_context_account(context, request, value);
	if (status == DRM_GROQ_STATUS_OK && request->expected && request->expected != value)
		atomic64_inc(&context->record.unexpected);
}

/* The chip has completed the next command. With the queue's lock held. */
void groq_job_end_step(struct groq_job *job, const struct groq_outcome *outcome)
{
	enum drm_groq_status status = groq_completion_status(outcome->status);

	if (status != DRM_GROQ_STATUS_OK && status != DRM_GROQ_STATUS_CANCELED)
		groq_coredump_note_fault(job, status, outcome);
	groq_job_account(job, status, outcome->result);
	groq_job_end(job, status, outcome);
}

/* The chip will not complete the rest: the next command ends with @status. */
void groq_job_cancel(struct groq_job *job, enum drm_groq_status status)
{
	bool all = status == DRM_GROQ_STATUS_LOST || status == DRM_GROQ_STATUS_RESET;

	while (job->done < job->count) {
		groq_job_end(job, status, NULL);
		if (!all)
			status = DRM_GROQ_STATUS_CANCELED;
	}
}

/* The submitter's memory is its own again before it hears of it. */
static void groq_job_tell(struct groq_job *job)
{
	void (*tell)(struct groq_job *job) = job->tell;

	lockdep_assert_held(&job->queue->lock);
	groq_mapping_unmap_fixed(&job->mapping);
	job->tell = NULL;
	if (tell)
		tell(job);
}

/*
 * Ends a job that is not in the ring for its submitter, at once. Fences of a queue
 * signal in order, and those of the jobs before it may not have: so a NOP takes
 * the job's turn in the ring, and its fence signals when that has been done.
 */
void groq_job_withdraw(struct groq_job *job)
{
	struct groq_step *last = &job->steps[job->count - 1];

	groq_job_cancel(job, DRM_GROQ_STATUS_CANCELED);
	groq_job_tell(job);
	job->withdrawn = true;
	job->results = NULL;
	job->done = job->count - 1;
	last->request = (struct drm_groq_command){ .type = DRM_GROQ_COMMAND_NOP };
	last->command = (struct groq_command){
		.opcode = GROQ_OP_NOP,
		.cookie = last->command.cookie,
	};
}

static void groq_job_record(const struct groq_job *job, struct groq_record *record)
{
	atomic64_inc(&record->jobs);
	switch (job->status) {
	case DRM_GROQ_STATUS_FAULT:
	case DRM_GROQ_STATUS_ACCESS:
	case DRM_GROQ_STATUS_DMA:
	case DRM_GROQ_STATUS_INVALID:
		atomic64_inc(&record->faults);
		break;
	case DRM_GROQ_STATUS_TIMEOUT:
		atomic64_inc(&record->timeouts);
		break;
	case DRM_GROQ_STATUS_RESET:
		atomic64_inc(&record->resets);
		break;
	default:
		break;
	}
}

/* Tells the world. With the queue's order held; the job stays until it is freed. */
void groq_job_finish(struct groq_job *job)
{
	struct groq_context *context = job->queue->context;

	if (context) {
		groq_job_record(job, &context->record);
		atomic_dec(&context->jobs);
	}
	if (job->tell) {
		spin_lock(&job->queue->lock);
		groq_job_tell(job);
		spin_unlock(&job->queue->lock);
	}
	trace_groq_job_finish(job);
	if (job->error)
		dma_fence_set_error(job->fence, job->error);
	dma_fence_signal(job->fence);
	groq_fence_put(job->fence);
	job->fence = NULL;
}

static void groq_job_wait_over(struct dma_fence *fence, struct dma_fence_cb *cb)
{
	struct groq_job *job = container_of(cb, struct groq_wait, cb)->job;
	struct groq_queue *queue = job->queue;

	/* Without the last blocker the job may be gone at any time. */
	if (atomic_dec_and_test(&job->blockers))
		groq_queue_kick(queue);
}

/* Before the job is pushed. */
void groq_job_begin_waits(struct groq_job *job)
{
	struct groq_wait *wait;

	for (wait = job->waits; wait < job->waits + job->wait_count; wait++) {
		if (!wait->fence)
			continue;
		wait->job = job;
		atomic_inc(&job->blockers);
		if (dma_fence_add_callback(wait->fence, &wait->cb, groq_job_wait_over))
			atomic_dec(&job->blockers);
	}
}

/* When it returns no callback runs any more, nor will. */
static void groq_job_end_waits(struct groq_job *job)
{
	struct groq_wait *wait;

	for (wait = job->waits; wait < job->waits + job->wait_count; wait++)
		if (wait->job)
			dma_fence_remove_callback(wait->fence, &wait->cb);
	groq_waits_put(job->waits, job->wait_count);
}

/* In process context. */
void groq_job_free(struct groq_job *job)
{
	struct device *dev = job->queue->gdev->drm.dev;
	u32 i;

	groq_job_end_waits(job);
	for (i = 0; i < job->count; i++) {
		groq_scatter_free(&job->steps[i].list, dev);
		groq_bo_put(job->steps[i].bo);
	}
	groq_mapping_fini(&job->mapping);
	groq_bo_put(job->result_bo);
	groq_signals_put(job->signals, job->signal_count);
	groq_fence_put(job->fence);
	kfree(job);
}

/* A job of @count empty steps, of which a failing one ends the others. */
struct groq_job *groq_job_alloc(struct groq_queue *queue, u32 count)
{
	struct groq_job *job;
	u32 i;

	job = kzalloc(struct_size(job, steps, count), GFP_KERNEL_ACCOUNT);
	if (!job)
		return ERR_PTR(-ENOMEM);
	job->count = count;
	job->queue = queue;
	atomic_set(&job->blockers, 1);
	for (i = 0; i + 1 < count; i++)
		job->steps[i].command.flags = GROQ_COMMAND_SILENT | GROQ_COMMAND_LINK;
	job->fence = groq_fence_alloc();
	if (!job->fence) {
		kfree(job);
		return ERR_PTR(-ENOMEM);
	}
	return job;
}

/* Zeroes SRAM on the driver's own queue, and waits for it. */
int groq_job_fill(struct groq_queue *queue, u32 sram, u32 size)
{
	struct groq_job *job = groq_job_alloc(queue, 1);
	struct dma_fence *fence;
	int ret;

	if (IS_ERR(job))
		return PTR_ERR(job);
	job->steps[0].command.opcode = GROQ_OP_FILL;
	job->steps[0].command.fill.sram = cpu_to_le32(sram);
	job->steps[0].command.fill.length = cpu_to_le32(size);
	groq_queue_reap(queue);
	fence = groq_queue_push(queue, job);
	if (IS_ERR(fence)) {
		groq_job_free(job);
		return PTR_ERR(fence);
	}
	dma_fence_wait(fence, false);
	ret = fence->error;
	dma_fence_put(fence);
	return ret;
}
