/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The device: one card. Its parts, each with a file of its own.
 *
 * Locks, outermost first:
 *   groq_measure.lock   a test of a link, for as long as it takes
 *   groq_context.lock   what a context owns
 *   groq_device.detach  queues that give up their hardware
 *   groq_reset.lock     the set-up of the hardware
 *   groq_context.windows_lock
 *   groq_queue.order    jobs are ended with it
 *   dma_fence.lock      (of foreign fences, too, whose callbacks come in here)
 *   groq_queue.lock     rings and jobs; taken by the interrupt
 * groq_links.lock is held to look at the links and to tell of them; of the others it
 * takes groq_events.lock alone, and is taken inside none but groq_measure.lock.
 * groq_mappings.removal is outside of the locks of dma-bufs and their exporters.
 * groq_contexts.lock, groq_sram.lock, groq_mappings.lock and groq_events.lock are leaves.
 *
 * Fences are signalled with groq_queue.order alone, which no push takes.
 */
#ifndef GROQ_DRV_H
#define GROQ_DRV_H

#include <drm/drm_device.h>

#include "groq_context.h"
#include "groq_coredump.h"
#include "groq_event.h"
#include "groq_hw.h"
#include "groq_link.h"
#include "groq_mapping.h"
#include "groq_measure.h"
#include "groq_queue.h"
#include "groq_reset.h"
#include "groq_sram.h"
#include "groq_telemetry.h"
#include "groq_watchdog.h"

struct groq_device {
	struct drm_device drm;
	struct groq_hw hw;
	unsigned int irq_count;
	struct groq_mappings mappings;
	struct groq_contexts contexts;
	struct xarray queues;		/* by hardware index; under reset.lock */
	struct mutex detach;		/* held until a queue has given up all it has */
	atomic_t queues_used;
	struct groq_reset reset;
	struct groq_watchdog watchdog;
	struct groq_coredumps coredumps;
	struct groq_alarms alarms;
	struct groq_links links;
	struct groq_measure measure;
	struct groq_events events;
	struct groq_sram sram;
	struct groq_windows scrubber_windows;
	struct groq_queue *scrubber;	/* the driver's own queue, zeroes SRAM */
};

static inline struct groq_device *to_groq_device(struct drm_device *drm)
{
	return container_of(drm, struct groq_device, drm);
}

/* Between these the card is there, and is not removed. */
bool groq_device_enter(struct drm_device *drm, int *idx);
void groq_device_exit(int idx);

#endif /* GROQ_DRV_H */
