/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A job: the commands of one submission. Built completely before its queue gets
 * it, so that from then on nothing can fail but the commands themselves.
 */
#ifndef GROQ_JOB_H
#define GROQ_JOB_H

#include <linux/atomic.h>
#include <linux/list.h>

#include <hw/groq_queue.h>
#include <uapi/drm/groq_accel.h>

#include "groq_mapping.h"
#include "groq_scatter.h"

struct dma_fence;
struct groq_bo;
struct groq_outcome;
struct groq_queue;
struct groq_signal;
struct groq_wait;

/* One command, as it was asked for and as the chip gets it. */
struct groq_step {
	struct drm_groq_command request;
	struct groq_command command;
	struct groq_bo *bo;		/* held */
	struct groq_scatter_list list;
};

enum groq_job_state {
	GROQ_JOB_BUILT,		/* the submitter's */
	GROQ_JOB_WAITING,	/* in queue->waiting */
	GROQ_JOB_RUNNING,	/* in queue->running, its commands in the ring */
	GROQ_JOB_ENDED,		/* the business of who took it off these lists */
};

/*
 * Owned by the submitter until it is pushed, then by its queue, which holds it
 * in one of its lists and frees it after groq_job_finish().
 */
struct groq_job {
	struct list_head node;		/* protected by queue->lock */
	enum groq_job_state state;	/* the same */
	struct groq_queue *queue;	/* outlives its jobs */
	struct dma_fence *fence;	/* initialised when pushed, put when finished */
	struct groq_wait *waits;
	u32 wait_count;
	struct groq_signal *signals;	/* until pushed */
	u32 signal_count;
	atomic_t blockers;		/* waits that are not over, plus one until pushed */
	struct groq_bo *result_bo;	/* held */
	struct drm_groq_result *results;	/* in result_bo, NULL: not wanted */
	enum drm_groq_status status;	/* of the first step that failed; 0: none has */
	int error;			/* that goes with it */
	u64 time;			/* the card's, when the last step ended; 0: unknown */
	struct groq_mapping mapping;	/* of memory that is the job's alone, if any */

	/*
	 * Called once, with queue->lock held, when nothing more will be done for
	 * the submitter: when the job has ended, or is withdrawn before that.
	 */
	void (*tell)(struct groq_job *job);
	void *owner;			/* tell()'s */
	u64 tag;			/* submissions are canceled by it; 0: none */
	bool canceled;			/* is to end early; under queue->lock */
	bool withdrawn;			/* has: a NOP takes its turn; the same */

	u32 done;			/* steps that have ended */
	u32 count;
	struct groq_step steps[] __counted_by(count);
};

struct groq_job *groq_job_alloc(struct groq_queue *queue, u32 count);
void groq_job_begin_waits(struct groq_job *job);
int groq_job_fill(struct groq_queue *queue, u32 sram, u32 size);

void groq_job_number(struct groq_job *job, u64 seqno);
u64 groq_job_cookie(const struct groq_job *job);
void groq_job_end_step(struct groq_job *job, const struct groq_outcome *outcome);
void groq_result_set_fault(struct drm_groq_result *result, const struct groq_step *step,
			   const struct groq_fault *fault);
void groq_job_cancel(struct groq_job *job, enum drm_groq_status status);
void groq_job_withdraw(struct groq_job *job);
void groq_job_finish(struct groq_job *job);
void groq_job_free(struct groq_job *job);

#endif /* GROQ_JOB_H */
