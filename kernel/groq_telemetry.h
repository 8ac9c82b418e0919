/* SPDX-License-Identifier: GPL-2.0-only */
/* Sensors, for hwmon; and what each client uses, for fdinfo. */
#ifndef GROQ_TELEMETRY_H
#define GROQ_TELEMETRY_H

#include <linux/workqueue.h>

struct device;
struct drm_file;
struct drm_printer;
struct groq_device;

/* Who polls the alarms of a card. */
struct groq_alarms {
	struct device *hwmon;		/* NULL: not yet, or a kernel without */
	struct work_struct work;
};

void groq_telemetry_alarm(struct groq_device *gdev);
int groq_telemetry_init(struct groq_device *gdev);
void groq_telemetry_show_fdinfo(struct drm_printer *p, struct drm_file *file);

#endif /* GROQ_TELEMETRY_H */
