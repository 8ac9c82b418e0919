/* SPDX-License-Identifier: GPL-2.0-only */
/* Sensors, for hwmon; and what each client uses, for fdinfo. */
#ifndef GROQ_TELEMETRY_H
#define GROQ_TELEMETRY_H

struct drm_file;
struct drm_printer;
struct groq_device;

int groq_telemetry_init(struct groq_device *gdev);
void groq_telemetry_show_fdinfo(struct drm_printer *p, struct drm_file *file);

#endif /* GROQ_TELEMETRY_H */
