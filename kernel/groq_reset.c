// SPDX-License-Identifier: GPL-2.0-only
/*
 * Recovery, in steps of growing force: the queue is disabled and set up again;
 * the chip is reset; the function is reset; the card is given up. Every command
 * that is lost on the way is told how: the one that hung as a timeout, those
 * that were in the rings with it as lost in a reset. Those that still waited
 * outside of the rings just go on.
 */

#include <linux/iopoll.h>
#include <linux/kobject.h>
#include <linux/pci.h>
#include <linux/timekeeping.h>

#include <drm/drm_drv.h>
#include <drm/drm_file.h>
#include <drm/drm_managed.h>
#include <drm/drm_print.h>

#include "groq_drv.h"
#include "groq_event.h"
#include "groq_irq.h"
#include "groq_queue.h"
#include "groq_reset.h"
#include "groq_trace.h"
#include "groq_watchdog.h"

#define GROQ_RESET_CLOCK_SLACK	(2 * NSEC_PER_SEC)
#define GROQ_RESET_DRAIN_US	1000000
#define GROQ_RESET_DRAIN_POLL_US	500

/*
 * For udev: the card was in trouble, and this would help now (none: it is out
 * of it). drm_dev_wedged_event() knows no nodes but primary ones.
 */
static void groq_reset_teller(struct work_struct *work)
{
	struct groq_device *gdev = container_of(work, struct groq_device, reset.teller);
	char *environment[2] = {};
	int idx;

	scoped_guard(mutex, &gdev->reset.lock)
		environment[0] = gdev->reset.wedged;
	if (!drm_dev_enter(&gdev->drm, &idx))
		return;
	kobject_uevent_env(&gdev->drm.accel->kdev->kobj, KOBJ_CHANGE, environment);
	drm_dev_exit(idx);
}

/* Later, as that allocates, and reset.lock is in the way of fences. The last word counts. */
static void groq_reset_tell_udev(struct groq_device *gdev, char *wedged)
{
	lockdep_assert_held(&gdev->reset.lock);
	gdev->reset.wedged = wedged;
	schedule_work(&gdev->reset.teller);
}

/* @why: for the log; NULL: as it was asked for. */
void groq_reset_lose_locked(struct groq_device *gdev, const char *why)
{
	struct groq_queue *queue;
	unsigned long i;

	lockdep_assert_held(&gdev->reset.lock);
	if (gdev->reset.gone)
		return;
	if (why) {
		drm_err(&gdev->drm, "the card %s\n", why);
		groq_coredump_take(gdev, GROQ_COREDUMP_LOST, NULL);
	}
	gdev->reset.gone = true;
	trace_groq_reset(gdev, GROQ_TRACE_LOST, U32_MAX);
	/* Whatever the chip still does, it does not reach memory any more. */
	pci_clear_master(to_pci_dev(gdev->drm.dev));
	xa_for_each(&gdev->queues, i, queue)
		groq_queue_kill(queue, DRM_GROQ_STATUS_LOST, -ENODEV);
	groq_event_raise(gdev, DRM_GROQ_EVENT_LOST);
	if (why)
		groq_reset_tell_udev(gdev, groq_hw_present(&gdev->hw) ? "WEDGED=bus-reset" :
									"WEDGED=unknown");
}

/* The card is gone, or as good as gone: all work ends. */
void groq_reset_lose(struct groq_device *gdev, const char *why)
{
	guard(mutex)(&gdev->reset.lock);
	groq_reset_lose_locked(gdev, why);
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

static void groq_reset_note_time(struct groq_device *gdev)
{
	gdev->reset.chip_time = groq_hw_time(&gdev->hw);
	gdev->reset.boot_time = ktime_get_boottime_ns();
}

/*
 * Whether the chip was without power since its time was noted: it then has less
 * to show for itself than the time that has gone by. Clocks differ a little.
 */
static bool groq_reset_lost_power(struct groq_device *gdev)
{
	u64 elapsed = ktime_get_boottime_ns() - gdev->reset.boot_time;
	u64 least = gdev->reset.chip_time + elapsed - elapsed / 8;

	return groq_hw_time(&gdev->hw) + GROQ_RESET_CLOCK_SLACK < least;
}

/* What is in SRAM when the card comes online is not what was there before. */
void groq_reset_forget_power(struct groq_device *gdev)
{
	guard(mutex)(&gdev->reset.lock);
	gdev->reset.chip_time = S64_MAX;
}

/* What contexts had in SRAM is no more, so they must not go on as if it were. */
static void groq_reset_end_contexts(struct groq_device *gdev)
{
	struct groq_context *context;
	struct groq_queue *queue;
	unsigned long i;

	drm_warn(&gdev->drm, "the card was without power, its contexts end\n");
	scoped_guard(mutex, &gdev->contexts.lock)
		list_for_each_entry(context, &gdev->contexts.list, link)
			context->lost = true;
	xa_for_each(&gdev->queues, i, queue)
		if (queue->context)
			groq_queue_kill(queue, DRM_GROQ_STATUS_LOST, -ENODEV);
}

static int groq_reset_start_all(struct groq_device *gdev)
{
	struct groq_queue *queue;
	unsigned long i;
	int ret;

	xa_for_each(&gdev->queues, i, queue) {
		ret = groq_queue_start(queue);
		if (ret)
			return ret;
	}
	groq_link_restore(gdev);
	groq_irq_enable(gdev);
	groq_link_notice(gdev);
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

/* Resets the chip, with force if need be, and sets the queues going again. */
static int groq_reset_restart(struct groq_device *gdev, struct groq_queue *guilty)
{
	int ret = groq_hw_reset(&gdev->hw);

	if (ret == -ETIMEDOUT)
		ret = groq_reset_function(gdev);
	if (ret)
		return ret;
	if (guilty) {
		groq_queue_collect(guilty);
		groq_queue_fail_head(guilty, DRM_GROQ_STATUS_TIMEOUT);
	}
	groq_reset_fail_all(gdev);
	if (groq_reset_lost_power(gdev))
		groq_reset_end_contexts(gdev);
	groq_reset_note_time(gdev);
	ret = groq_reset_start_all(gdev);
	if (ret)
		return ret;
	/* What the kernel restores after the next reset from outside. */
	return pci_save_state(to_pci_dev(gdev->drm.dev));
}

/* As groq_reset_restart(), or the card is given up. */
static int groq_reset_revive(struct groq_device *gdev, struct groq_queue *guilty)
{
	int ret = groq_reset_restart(gdev, guilty);

	if (ret == -ENODEV)
		groq_reset_lose_locked(gdev, "does not answer any more");
	else if (ret)
		groq_reset_lose_locked(gdev, "does not recover: remove and rescan it");
	return ret;
}

/* Work in the rings was lost, but the card goes on. */
static void groq_reset_tell(struct groq_device *gdev)
{
	atomic_inc(&gdev->reset.count);
	groq_event_raise(gdev, DRM_GROQ_EVENT_RESET);
	groq_reset_tell_udev(gdev, "WEDGED=none");
}

/* @guilty: the queue whose command in work hung, or NULL. */
void groq_reset_chip(struct groq_device *gdev, struct groq_queue *guilty)
{
	lockdep_assert_held(&gdev->reset.lock);
	drm_warn(&gdev->drm, "resetting the chip\n");
	trace_groq_reset(gdev, GROQ_TRACE_CHIP, guilty ? guilty->index : U32_MAX);
	groq_reset_halt_all(gdev);
	if (!groq_reset_revive(gdev, guilty))
		groq_reset_tell(gdev);
}

/*
 * Makes the chip let go of a halted queue's memory. It does not return before
 * that is certain. False: that took a reset, after which all queues go on.
 */
static bool groq_reset_disable(struct groq_device *gdev, struct groq_queue *queue,
			       struct groq_queue *guilty)
{
	lockdep_assert_held(&gdev->reset.lock);
	if (!groq_hw_queue_disable(&gdev->hw, queue->index))
		return true;
	drm_warn(&gdev->drm, "queue %u does not stop\n", queue->index);
	groq_coredump_take(gdev, GROQ_COREDUMP_NO_STOP, queue);
	groq_reset_chip(gdev, guilty);
	return false;
}

/* Of a queue that is given up: if need be, the card cannot reach memory any more. */
void groq_reset_quiesce(struct groq_device *gdev, struct groq_queue *queue)
{
	if (!gdev->reset.gone && !gdev->reset.offline)
		groq_reset_disable(gdev, queue, NULL);
}

/*
 * Sets one queue up again. If @hung is the cookie of the command in work that
 * one ends with @status; if the chip was quicker, another may be lost to it.
 */
void groq_reset_queue(struct groq_device *gdev, struct groq_queue *queue, u64 hung,
		      enum drm_groq_status status)
{
	lockdep_assert_held(&gdev->reset.lock);
	trace_groq_reset(gdev, GROQ_TRACE_QUEUE, queue->index);
	groq_queue_halt(queue);
	if (!groq_reset_disable(gdev, queue, queue))
		return;
	groq_queue_collect(queue);
	if (groq_queue_in_work(queue) != hung)
		status = DRM_GROQ_STATUS_RESET;
	groq_queue_fail_head(queue, status);
	if (groq_queue_start(queue))
		groq_reset_chip(gdev, NULL);
}

/* Sets a queue up again which the chip has no command of, so that none is lost. */
void groq_reset_held_queue(struct groq_device *gdev, struct groq_queue *queue)
{
	if (groq_reset_disable(gdev, queue, NULL) && groq_queue_start(queue))
		groq_reset_chip(gdev, NULL);
}

/*
 * No work reaches the chip from now on, and the chip reaches no memory: unless
 * it does not answer, then only a reset from outside makes that certain.
 */
static int groq_reset_silence(struct groq_device *gdev)
{
	int ret;

	trace_groq_reset(gdev, GROQ_TRACE_OFFLINE, U32_MAX);
	groq_reset_halt_all(gdev);
	ret = groq_hw_present(&gdev->hw) ? groq_hw_reset(&gdev->hw) : -ENODEV;
	if (ret == -ETIMEDOUT)
		drm_warn(&gdev->drm, "the chip does not come out of reset\n");
	pci_clear_master(to_pci_dev(gdev->drm.dev));
	return ret;
}

/* Somebody else is about to reset the card: work in the rings is lost. */
void groq_reset_offline(struct groq_device *gdev)
{
	guard(mutex)(&gdev->reset.lock);
	if (gdev->reset.gone || gdev->reset.offline)
		return;
	if (groq_hw_present(&gdev->hw))
		groq_reset_note_time(gdev);
	if (!groq_reset_silence(gdev))
		groq_reset_fail_all(gdev);
	gdev->reset.offline = true;
	groq_link_notice(gdev);
}

static int groq_reset_return(struct groq_device *gdev)
{
	gdev->reset.offline = false;
	groq_watchdog_welcome(gdev);
	trace_groq_reset(gdev, GROQ_TRACE_ONLINE, U32_MAX);
	pci_set_master(to_pci_dev(gdev->drm.dev));
	return groq_reset_revive(gdev, NULL);
}

/* The card is back, in whatever state. */
void groq_reset_online(struct groq_device *gdev)
{
	guard(mutex)(&gdev->reset.lock);
	if (gdev->reset.offline && !gdev->reset.gone && !groq_reset_return(gdev))
		groq_reset_tell(gdev);
}

static bool groq_reset_is_idle(struct groq_device *gdev)
{
	struct groq_queue *queue;
	unsigned long i;

	xa_for_each(&gdev->queues, i, queue) {
		groq_queue_collect(queue);
		if (groq_queue_in_work(queue))
			return false;
	}
	return true;
}

/* Lets the chip finish what it has, for a while, and gives it nothing else. */
void groq_reset_drain(struct groq_device *gdev)
{
	bool idle;

	guard(mutex)(&gdev->reset.lock);
	if (gdev->reset.gone || gdev->reset.offline)
		return;
	groq_reset_halt_all(gdev);
	read_poll_timeout(groq_reset_is_idle, idle, idle, GROQ_RESET_DRAIN_POLL_US,
			  GROQ_RESET_DRAIN_US, false, gdev);
}

/* While nobody uses the card. -EBUSY: somebody does. */
int groq_reset_sleep(struct groq_device *gdev)
{
	guard(mutex)(&gdev->reset.lock);
	if (gdev->reset.gone || gdev->reset.offline || !groq_reset_is_idle(gdev))
		return -EBUSY;
	groq_reset_note_time(gdev);
	if (groq_reset_silence(gdev)) {
		groq_reset_return(gdev);
		return -EBUSY;
	}
	groq_link_silence(gdev);
	gdev->reset.offline = true;
	groq_link_notice(gdev);
	return 0;
}

/* As groq_reset_online(), but nothing was lost. */
void groq_reset_wake(struct groq_device *gdev)
{
	guard(mutex)(&gdev->reset.lock);
	if (gdev->reset.offline && !gdev->reset.gone)
		groq_reset_return(gdev);
}

int groq_reset_init(struct groq_device *gdev)
{
	struct groq_reset *reset = &gdev->reset;
	int ret;

	ret = drmm_mutex_init(&gdev->drm, &reset->lock);
	if (ret)
		return ret;
	INIT_WORK(&reset->teller, groq_reset_teller);
	groq_reset_note_time(gdev);
	reset->wq = alloc_workqueue("groq-%s", WQ_UNBOUND | WQ_MEM_RECLAIM, 0,
				    dev_name(gdev->drm.dev));
	return reset->wq ? 0 : -ENOMEM;
}

/* On removal: ends all work; what the chip completed before counts as done. */
void groq_reset_stop(struct groq_device *gdev)
{
	struct groq_queue *queue;
	unsigned long i;

	guard(mutex)(&gdev->reset.lock);
	if (!gdev->reset.gone)
		groq_reset_silence(gdev);
	xa_for_each(&gdev->queues, i, queue)
		groq_queue_collect(queue);
	groq_reset_lose_locked(gdev, NULL);
}

void groq_reset_fini(struct groq_device *gdev)
{
	destroy_workqueue(gdev->reset.wq);
	cancel_work_sync(&gdev->reset.teller);
}
