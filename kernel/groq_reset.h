/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How the card is brought back when it does not do as it should, and how it is
 * given up.
 */
#ifndef GROQ_RESET_H
#define GROQ_RESET_H

#include <linux/atomic.h>
#include <linux/mutex.h>
#include <linux/types.h>
#include <linux/workqueue.h>

#include <uapi/drm/groq_accel.h>

struct groq_device;
struct groq_queue;

struct groq_reset {
	/*
	 * Whoever configures queues or resets holds it. Taken inside a
	 * context's lock; queue->lock is taken inside it.
	 */
	struct mutex lock;
	bool offline;		/* the card is being reset from outside, or sleeps */
	bool gone;		/* nothing helps but a new probe */
	atomic_t count;		/* resets of the chip so far */
	u64 chip_time;		/* ns since power-on of the chip, */
	u64 boot_time;		/* when this was our time since boot, ns */
	struct workqueue_struct *wq;
	struct work_struct teller;	/* tells udev, */
	char *wedged;			/* this; under lock */
};

int groq_reset_init(struct groq_device *gdev);
void groq_reset_stop(struct groq_device *gdev);
void groq_reset_fini(struct groq_device *gdev);

/* With reset.lock held. */
void groq_reset_queue(struct groq_device *gdev, struct groq_queue *queue, u64 hung,
		      enum drm_groq_status status);
void groq_reset_held_queue(struct groq_device *gdev, struct groq_queue *queue);
void groq_reset_chip(struct groq_device *gdev, struct groq_queue *guilty);
void groq_reset_quiesce(struct groq_device *gdev, struct groq_queue *queue);
void groq_reset_lose_locked(struct groq_device *gdev, const char *why);

void groq_reset_offline(struct groq_device *gdev);
void groq_reset_online(struct groq_device *gdev);
void groq_reset_forget_power(struct groq_device *gdev);
void groq_reset_drain(struct groq_device *gdev);
int groq_reset_sleep(struct groq_device *gdev);
void groq_reset_wake(struct groq_device *gdev);
void groq_reset_lose(struct groq_device *gdev, const char *why);

#endif /* GROQ_RESET_H */
