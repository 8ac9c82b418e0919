/* SPDX-License-Identifier: GPL-2.0-only */
/* Buffers shared with other drivers, as dma-bufs. */
#ifndef GROQ_PRIME_H
#define GROQ_PRIME_H

struct dma_buf;
struct drm_device;
struct drm_gem_object;

struct dma_buf *groq_prime_export(struct drm_gem_object *obj, int flags);
struct drm_gem_object *groq_prime_import(struct drm_device *drm, struct dma_buf *dmabuf);

#endif /* GROQ_PRIME_H */
