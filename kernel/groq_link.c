// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whoever looks at a link and finds it changed counts and tells the change: so what
 * is shown and what was told always agree. The interrupt makes a work look at all.
 */

#include <linux/pci.h>
#include <linux/ratelimit.h>

#include <drm/drm_drv.h>
#include <drm/drm_file.h>
#include <drm/drm_managed.h>
#include <drm/drm_print.h>

#include <hw/groq_regs.h>
#include <uapi/drm/groq_accel.h>

#include "groq_drv.h"
#include "groq_event.h"
#include "groq_link.h"
#include "groq_link_sysfs.h"
#include "groq_power.h"
#include "groq_trace.h"

/* How often links may change while all are looked at. */
#define GROQ_LINK_LOOKS	8

static_assert(GROQ_LINK_ABSENT == DRM_GROQ_LINK_ABSENT);
static_assert(GROQ_LINK_DOWN == DRM_GROQ_LINK_DOWN);
static_assert(GROQ_LINK_TRAINING == DRM_GROQ_LINK_TRAINING);
static_assert(GROQ_LINK_UP == DRM_GROQ_LINK_UP);
static_assert(GROQ_LINK_DEGRADED == DRM_GROQ_LINK_DEGRADED);
static_assert(GROQ_LINK_CLOSED == DRM_GROQ_LINK_OPEN_CLOSED);
static_assert(GROQ_LINK_OPENED_HERE == DRM_GROQ_LINK_OPEN_HERE);
static_assert(GROQ_LINK_OPENED_BOTH == DRM_GROQ_LINK_OPEN_BOTH);

const char *groq_link_state_name(u32 state)
{
	static const char * const names[] = {
		[GROQ_LINK_ABSENT] = "absent",
		[GROQ_LINK_DOWN] = "down",
		[GROQ_LINK_TRAINING] = "training",
		[GROQ_LINK_UP] = "up",
		[GROQ_LINK_DEGRADED] = "degraded",
	};

	return names[state];
}

const char *groq_link_open_name(u32 open)
{
	static const char * const names[] = {
		[GROQ_LINK_CLOSED] = "closed",
		[GROQ_LINK_OPENED_HERE] = "here",
		[GROQ_LINK_OPENED_BOTH] = "both",
	};

	return names[open];
}

/*
 * Training comes and goes; what counts is whether a link can be used. One that
 * comes and goes all the time does not keep others from being told of.
 */
static void groq_link_log(struct groq_device *gdev, u32 n, bool was_up)
{
	const struct groq_hw_link *link = &gdev->links.seen[n];
	const struct groq_link_peer *peer = &gdev->links.peer[n];
	struct device *dev = gdev->drm.dev;

	if (!(was_up || groq_link_is_up(link)) || !__ratelimit(&gdev->links.told[n]))
		return;
	if (link->state == GROQ_LINK_DEGRADED)
		dev_warn(dev, "link %u: up with %u of %u lanes, to link %u of card %016llx\n",
			 n, link->lanes, GROQ_LINK_LANES, peer->link, peer->serial);
	else if (groq_link_is_up(link))
		dev_info(dev, "link %u: up, to link %u of card %016llx\n",
			 n, peer->link, peer->serial);
	else
		dev_info(dev, "link %u: down, was to link %u of card %016llx\n",
			 n, peer->link, peer->serial);
}

static void groq_link_tell_udev(struct groq_device *gdev, u32 n)
{
	const struct groq_link_peer *peer = &gdev->links.peer[n];
	char number[24], state[32], whom[48];
	char *environment[4] = { number, state, peer->known ? whom : NULL };
	int idx;

	scnprintf(number, sizeof(number), "GROQ_LINK=%u", n);
	scnprintf(state, sizeof(state), "GROQ_LINK_STATE=%s",
		  groq_link_state_name(gdev->links.seen[n].state));
	scnprintf(whom, sizeof(whom), "GROQ_LINK_PEER=%016llx:%u", peer->serial, peer->link);
	if (!drm_dev_enter(&gdev->drm, &idx))
		return;
	kobject_uevent_env(&gdev->drm.accel->kdev->kobj, KOBJ_CHANGE, environment);
	drm_dev_exit(idx);
}

static void groq_link_tell(struct groq_device *gdev, u32 n, bool was_up)
{
	struct groq_links *links = &gdev->links;

	lockdep_assert_held(&links->lock);
	links->generation++;
	trace_groq_link(gdev, n, &links->seen[n], links->generation);
	groq_link_log(gdev, n, was_up);
	groq_link_tell_udev(gdev, n);
	if (links->folder)
		sysfs_notify(links->folder, NULL, "generation");
	groq_event_raise(gdev, DRM_GROQ_EVENT_LINK);
}

static int groq_link_note(struct groq_device *gdev, u32 n, const struct groq_hw_link *now)
{
	struct groq_links *links = &gdev->links;
	struct groq_hw_link before = links->seen[n];

	links->seen[n] = *now;
	if (groq_link_is_up(now))
		links->peer[n] = (struct groq_link_peer){
			.known = true, .link = now->peer_link, .serial = now->peer_serial,
		};
	if (groq_link_has_changed(&before, now))
		groq_link_tell(gdev, n, groq_link_is_up(&before));
	return 0;
}

/* Of a card that sleeps, or is being reset; it counts nothing meanwhile. */
static int groq_link_rest(struct groq_device *gdev, u32 n)
{
	struct groq_hw_link now = gdev->links.seen[n];

	now.state = GROQ_LINK_DOWN;
	now.peer_serial = 0;
	now.peer_link = 0;
	now.lanes = 0;
	now.open = GROQ_LINK_CLOSED;
	return groq_link_note(gdev, n, &now);
}

/* -ENODEV: the card has gone. */
static int groq_link_look_at(struct groq_device *gdev, u32 n, bool awake)
{
	struct groq_hw_link now;

	lockdep_assert_held(&gdev->links.lock);
	if (READ_ONCE(gdev->reset.gone))
		return -ENODEV;
	if (READ_ONCE(gdev->reset.offline))
		return groq_link_rest(gdev, n);
	if (!awake)	/* It is about to sleep or to wake up: this is told then. */
		return 0;
	groq_hw_link_read(&gdev->hw, n, &now);
	if (groq_hw_present(&gdev->hw))
		return groq_link_note(gdev, n, &now);
	return READ_ONCE(gdev->reset.offline) ? groq_link_rest(gdev, n) : -ENODEV;
}

/* Whether the chip is there to be asked. */
static bool groq_link_answers(struct groq_device *gdev, bool awake)
{
	return awake && !READ_ONCE(gdev->reset.offline);
}

/* -EAGAIN: each was seen, but they changed meanwhile. */
static int groq_link_look_at_all(struct groq_device *gdev, bool awake)
{
	unsigned int looks;
	int ret;
	u32 n;

	for (looks = 0; looks < GROQ_LINK_LOOKS; looks++) {
		if (groq_link_answers(gdev, awake))
			groq_hw_links_take_changed(&gdev->hw);
		for (n = 0; n < gdev->hw.link_count; n++) {
			ret = groq_link_look_at(gdev, n, awake);
			if (ret)
				return ret;
		}
		if (!groq_link_answers(gdev, awake) || !groq_hw_links_changed(&gdev->hw))
			return 0;
	}
	return -EAGAIN;
}

static void groq_link_look(struct work_struct *work)
{
	struct groq_device *gdev = container_of(work, struct groq_device, links.look);
	/* One that sleeps, and is not about to wake up, is left alone. */
	bool awake = !READ_ONCE(gdev->reset.offline) && !groq_power_get(gdev);

	/* What changes from here on is another interrupt's matter. */
	scoped_guard(mutex, &gdev->links.lock)
		groq_link_look_at_all(gdev, awake);
	if (awake)
		groq_power_put(gdev);
}

void groq_link_notice(struct groq_device *gdev)
{
	schedule_work(&gdev->links.look);
}

void groq_link_part(struct groq_device *gdev)
{
	guard(mutex)(&gdev->links.lock);
	groq_link_look_at_all(gdev, true);
}

/* Neither this nor the next one wakes the card. -ENODEV: it has gone. */
int groq_link_snapshot(struct groq_device *gdev, struct groq_link_snapshot *snapshot)
{
	bool awake = groq_power_get_if_awake(gdev);
	int ret;

	scoped_guard(mutex, &gdev->links.lock) {
		ret = groq_link_look_at_all(gdev, awake);
		snapshot->generation = gdev->links.generation;
		memcpy(snapshot->link, gdev->links.seen, sizeof(snapshot->link));
	}
	if (awake)
		groq_power_put(gdev);
	return ret;
}

int groq_link_read(struct groq_device *gdev, u32 n, struct groq_hw_link *link)
{
	bool awake = groq_power_get_if_awake(gdev);
	int ret;

	scoped_guard(mutex, &gdev->links.lock) {
		ret = groq_link_look_at(gdev, n, awake);
		*link = gdev->links.seen[n];
	}
	if (awake)
		groq_power_put(gdev);
	return ret;
}

u64 groq_link_generation(struct groq_device *gdev)
{
	guard(mutex)(&gdev->links.lock);
	return gdev->links.generation;
}

u32 groq_link_tell_awaited(struct groq_device *gdev)
{
	unsigned long awaited = groq_hw_links_awaited(&gdev->hw);
	unsigned long n;

	for_each_set_bit(n, &awaited, gdev->hw.link_count) {
		struct groq_hw_link link;

		groq_hw_link_read(&gdev->hw, n, &link);
		drm_warn(&gdev->drm,
			 "link %lu: a program waits, none has opened link %u of card %016llx\n",
			 n, link.peer_link, link.peer_serial);
	}
	return awaited;
}

/* A reset has enabled them all. */
void groq_link_restore(struct groq_device *gdev)
{
	unsigned long disabled = gdev->links.disabled;
	unsigned long n;

	lockdep_assert_held(&gdev->reset.lock);
	for_each_set_bit(n, &disabled, gdev->hw.link_count)
		groq_hw_link_enable(&gdev->hw, n, false);
}

/* So that those at the other ends see that nobody is there. */
void groq_link_silence(struct groq_device *gdev)
{
	u32 n;

	lockdep_assert_held(&gdev->reset.lock);
	for (n = 0; n < gdev->hw.link_count; n++)
		groq_hw_link_enable(&gdev->hw, n, false);
}

bool groq_link_is_enabled(struct groq_device *gdev, u32 n)
{
	return !(READ_ONCE(gdev->links.disabled) & BIT(n));
}

/* Stays so over resets and sleep, until the driver is unbound. */
int groq_link_enable(struct groq_device *gdev, u32 n, bool enable)
{
	u32 *disabled = &gdev->links.disabled;

	guard(mutex)(&gdev->reset.lock);
	if (gdev->reset.gone)
		return -ENODEV;
	WRITE_ONCE(*disabled, enable ? *disabled & ~BIT(n) : *disabled | BIT(n));
	if (!gdev->reset.offline)
		groq_hw_link_enable(&gdev->hw, n, enable);
	return 0;
}

/* Of a card that is awake. -ENOLINK: it is disabled, or the card is being reset. */
int groq_link_retrain(struct groq_device *gdev, u32 n)
{
	guard(mutex)(&gdev->reset.lock);
	if (gdev->reset.gone)
		return -ENODEV;
	if (gdev->reset.offline || !groq_link_is_enabled(gdev, n))
		return -ENOLINK;
	groq_hw_link_train(&gdev->hw, n);
	return 0;
}

int groq_link_init(struct groq_device *gdev)
{
	struct groq_links *links = &gdev->links;
	u32 n;

	links->generation = 1;
	for (n = 0; n < GROQ_LINKS; n++) {
		links->seen[n].state = n < gdev->hw.link_count ? GROQ_LINK_DOWN : GROQ_LINK_ABSENT;
		ratelimit_state_init(&links->told[n], DEFAULT_RATELIMIT_INTERVAL,
				     DEFAULT_RATELIMIT_BURST);
	}
	INIT_WORK(&links->look, groq_link_look);
	disable_work(&links->look);
	return drmm_mutex_init(&gdev->drm, &links->lock);
}

int groq_link_start(struct groq_device *gdev)
{
	int ret = groq_link_sysfs_create(gdev);

	if (!ret)
		enable_and_queue_work(system_wq, &gdev->links.look);
	return ret;
}

void groq_link_stop(struct groq_device *gdev)
{
	disable_work_sync(&gdev->links.look);
	groq_link_sysfs_remove(gdev);
}
