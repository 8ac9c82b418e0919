// SPDX-License-Identifier: GPL-2.0-only
/*
 * Recovery, in steps of growing force: the queue is disabled and set up again;
 * the chip is reset; the function is reset; the card is given up. Every command
 * that is lost on the way is told how: the one that hung as a timeout, those
 * that were in the rings with it as lost in a reset. Those that still waited
 * outside of the rings just go on.
 */

#include <linux/bitfield.h>
#include <linux/moduleparam.h>
#include <linux/pci.h>

#include <drm/drm_managed.h>
#include <drm/drm_print.h>

#include <hw/groq_regs.h>

#include "groq_drv.h"
#include "groq_irq.h"
#include "groq_queue.h"
#include "groq_reset.h"
#include "groq_trace.h"

#define GROQ_TIMEOUT_MIN_MS	20
#define GROQ_TIMEOUT_MAX_MS	3600000

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

unsigned int groq_reset_timeout_ms(void)
{
	return READ_ONCE(groq_timeout_ms);
}

/* A hung command is found between one and one and a quarter timeouts. */
static unsigned long groq_reset_period(void)
{
	return max(msecs_to_jiffies(groq_reset_timeout_ms() / 4), 1UL);
}

/* Work was given to the chip. From any context. */
void groq_reset_watch(struct groq_device *gdev)
{
	if (!delayed_work_pending(&gdev->reset.watchdog))
		queue_delayed_work(gdev->reset.wq, &gdev->reset.watchdog,
				   groq_reset_period());
}

/* The chip has complained, or a queue was found broken. From any context. */
void groq_reset_request(struct groq_device *gdev)
{
	queue_work(gdev->reset.wq, &gdev->reset.work);
}

static void groq_reset_lose_locked(struct groq_device *gdev)
{
	struct groq_queue *queue;
	unsigned long i;

	if (gdev->reset.gone)
		return;
	gdev->reset.gone = true;
	trace_groq_reset(gdev, GROQ_TRACE_LOST, U32_MAX);
	/* Whatever the chip still does, it does not reach memory any more. */
	pci_clear_master(to_pci_dev(gdev->drm.dev));
	xa_for_each(&gdev->queues, i, queue)
		groq_queue_kill(queue, DRM_GROQ_STATUS_LOST, -ENODEV);
	groq_event_raise(gdev, DRM_GROQ_EVENT_LOST);
}

/* The card is gone, or as good as gone: all work ends. */
void groq_reset_lose(struct groq_device *gdev)
{
	guard(mutex)(&gdev->reset.lock);
	groq_reset_lose_locked(gdev);
}

/* The configuration space survives what the chip's own reset could not cure. */
static int groq_reset_function(struct groq_device *gdev)
{
	struct pci_dev *pdev = to_pci_dev(gdev->drm.dev);
	int ret;

	drm_warn(&gdev->drm, "chip reset failed, resetting the PCI function\n");
	trace_groq_reset(gdev, GROQ_TRACE_FUNCTION, U32_MAX);
	ret = pci_save_state(pdev);
	if (ret)
		return ret;
	ret = pcie_reset_flr(pdev, PCI_RESET_DO_RESET);
	pci_restore_state(pdev);
	return ret ? ret : groq_hw_reset(&gdev->hw);
}

static int groq_reset_start_all(struct groq_device *gdev)
{
	struct groq_queue *queue;
	int ret;
	unsigned long i;

	xa_for_each(&gdev->queues, i, queue) {
		ret = groq_queue_start(queue);
		if (ret)
			return ret;
	}
	groq_irq_enable(gdev);
	return 0;
}

static void groq_reset_halt_all(struct groq_device *gdev)
{
	struct groq_queue *queue;
	unsigned long i;

	xa_for_each(&gdev->queues, i, queue)
		groq_queue_halt(queue);
}

/* After the chip was reset: what it had not completed will not be. */
static void groq_reset_fail_all(struct groq_device *gdev)
{
	struct groq_queue *queue;
	unsigned long i;

	xa_for_each(&gdev->queues, i, queue) {
		groq_queue_collect(queue);
		groq_queue_fail_running(queue, DRM_GROQ_STATUS_RESET);
	}
}

/* @guilty: the queue whose command in work hung, or NULL. */
static void groq_reset_chip(struct groq_device *gdev, struct groq_queue *guilty)
{
	int ret;

	lockdep_assert_held(&gdev->reset.lock);
	drm_warn(&gdev->drm, "resetting the chip\n");
	atomic_inc(&gdev->reset.count);
	trace_groq_reset(gdev, GROQ_TRACE_CHIP, guilty ? guilty->index : U32_MAX);
	groq_reset_halt_all(gdev);
	ret = groq_hw_reset(&gdev->hw);
	if (ret && groq_hw_present(&gdev->hw))
		ret = groq_reset_function(gdev);
	if (!ret && guilty) {
		groq_queue_collect(guilty);
		groq_queue_fail_head(guilty, DRM_GROQ_STATUS_TIMEOUT);
	}
	if (!ret) {
		groq_reset_fail_all(gdev);
		groq_event_raise(gdev, DRM_GROQ_EVENT_RESET);
		ret = groq_reset_start_all(gdev);
	}
	if (ret) {
		drm_err(&gdev->drm, "the card does not recover (%d): remove and rescan it, or power cycle\n",
			ret);
		groq_coredump_take(gdev, GROQ_COREDUMP_LOST, NULL);
		groq_reset_lose_locked(gdev);
	}
}

/*
 * Makes the chip let go of a halted queue's memory. It does not return before
 * that is certain, if need be because the card cannot reach memory any more.
 */
void groq_reset_quiesce(struct groq_device *gdev, struct groq_queue *queue)
{
	lockdep_assert_held(&gdev->reset.lock);
	if (gdev->reset.gone || gdev->reset.offline)
		return;
	if (!groq_hw_queue_disable(&gdev->hw, queue->index))
		return;
	drm_warn(&gdev->drm, "queue %u does not stop\n", queue->index);
	groq_coredump_take(gdev, GROQ_COREDUMP_NO_STOP, queue);
	groq_reset_chip(gdev, NULL);
}

/*
 * Sets one queue up again. If @hung is the cookie of the command in work that
 * one ends with @status; if the chip was quicker, another may be lost to it.
 */
static void groq_reset_queue(struct groq_device *gdev, struct groq_queue *queue,
			     u64 hung, enum drm_groq_status status)
{
	trace_groq_reset(gdev, GROQ_TRACE_QUEUE, queue->index);
	groq_queue_halt(queue);
	if (groq_hw_queue_disable(&gdev->hw, queue->index)) {
		drm_warn(&gdev->drm, "queue %u does not stop\n", queue->index);
		groq_coredump_take(gdev, GROQ_COREDUMP_NO_STOP, queue);
		groq_reset_chip(gdev, queue);
		return;
	}
	groq_queue_collect(queue);
	if (groq_queue_in_work(queue) != hung)
		status = DRM_GROQ_STATUS_RESET;
	groq_queue_fail_head(queue, status);
	if (groq_queue_start(queue))
		groq_reset_chip(gdev, NULL);
}

/* Queues with a command in the chip's hands, one bit each. */
static u32 groq_reset_active(struct groq_device *gdev)
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
static bool groq_reset_is_hung(struct groq_queue *queue, u32 active)
{
	unsigned long timeout = msecs_to_jiffies(groq_reset_timeout_ms());
	u64 cookie = groq_queue_in_work(queue);
	bool waits = !(active & BIT(queue->index)) && active &&
		     groq_hw_queue_waits(&queue->gdev->hw, queue->index);

	if (!cookie || cookie != queue->watched || waits) {
		queue->watched = cookie;
		queue->watched_since = jiffies;
		return false;
	}
	return time_after_eq(jiffies, queue->watched_since + timeout);
}

static void groq_reset_check(struct groq_device *gdev, struct groq_queue *queue, u32 active)
{
	/* Should an interrupt be lost, this is instead of it. */
	groq_queue_collect(queue);
	if (groq_reset_is_hung(queue, active)) {
		drm_warn(&gdev->drm, "queue %u: command timed out\n", queue->index);
		trace_groq_queue_timeout(queue);
		groq_coredump_take(gdev, GROQ_COREDUMP_TIMEOUT, queue);
		groq_reset_queue(gdev, queue, queue->watched, DRM_GROQ_STATUS_TIMEOUT);
		queue->watched = 0;
	}
}

static void groq_reset_watchdog_work(struct work_struct *work)
{
	struct groq_device *gdev =
		container_of(work, struct groq_device, reset.watchdog.work);
	struct groq_queue *queue;
	bool again = false;
	unsigned long i;
	u32 active;

	guard(mutex)(&gdev->reset.lock);
	if (gdev->reset.gone || gdev->reset.offline)
		return;
	if (!groq_hw_present(&gdev->hw)) {
		drm_err(&gdev->drm, "the card does not answer any more\n");
		groq_coredump_take(gdev, GROQ_COREDUMP_LOST, NULL);
		groq_reset_lose_locked(gdev);
		return;
	}
	active = groq_reset_active(gdev);
	xa_for_each(&gdev->queues, i, queue) {
		groq_reset_check(gdev, queue, active);
		again |= groq_queue_in_work(queue) != 0;
	}
	if (again && !gdev->reset.gone)
		groq_reset_watch(gdev);
}

/* What the command in work gets for an error of its queue. */
static enum drm_groq_status groq_reset_blame(u32 error)
{
	switch (error) {
	case GROQ_QUEUE_ERROR_FETCH:
	case GROQ_QUEUE_ERROR_POST:
		return DRM_GROQ_STATUS_DMA;
	default:
		return DRM_GROQ_STATUS_INVALID;
	}
}

static void groq_reset_error(struct groq_device *gdev, struct groq_queue *queue)
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
	groq_reset_queue(gdev, queue, groq_queue_in_work(queue), groq_reset_blame(error));
}

static void groq_reset_work(struct work_struct *work)
{
	struct groq_device *gdev = container_of(work, struct groq_device, reset.work);
	struct groq_queue *queue;
	unsigned long i;

	guard(mutex)(&gdev->reset.lock);
	if (gdev->reset.gone || gdev->reset.offline)
		return;
	if (!groq_hw_present(&gdev->hw)) {
		groq_reset_lose_locked(gdev);
		return;
	}
	if (groq_hw_status(&gdev->hw) & GROQ_STATUS_FATAL) {
		drm_err(&gdev->drm, "the chip reports a fatal error\n");
		groq_coredump_take(gdev, GROQ_COREDUMP_FATAL, NULL);
		groq_reset_chip(gdev, NULL);
		return;
	}
	xa_for_each(&gdev->queues, i, queue)
		groq_reset_error(gdev, queue);
}

/* No work reaches the chip, and the chip reaches no memory, from now on. */
static void groq_reset_silence(struct groq_device *gdev)
{
	groq_reset_halt_all(gdev);
	if (groq_hw_present(&gdev->hw) && groq_hw_reset(&gdev->hw))
		drm_warn(&gdev->drm, "the chip does not come out of reset\n");
	pci_clear_master(to_pci_dev(gdev->drm.dev));
}

/* Somebody else is about to reset the card: work in the rings is lost. */
void groq_reset_offline(struct groq_device *gdev)
{
	guard(mutex)(&gdev->reset.lock);
	if (gdev->reset.gone || gdev->reset.offline)
		return;
	trace_groq_reset(gdev, GROQ_TRACE_OFFLINE, U32_MAX);
	groq_reset_silence(gdev);
	groq_reset_fail_all(gdev);
	gdev->reset.offline = true;
}

/* The card is back, in its reset state. */
int groq_reset_online(struct groq_device *gdev)
{
	int ret;

	guard(mutex)(&gdev->reset.lock);
	if (gdev->reset.gone || !gdev->reset.offline)
		return gdev->reset.gone ? -ENODEV : 0;
	gdev->reset.offline = false;
	atomic_inc(&gdev->reset.count);
	trace_groq_reset(gdev, GROQ_TRACE_ONLINE, U32_MAX);
	pci_set_master(to_pci_dev(gdev->drm.dev));
	ret = groq_hw_reset(&gdev->hw);
	if (!ret) {
		groq_event_raise(gdev, DRM_GROQ_EVENT_RESET);
		ret = groq_reset_start_all(gdev);
	}
	if (ret) {
		drm_err(&gdev->drm, "the card did not come back from its reset (%d)\n", ret);
		groq_coredump_take(gdev, GROQ_COREDUMP_LOST, NULL);
		groq_reset_lose_locked(gdev);
	}
	return ret;
}

int groq_reset_init(struct groq_device *gdev)
{
	struct groq_reset *reset = &gdev->reset;
	int ret;

	INIT_WORK(&reset->work, groq_reset_work);
	INIT_DELAYED_WORK(&reset->watchdog, groq_reset_watchdog_work);
	ret = drmm_mutex_init(&gdev->drm, &reset->lock);
	if (ret)
		return ret;
	reset->wq = alloc_workqueue("groq-%s", WQ_UNBOUND | WQ_MEM_RECLAIM, 0,
				    dev_name(gdev->drm.dev));
	return reset->wq ? 0 : -ENOMEM;
}

/*
 * On removal: ends all work; what the chip completed before counts as done. No
 * recovery is under way, or comes, when it returns.
 */
void groq_reset_stop(struct groq_device *gdev)
{
	struct groq_queue *queue;
	unsigned long i;

	scoped_guard(mutex, &gdev->reset.lock) {
		if (!gdev->reset.gone)
			groq_reset_silence(gdev);
		xa_for_each(&gdev->queues, i, queue)
			groq_queue_collect(queue);
		groq_reset_lose_locked(gdev);
	}
	cancel_work_sync(&gdev->reset.work);
	cancel_delayed_work_sync(&gdev->reset.watchdog);
}

void groq_reset_fini(struct groq_device *gdev)
{
	destroy_workqueue(gdev->reset.wq);
}
