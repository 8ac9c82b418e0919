// SPDX-License-Identifier: GPL-2.0-only
/*
 * The card's registers are read between groq_device_enter() and _exit(), and these
 * are left to sleep: so a test is not in the way of a card that is removed.
 */

#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/sched/signal.h>

#include <drm/drm_managed.h>

#include <hw/groq_regs.h>

#include "groq_drv.h"
#include "groq_link.h"
#include "groq_measure.h"
#include "groq_power.h"

/* At 100 Gb/s the longest test takes 11 s; it may have to wait for another one. */
#define GROQ_MEASURE_MS		60000
#define GROQ_MEASURE_POLL_MS	1
#define GROQ_MEASURE_LOG2_MAX	40

/* What a test is seen to do. */
struct groq_measure_view {
	u32 status;
	struct groq_hw_link link;
};

typedef void groq_measure_start_fn(const struct groq_hw *hw, unsigned int n, u32 value);

static int groq_measure_look_inside(struct groq_device *gdev, u32 n,
				    struct groq_measure_view *view)
{
	if (READ_ONCE(gdev->reset.offline))
		return -ENOLINK;
	view->status = groq_hw_link_test_status(&gdev->hw, n);
	groq_hw_link_read(&gdev->hw, n, &view->link);
	if (groq_hw_present(&gdev->hw))
		return 0;
	return READ_ONCE(gdev->reset.offline) ? -ENOLINK : -ENODEV;
}

static int groq_measure_look(struct groq_device *gdev, u32 n, struct groq_measure_view *view)
{
	int idx, ret;

	if (!groq_device_enter(&gdev->drm, &idx))
		return -ENODEV;
	ret = groq_measure_look_inside(gdev, n, view);
	groq_device_exit(idx);
	return ret;
}

/* Until no test of the link is under way. */
static int groq_measure_wait(struct groq_device *gdev, u32 n, unsigned long deadline,
			     struct groq_measure_view *view)
{
	for (;;) {
		int ret = groq_measure_look(gdev, n, view);

		if (ret || view->status != GROQ_LINK_TEST_BUSY)
			return ret;
		if (time_after(jiffies, deadline))
			return -ETIMEDOUT;
		if (signal_pending(current))
			return -ERESTARTSYS;
		msleep_interruptible(GROQ_MEASURE_POLL_MS);
	}
}

static int groq_measure_start(struct groq_device *gdev, u32 n, groq_measure_start_fn *start,
			      u32 value)
{
	int idx, ret = -ENOLINK;

	if (!groq_device_enter(&gdev->drm, &idx))
		return -ENODEV;
	scoped_guard(mutex, &gdev->reset.lock)
		if (!gdev->reset.gone && !gdev->reset.offline) {
			start(&gdev->hw, n, value);
			ret = 0;
		}
	groq_device_exit(idx);
	return ret;
}

/* Of a test that has ended. A chip that was reset knows of none. */
static int groq_measure_judge(const struct groq_hw_link *before,
			      const struct groq_measure_view *after)
{
	if (after->status == GROQ_LINK_TEST_DONE)
		return 0;
	if (after->status == GROQ_LINK_TEST_FAILED && groq_link_is_up(&after->link) &&
	    !groq_link_has_changed(before, &after->link))
		return -EBUSY;
	return -ENOLINK;
}

static int groq_measure_run(struct groq_device *gdev, u32 n, groq_measure_start_fn *start,
			    u32 value)
{
	unsigned long deadline = jiffies + msecs_to_jiffies(GROQ_MEASURE_MS);
	struct groq_measure_view before, after;
	int ret;

	lockdep_assert_held(&gdev->measure.lock);
	/* One may be under way whose caller was interrupted. */
	ret = groq_measure_wait(gdev, n, deadline, &before);
	if (!ret)
		ret = groq_measure_start(gdev, n, start, value);
	if (!ret)
		ret = groq_measure_wait(gdev, n, deadline, &after);
	return ret ? ret : groq_measure_judge(&before.link, &after);
}

/* With the card awake, and for this caller. */
static int groq_measure_begin(struct groq_device *gdev)
{
	int idx, ret;

	if (!groq_hw_has_links(&gdev->hw))
		return -EOPNOTSUPP;
	if (mutex_lock_interruptible(&gdev->measure.lock))
		return -ERESTARTSYS;
	ret = -ENODEV;
	if (groq_device_enter(&gdev->drm, &idx)) {
		ret = groq_power_get(gdev);
		groq_device_exit(idx);
	}
	if (ret)
		mutex_unlock(&gdev->measure.lock);
	return ret;
}

static void groq_measure_end(struct groq_device *gdev)
{
	groq_power_put(gdev);
	mutex_unlock(&gdev->measure.lock);
}

static int groq_measure_take_rounds(struct groq_device *gdev, u32 n,
				    struct groq_hw_rounds *rounds)
{
	int idx, ret;

	if (!groq_device_enter(&gdev->drm, &idx))
		return -ENODEV;
	groq_hw_link_rounds(&gdev->hw, n, rounds);
	ret = groq_hw_present(&gdev->hw) ? 0 : -ENODEV;
	groq_device_exit(idx);
	return ret;
}

int groq_measure_align(struct groq_device *gdev, u32 n, u32 align,
		       struct groq_hw_rounds *rounds)
{
	int ret = groq_measure_begin(gdev);

	if (ret)
		return ret;
	ret = groq_measure_run(gdev, n, groq_hw_link_start_align, align);
	if (!ret)
		ret = groq_measure_take_rounds(gdev, n, rounds);
	groq_measure_end(gdev);
	return ret;
}

static int groq_measure_take_errors(struct groq_device *gdev, u32 n, u64 *errors)
{
	int idx, ret;

	if (!groq_device_enter(&gdev->drm, &idx))
		return -ENODEV;
	*errors = groq_hw_link_prbs_errors(&gdev->hw, n);
	ret = groq_hw_present(&gdev->hw) ? 0 : -ENODEV;
	groq_device_exit(idx);
	return ret;
}

int groq_measure_prbs(struct groq_device *gdev, u32 n, u32 log2_bits)
{
	struct groq_link_prbs prbs = { .bits = 1ULL << min(log2_bits, GROQ_MEASURE_LOG2_MAX) };
	int ret;

	if (log2_bits > GROQ_MEASURE_LOG2_MAX)
		return -EINVAL;
	ret = groq_measure_begin(gdev);
	if (ret)
		return ret;
	ret = groq_measure_run(gdev, n, groq_hw_link_start_prbs, log2_bits);
	if (!ret)
		ret = groq_measure_take_errors(gdev, n, &prbs.errors);
	groq_measure_end(gdev);
	if (ret)
		return ret;
	guard(mutex)(&gdev->links.lock);
	gdev->links.prbs[n] = prbs;
	return 0;
}

int groq_measure_init(struct groq_device *gdev)
{
	return drmm_mutex_init(&gdev->drm, &gdev->measure.lock);
}
