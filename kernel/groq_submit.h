/* SPDX-License-Identifier: GPL-2.0-only */
/* The ioctl door for work. */
#ifndef GROQ_SUBMIT_H
#define GROQ_SUBMIT_H

struct drm_device;
struct drm_file;

int groq_submit_ioctl(struct drm_device *drm, void *data, struct drm_file *file);

#endif /* GROQ_SUBMIT_H */
