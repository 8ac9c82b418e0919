/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sleep. The card alone sleeps when the administrator allows it (power/control)
 * and nobody has a context; with the system it always does.
 */
#ifndef GROQ_POWER_H
#define GROQ_POWER_H

#include <linux/pm.h>
#include <linux/types.h>

struct groq_device;

extern const struct dev_pm_ops groq_power_ops;

void groq_power_init(struct groq_device *gdev);
void groq_power_fini(struct groq_device *gdev);

/* Between these the card is awake. Not with gdev->reset.lock held. */
int groq_power_get(struct groq_device *gdev);
bool groq_power_get_if_awake(struct groq_device *gdev);
void groq_power_put(struct groq_device *gdev);

#endif /* GROQ_POWER_H */
