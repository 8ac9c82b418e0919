/* SPDX-License-Identifier: GPL-2.0-only */
/* The ioctls but those that make buffers and submit work. */
#ifndef GROQ_IOCTL_H
#define GROQ_IOCTL_H

struct drm_device;
struct drm_file;

int groq_ioctl_get_param(struct drm_device *drm, void *data, struct drm_file *file);
int groq_ioctl_context_create(struct drm_device *drm, void *data, struct drm_file *file);
int groq_ioctl_context_destroy(struct drm_device *drm, void *data, struct drm_file *file);
int groq_ioctl_context_query(struct drm_device *drm, void *data, struct drm_file *file);
int groq_ioctl_sram_reserve(struct drm_device *drm, void *data, struct drm_file *file);
int groq_ioctl_sram_release(struct drm_device *drm, void *data, struct drm_file *file);
int groq_ioctl_queue_create(struct drm_device *drm, void *data, struct drm_file *file);
int groq_ioctl_queue_destroy(struct drm_device *drm, void *data, struct drm_file *file);
int groq_ioctl_topology(struct drm_device *drm, void *data, struct drm_file *file);
int groq_ioctl_link_align(struct drm_device *drm, void *data, struct drm_file *file);
int groq_ioctl_cancel(struct drm_device *drm, void *data, struct drm_file *file);

#endif /* GROQ_IOCTL_H */
