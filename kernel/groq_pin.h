/* SPDX-License-Identifier: GPL-2.0-only */
/* Buffers of memory that a process already has. */
#ifndef GROQ_PIN_H
#define GROQ_PIN_H

struct drm_device;
struct drm_file;

int groq_pin_ioctl(struct drm_device *drm, void *data, struct drm_file *file);

#endif /* GROQ_PIN_H */
