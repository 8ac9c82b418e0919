// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events are numbered, and of each kind only the last number is kept: that is
 * all it takes to tell anybody what has come since an event that it knows.
 */

#include <linux/bitops.h>

#include <uapi/drm/groq_accel.h>

#include "groq_drv.h"
#include "groq_event.h"

static_assert(BIT(GROQ_EVENT_KINDS) - 1 == DRM_GROQ_EVENT_ALL);

/* Those that have come after number @after. A lost card is never old news. */
static u32 groq_event_since(const struct groq_events *events, u64 after)
{
	u32 kind, mask = events->lost ? DRM_GROQ_EVENT_LOST : 0;

	for (kind = 0; kind < GROQ_EVENT_KINDS; kind++)
		if (events->last[kind] > after)
			mask |= BIT(kind);
	return mask;
}

/* What the waiter is to be told now; 0: nothing yet. */
static int groq_event_result(const struct groq_events *events,
			     const struct groq_waiter *waiter)
{
	u32 mask = groq_event_since(events, waiter->after) & waiter->events;

	if (!mask && events->lost)
		return -ENODEV;
	return mask;
}

static void groq_event_wake_locked(struct groq_events *events, struct groq_waiter *waiter,
				   int result)
{
	lockdep_assert_held(&events->lock);
	list_del_init(&waiter->link);
	waiter->wake(waiter, result, events->number);
}

static void groq_event_note_locked(struct groq_events *events, u32 event)
{
	events->number++;
	events->last[__ffs(event)] = events->number;
	events->lost = event == DRM_GROQ_EVENT_LOST;
}

void groq_event_raise(struct groq_device *gdev, u32 event)
{
	struct groq_events *events = &gdev->events;
	struct groq_waiter *waiter, *next;
	unsigned long flags;
	int result;

	spin_lock_irqsave(&events->lock, flags);
	if (!events->lost)
		groq_event_note_locked(events, event);
	list_for_each_entry_safe(waiter, next, &events->waiters, link) {
		result = groq_event_result(events, waiter);
		if (result)
			groq_event_wake_locked(events, waiter, result);
	}
	spin_unlock_irqrestore(&events->lock, flags);
}

/* The waiter may be woken, and gone, before this returns. */
void groq_event_wait(struct groq_device *gdev, struct groq_waiter *waiter)
{
	struct groq_events *events = &gdev->events;
	unsigned long flags;
	int result;

	spin_lock_irqsave(&events->lock, flags);
	if (waiter->after == U64_MAX)
		waiter->after = events->number;
	list_add_tail(&waiter->link, &events->waiters);
	result = groq_event_result(events, waiter);
	if (result)
		groq_event_wake_locked(events, waiter, result);
	spin_unlock_irqrestore(&events->lock, flags);
}

/* Wakes a waiter that has not been, if it waits at all. */
void groq_event_cancel(struct groq_device *gdev, struct groq_waiter *waiter)
{
	struct groq_events *events = &gdev->events;
	unsigned long flags;

	spin_lock_irqsave(&events->lock, flags);
	if (!list_empty(&waiter->link))
		groq_event_wake_locked(events, waiter, -ECANCELED);
	spin_unlock_irqrestore(&events->lock, flags);
}

/* Returns how many were woken. */
u32 groq_event_cancel_tag(struct groq_device *gdev, struct drm_file *file, u64 tag)
{
	struct groq_events *events = &gdev->events;
	struct groq_waiter *waiter, *next;
	unsigned long flags;
	u32 count = 0;

	spin_lock_irqsave(&events->lock, flags);
	list_for_each_entry_safe(waiter, next, &events->waiters, link) {
		if (waiter->file != file || waiter->tag != tag)
			continue;
		groq_event_wake_locked(events, waiter, -ECANCELED);
		count++;
	}
	spin_unlock_irqrestore(&events->lock, flags);
	return count;
}

void groq_event_init(struct groq_device *gdev)
{
	spin_lock_init(&gdev->events.lock);
	INIT_LIST_HEAD(&gdev->events.waiters);
}
