/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is left in /sys/class/devcoredump when something went wrong; the layout is
 * that of include/uapi/drm/groq_coredump.h.
 */
#ifndef GROQ_COREDUMP_H
#define GROQ_COREDUMP_H

#include <linux/ratelimit.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include <uapi/drm/groq_accel.h>
#include <uapi/drm/groq_coredump.h>

struct groq_coredump_room;
struct groq_device;
struct groq_job;
struct groq_outcome;
struct groq_queue;

struct groq_coredumps {
	struct work_struct work;	/* hands dumps over */
	struct ratelimit_state ratelimit;	/* of dumps for failed commands */

	/* Under gdev->reset.lock. */
	struct groq_coredump_room *room;	/* for a dump; NULL: no memory */
	size_t bytes;			/* of the dump in it, 0: none */

	spinlock_t lock;		/* protects what follows; inside queue->lock */
	bool noted;			/* fault is not in a dump yet */
	struct groq_coredump_fault fault;
};

int groq_coredump_init(struct groq_device *gdev);
void groq_coredump_take(struct groq_device *gdev, enum groq_coredump_reason reason,
			struct groq_queue *queue);
void groq_coredump_note_fault(struct groq_job *job, enum drm_groq_status status,
			      const struct groq_outcome *outcome);

#endif /* GROQ_COREDUMP_H */
