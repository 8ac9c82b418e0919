/* SPDX-License-Identifier: GPL-2.0-only */
/* Events of the card, for whoever waits for them; see struct drm_groq_uring_wait. */
#ifndef GROQ_EVENT_H
#define GROQ_EVENT_H

#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/types.h>

struct drm_file;
struct groq_device;

#define GROQ_EVENT_KINDS	4	/* bits of DRM_GROQ_EVENT_ALL */

struct groq_events {
	spinlock_t lock;	/* protects what follows; taken in any context */
	struct list_head waiters;
	u64 number;		/* of the last event; the first is 1 */
	u64 last[GROQ_EVENT_KINDS];	/* number of the last one of each kind */
	bool lost;		/* no other event follows */
};

/* Filled in by who waits, and the events' until it is woken. */
struct groq_waiter {
	struct list_head link;		/* of groq_events.waiters, under its lock */
	struct drm_file *file;
	u64 tag;
	u64 after;			/* waits for events with higher numbers */
	u32 events;
	/*
	 * Called once, with groq_events.lock held. @result: mask of events, or an
	 * error. @number: of the last event.
	 */
	void (*wake)(struct groq_waiter *waiter, int result, u64 number);
	void *owner;
};

void groq_event_init(struct groq_device *gdev);
/* @event: one of DRM_GROQ_EVENT_*. From any context. */
void groq_event_raise(struct groq_device *gdev, u32 event);
void groq_event_wait(struct groq_device *gdev, struct groq_waiter *waiter);
void groq_event_cancel(struct groq_device *gdev, struct groq_waiter *waiter);
u32 groq_event_cancel_tag(struct groq_device *gdev, struct drm_file *file, u64 tag);

#endif /* GROQ_EVENT_H */
