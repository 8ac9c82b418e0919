/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A hardware queue and the jobs that were given to it. The hardware arbitrates
 * between queues and knows their priorities, so there is no scheduler above
 * them: a job whose waits are over goes straight from the call that brought it
 * (or from the interrupt that ended its last wait) into the ring.
 */
#ifndef GROQ_QUEUE_H
#define GROQ_QUEUE_H

#include <linux/kref.h>
#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include <hw/groq_regs.h>
#include <uapi/drm/groq_accel.h>

#include "groq_ring.h"

struct dma_fence;
struct groq_context;
struct groq_device;
struct groq_job;
struct groq_windows;

enum groq_queue_state {
	GROQ_QUEUE_STOPPED,	/* takes jobs, does not give them to the chip */
	GROQ_QUEUE_RUNNING,
	GROQ_QUEUE_DEAD,	/* has no jobs, no ring and no hardware any more */
};

struct groq_queue {
	struct kref kref;
	struct groq_device *gdev;
	struct groq_context *context;	/* held; NULL: the driver's own */
	struct list_head link;		/* of context->queues, under context->lock */
	const struct groq_windows *windows;	/* under gdev->reset.lock */
	u32 access;			/* GROQ_WINDOW_*, of all windows */
	u32 priority;
	u32 id;				/* in its file */
	u32 index;			/* in the hardware */
	char name[32];			/* of its interrupt */

	spinlock_t order;		/* who ends jobs: their fences signal in order */
	spinlock_t lock;		/* protects what follows; innermost lock */
	enum groq_queue_state state;
	int error;			/* what a push is refused with, or 0 */
	bool broken;			/* the chip did not keep to the protocol */
	struct groq_ring ring;
	struct list_head waiting;	/* jobs not in the ring, in order */
	struct list_head running;	/* jobs in the ring, in order */
	struct groq_job *barred;	/* in running: from it on the chip begins none; or NULL */
	struct list_head finished;	/* jobs to be freed */
	u64 fence_context;
	u64 seqno;			/* of the last job */
	struct delayed_work reaper;	/* frees finished jobs */
	struct delayed_work aborter;	/* sees to it that a canceled job ends */

	/* Of the watchdog, under gdev->reset.lock. */
	u64 watched;			/* cookie of the command in work, or 0 */
	unsigned long watched_for;	/* jiffies */
	u32 awaited;			/* when it timed out: links, a bit each */
};

struct groq_queue *groq_queue_create(struct groq_device *gdev, struct groq_context *context,
				     const struct groq_windows *windows, u32 access,
				     u32 priority);
void groq_queue_get(struct groq_queue *queue);
void groq_queue_put(struct groq_queue *queue);
void groq_queue_detach(struct groq_queue *queue, enum drm_groq_status status, int error);
void groq_queue_detach_all(struct groq_device *gdev, enum drm_groq_status status, int error);

struct dma_fence *groq_queue_push(struct groq_queue *queue, struct groq_job *job);
void groq_queue_kick(struct groq_queue *queue);
struct groq_job *groq_queue_head(struct list_head *jobs);
void groq_queue_emit_locked(struct groq_queue *queue);
bool groq_queue_collect(struct groq_queue *queue);
void groq_queue_reap(struct groq_queue *queue);

/* All with gdev->reset.lock held. */
void groq_queue_write_windows(struct groq_queue *queue);
void groq_queue_halt(struct groq_queue *queue);
int groq_queue_start(struct groq_queue *queue);
u64 groq_queue_in_work(struct groq_queue *queue);
void groq_queue_fail_head(struct groq_queue *queue, enum drm_groq_status status);
void groq_queue_fail_running(struct groq_queue *queue, enum drm_groq_status status);
void groq_queue_kill(struct groq_queue *queue, enum drm_groq_status status, int error);

#endif /* GROQ_QUEUE_H */
