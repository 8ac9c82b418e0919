// SPDX-License-Identifier: GPL-2.0-only
/*
 * Both kinds of sleep leave the chip in reset, its queues to be set up again.
 * SRAM is the chip's matter: it lasts as long as the power does, and if it did
 * not last, groq_reset.c tells the contexts.
 */

#include <linux/pci.h>
#include <linux/pm_runtime.h>

#include "groq_drv.h"
#include "groq_power.h"
#include "groq_reset.h"

/* Looking at the sensors now and then should not end a sleep each time. */
#define GROQ_POWER_DELAY_MS	5000

static int groq_power_suspend(struct device *dev)
{
	struct groq_device *gdev = dev_get_drvdata(dev);

	groq_reset_drain(gdev);
	groq_reset_offline(gdev);
	return 0;
}

/* A card that does not come back is lost; the system comes back all the same. */
static int groq_power_resume(struct device *dev)
{
	groq_reset_online(dev_get_drvdata(dev));
	return 0;
}

/* From a hibernation, through which no power lasts, whatever clocks say. */
static int groq_power_restore(struct device *dev)
{
	groq_reset_forget_power(dev_get_drvdata(dev));
	return groq_power_resume(dev);
}

static int groq_power_runtime_suspend(struct device *dev)
{
	struct groq_device *gdev = dev_get_drvdata(dev);

	groq_link_part(gdev);
	return groq_reset_sleep(gdev);
}

static int groq_power_runtime_resume(struct device *dev)
{
	groq_reset_wake(dev_get_drvdata(dev));
	return 0;
}

const struct dev_pm_ops groq_power_ops = {
	.suspend = pm_sleep_ptr(groq_power_suspend),
	.resume = pm_sleep_ptr(groq_power_resume),
	.freeze = pm_sleep_ptr(groq_power_suspend),
	.thaw = pm_sleep_ptr(groq_power_resume),
	.poweroff = pm_sleep_ptr(groq_power_suspend),
	.restore = pm_sleep_ptr(groq_power_restore),
	RUNTIME_PM_OPS(groq_power_runtime_suspend, groq_power_runtime_resume, NULL)
};

int groq_power_get(struct groq_device *gdev)
{
	return pm_runtime_resume_and_get(gdev->drm.dev);
}

/* Without waking it: false if it sleeps. */
bool groq_power_get_if_awake(struct groq_device *gdev)
{
	int ret = pm_runtime_get_if_active(gdev->drm.dev);

	if (ret < 0)	/* it never sleeps */
		pm_runtime_get_noresume(gdev->drm.dev);
	return ret;
}

void groq_power_put(struct groq_device *gdev)
{
	pm_runtime_mark_last_busy(gdev->drm.dev);
	pm_runtime_put_autosuspend(gdev->drm.dev);
}

/* Gives up the reference with which the PCI core keeps the card awake in probe. */
void groq_power_init(struct groq_device *gdev)
{
	pm_runtime_set_autosuspend_delay(gdev->drm.dev, GROQ_POWER_DELAY_MS);
	pm_runtime_use_autosuspend(gdev->drm.dev);
	groq_power_put(gdev);
}

void groq_power_fini(struct groq_device *gdev)
{
	pm_runtime_get_noresume(gdev->drm.dev);
	pm_runtime_dont_use_autosuspend(gdev->drm.dev);
}
