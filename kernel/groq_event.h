/* SPDX-License-Identifier: GPL-2.0-only */
/* Events of the card, for whoever waits for them; see struct drm_groq_uring_wait. */
#ifndef GROQ_EVENT_H
#define GROQ_EVENT_H

#include <linux/types.h>

struct groq_device;

/* @event: one of DRM_GROQ_EVENT_*. From any context. */
void groq_event_raise(struct groq_device *gdev, u32 event);

#endif /* GROQ_EVENT_H */
