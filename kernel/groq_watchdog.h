/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Finds out that the chip does not do as it should: a command that takes too
 * long, a queue in error, a chip that reports so, a card that is gone.
 */
#ifndef GROQ_WATCHDOG_H
#define GROQ_WATCHDOG_H

#include <linux/workqueue.h>

struct groq_device;

struct groq_watchdog {
	struct work_struct inspection;	/* when the chip has complained */
	struct delayed_work round;	/* now and then, while there is work */
	struct delayed_work overdue;	/* nobody brought the card back */
	unsigned long last_round;	/* jiffies; under reset.lock */
};

void groq_watchdog_init(struct groq_device *gdev);
void groq_watchdog_stop(struct groq_device *gdev);
unsigned int groq_watchdog_timeout_ms(void);
void groq_watchdog_start(struct groq_device *gdev);
void groq_watchdog_request(struct groq_device *gdev);
void groq_watchdog_expect(struct groq_device *gdev);
void groq_watchdog_welcome(struct groq_device *gdev);

#endif /* GROQ_WATCHDOG_H */
