/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * When the chip does not do as it should: a command that takes too long, a
 * queue in error, a chip that hangs, a card that is gone.
 */
#ifndef GROQ_RESET_H
#define GROQ_RESET_H

#include <linux/atomic.h>
#include <linux/mutex.h>
#include <linux/workqueue.h>

struct groq_device;
struct groq_queue;

struct groq_reset {
	/*
	 * Whoever configures queues or resets holds it. Taken inside a
	 * context's lock; queue->lock is taken inside it.
	 */
	struct mutex lock;
	bool offline;		/* the chip is being reset from outside */
	bool gone;		/* nothing helps but a new probe */
	atomic_t count;		/* resets of the chip so far */
	struct workqueue_struct *wq;
	struct work_struct work;
	struct delayed_work watchdog;
};

int groq_reset_init(struct groq_device *gdev);
void groq_reset_stop(struct groq_device *gdev);
void groq_reset_fini(struct groq_device *gdev);

unsigned int groq_reset_timeout_ms(void);
void groq_reset_watch(struct groq_device *gdev);
void groq_reset_request(struct groq_device *gdev);
void groq_reset_quiesce(struct groq_device *gdev, struct groq_queue *queue);

void groq_reset_offline(struct groq_device *gdev);
int groq_reset_online(struct groq_device *gdev);
void groq_reset_lose(struct groq_device *gdev);

#endif /* GROQ_RESET_H */
