/* SPDX-License-Identifier: GPL-2.0-only */
/* Making jobs of what user space asks for; and the ioctl that does. */
#ifndef GROQ_SUBMIT_H
#define GROQ_SUBMIT_H

struct drm_device;
struct drm_file;
struct drm_groq_command;
struct drm_groq_submit;
struct groq_job;
struct groq_queue;
struct iov_iter;

struct groq_job *groq_submit_read(struct groq_queue *queue, struct drm_file *file,
				  const struct drm_groq_submit *args);
int groq_submit_build(struct groq_job *job, struct drm_file *file,
		      const struct drm_groq_submit *args);
struct groq_job *groq_submit_build_copy(struct groq_queue *queue, struct drm_file *file,
					const struct drm_groq_command *request,
					struct iov_iter *memory);
int groq_submit_push(struct groq_job *job);

int groq_submit_ioctl(struct drm_device *drm, void *data, struct drm_file *file);

#endif /* GROQ_SUBMIT_H */
