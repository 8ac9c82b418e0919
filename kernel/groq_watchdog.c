// SPDX-License-Identifier: GPL-2.0-only
/*
 * The watchdog goes its rounds while the chip has work. It stands in for any
 * interrupt that was lost, so that nothing is ever waited for in vain; what it
 * finds broken, groq_reset.c mends.
 */

#include <linux/bitfield.h>
#include <linux/moduleparam.h>

#include <drm/drm_print.h>

#include <hw/groq_regs.h>

#include "groq_drv.h"
#include "groq_irq.h"
#include "groq_link.h"
#include "groq_queue.h"
#include "groq_reset.h"
#include "groq_trace.h"
#include "groq_watchdog.h"

#define GROQ_TIMEOUT_MIN_MS	20
#define GROQ_TIMEOUT_MAX_MS	3600000
#define GROQ_ROUNDS		4	/* in a timeout, at least */
#define GROQ_PERIOD_MAX_MS	2500u	/* so that a shorter timeout is heard of */
/* The PCI core itself waits a minute for a card to come out of a reset. */
#define GROQ_OVERDUE_MS		75000

static unsigned int groq_timeout_ms = 10000;

static int groq_timeout_set(const char *value, const struct kernel_param *param)
{
	return param_set_uint_minmax(value, param, GROQ_TIMEOUT_MIN_MS,
				     GROQ_TIMEOUT_MAX_MS);
}

static const struct kernel_param_ops groq_timeout_ops = {
	.set = groq_timeout_set,
	.get = param_get_uint,
};

module_param_cb(timeout_ms, &groq_timeout_ops, &groq_timeout_ms, 0644);
MODULE_PARM_DESC(timeout_ms, "milliseconds after which a command counts as hung (20 to 3600000, default 10000)");

unsigned int groq_watchdog_timeout_ms(void)
{
	return READ_ONCE(groq_timeout_ms);
}

static unsigned long groq_watchdog_period(void)
{
	unsigned int ms = min(groq_watchdog_timeout_ms() / GROQ_ROUNDS, GROQ_PERIOD_MAX_MS);

	return max(msecs_to_jiffies(ms), 1UL);
}

/* Work was given to the chip. From any context. */
void groq_watchdog_start(struct groq_device *gdev)
{
	if (!delayed_work_pending(&gdev->watchdog.round))
		queue_delayed_work(gdev->reset.wq, &gdev->watchdog.round,
				   groq_watchdog_period());
}

/* The chip has complained, or a queue was found broken. From any context. */
void groq_watchdog_request(struct groq_device *gdev)
{
	queue_work(gdev->reset.wq, &gdev->watchdog.inspection);
}

/*
 * The PCI core was told to go on with its recovery. If another function of the
 * slot fails that, we are not told, and must not wait for ever.
 */
void groq_watchdog_expect(struct groq_device *gdev)
{
	queue_delayed_work(gdev->reset.wq, &gdev->watchdog.overdue,
			   msecs_to_jiffies(GROQ_OVERDUE_MS));
}

/* The card is back. */
void groq_watchdog_welcome(struct groq_device *gdev)
{
	cancel_delayed_work(&gdev->watchdog.overdue);
}

static void groq_watchdog_overdue(struct work_struct *work)
{
	struct groq_device *gdev = container_of(work, struct groq_device, watchdog.overdue.work);

	guard(mutex)(&gdev->reset.lock);
	if (gdev->reset.offline)
		groq_reset_lose_locked(gdev, "was not brought back after an error of its link");
}

/* What the command in work gets for an error of its queue. */
static enum drm_groq_status groq_watchdog_blame(u32 error)
{
	switch (error) {
	case GROQ_QUEUE_ERROR_FETCH:
	case GROQ_QUEUE_ERROR_POST:
		return DRM_GROQ_STATUS_DMA;
	default:
		return DRM_GROQ_STATUS_INVALID;
	}
}

static void groq_watchdog_inspect_queue(struct groq_device *gdev, struct groq_queue *queue)
{
	u32 status = groq_hw_queue_status(&gdev->hw, queue->index);
	u32 error = FIELD_GET(GROQ_QUEUE_ERROR, status);

	if (!error && !READ_ONCE(queue->broken))
		return;
	drm_err(&gdev->drm, "queue %u: %s %u\n", queue->index,
		error ? "error" : "protocol broken, error", error);
	groq_coredump_take(gdev, error ? GROQ_COREDUMP_QUEUE_ERROR : GROQ_COREDUMP_PROTOCOL,
			   queue);
	groq_queue_collect(queue);
	groq_reset_queue(gdev, queue, groq_queue_in_work(queue), groq_watchdog_blame(error));
}

/* Mends what is broken. False: there is nothing to look at any more, or for now. */
static bool groq_watchdog_inspect(struct groq_device *gdev)
{
	struct groq_queue *queue;
	unsigned long i;

	lockdep_assert_held(&gdev->reset.lock);
	if (gdev->reset.gone || gdev->reset.offline)
		return false;
	if (!groq_hw_present(&gdev->hw)) {
		groq_reset_lose_locked(gdev, "does not answer any more");
		return false;
	}
	groq_irq_poll(gdev);
	if (groq_hw_status(&gdev->hw) & GROQ_STATUS_FATAL) {
		drm_err(&gdev->drm, "the chip reports a fatal error\n");
		groq_coredump_take(gdev, GROQ_COREDUMP_FATAL, NULL);
		groq_reset_chip(gdev, NULL);
	}
	xa_for_each(&gdev->queues, i, queue)
		if (!gdev->reset.gone)
			groq_watchdog_inspect_queue(gdev, queue);
	return !gdev->reset.gone;
}

static void groq_watchdog_inspection(struct work_struct *work)
{
	struct groq_device *gdev = container_of(work, struct groq_device, watchdog.inspection);

	guard(mutex)(&gdev->reset.lock);
	groq_watchdog_inspect(gdev);
}

/* Queues with a command in the chip's hands, one bit each. */
static u32 groq_watchdog_active(struct groq_device *gdev)
{
	struct groq_queue *queue;
	u32 active = 0;
	unsigned long i;

	xa_for_each(&gdev->queues, i, queue)
		if (groq_hw_queue_status(&gdev->hw, i) & GROQ_QUEUE_ACTIVE)
			active |= BIT(i);
	return active;
}

/*
 * Whether a command has been in work for longer than it may be. One that waits
 * for the chip to finish another queue's command is not in work.
 */
static bool groq_watchdog_is_hung(struct groq_queue *queue, u32 active, unsigned long step)
{
	u64 cookie = groq_queue_in_work(queue);
	bool waits = !(active & BIT(queue->index)) && active &&
		     groq_hw_queue_waits(&queue->gdev->hw, queue->index);

	if (!cookie || cookie != queue->watched || waits) {
		queue->watched = cookie;
		queue->watched_for = 0;
		return false;
	}
	queue->watched_for += step;
	return queue->watched_for >= msecs_to_jiffies(groq_watchdog_timeout_ms());
}

static void groq_watchdog_check(struct groq_queue *queue, u32 active, unsigned long step)
{
	struct groq_device *gdev = queue->gdev;

	/* Should an interrupt be lost, this is instead of it. */
	groq_queue_collect(queue);
	if (groq_watchdog_is_hung(queue, active, step)) {
		drm_warn(&gdev->drm, "queue %u: command timed out\n", queue->index);
		trace_groq_queue_timeout(queue);
		queue->awaited = groq_link_tell_awaited(gdev);
		groq_coredump_take(gdev, GROQ_COREDUMP_TIMEOUT, queue);
		groq_reset_queue(gdev, queue, queue->watched, DRM_GROQ_STATUS_TIMEOUT);
		queue->watched = 0;
	}
}

/*
 * A round counts for two periods at most: after a pause of the whole machine,
 * in which the clock may have gone on, the chip gets the time that it missed.
 */
static unsigned long groq_watchdog_step(struct groq_watchdog *watchdog)
{
	unsigned long elapsed = jiffies - watchdog->last_round;

	watchdog->last_round = jiffies;
	return min(elapsed, 2 * groq_watchdog_period());
}

static void groq_watchdog_round(struct work_struct *work)
{
	struct groq_device *gdev = container_of(work, struct groq_device, watchdog.round.work);
	struct groq_queue *queue;
	unsigned long i, step;
	bool again = false;
	u32 active;

	guard(mutex)(&gdev->reset.lock);
	step = groq_watchdog_step(&gdev->watchdog);
	if (!groq_watchdog_inspect(gdev))
		return;
	active = groq_watchdog_active(gdev);
	xa_for_each(&gdev->queues, i, queue) {
		groq_watchdog_check(queue, active, step);
		again |= groq_queue_in_work(queue) != 0;
	}
	if (again && !gdev->reset.gone)
		groq_watchdog_start(gdev);
}

void groq_watchdog_init(struct groq_device *gdev)
{
	INIT_WORK(&gdev->watchdog.inspection, groq_watchdog_inspection);
	INIT_DELAYED_WORK(&gdev->watchdog.round, groq_watchdog_round);
	INIT_DELAYED_WORK(&gdev->watchdog.overdue, groq_watchdog_overdue);
}

/* When it returns none is under way; of a lost card, none comes any more. */
void groq_watchdog_stop(struct groq_device *gdev)
{
	cancel_work_sync(&gdev->watchdog.inspection);
	cancel_delayed_work_sync(&gdev->watchdog.round);
	cancel_delayed_work_sync(&gdev->watchdog.overdue);
}
