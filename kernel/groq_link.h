/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The chip-to-chip links: what they are doing, who is at their other ends, and
 * who hears of it when that changes.
 */
#ifndef GROQ_LINK_H
#define GROQ_LINK_H

#include <linux/kobject.h>
#include <linux/mutex.h>
#include <linux/ratelimit_types.h>
#include <linux/types.h>
#include <linux/workqueue.h>

#include <hw/groq_sram.h>

#include "groq_hw.h"

struct drm_groq_link;
struct groq_device;

/* Whom a link is wired to, or was last. */
struct groq_link_peer {
	bool known;
	u32 link;
	u64 serial;
};

/* The latest test of a link with pseudo-random bits. */
struct groq_link_prbs {
	u64 bits;		/* 0: there was none */
	u64 errors;
};

struct groq_links {
	struct mutex lock;	/* protects what follows; never inside of another lock */
	u64 generation;		/* counts the changes that are in seen, from 1 */
	struct groq_hw_link seen[GROQ_LINKS];
	struct groq_link_peer peer[GROQ_LINKS];
	struct groq_link_prbs prbs[GROQ_LINKS];
	struct ratelimit_state told[GROQ_LINKS];	/* in the log */
	struct kobject *folder;	/* in sysfs; NULL: not there yet, or not any more */

	struct kobject *objects[GROQ_LINKS];	/* in the folder */
	struct work_struct look;	/* for changes */
	u32 disabled;		/* by root, a bit each; under gdev->reset.lock */
};

/* All links at one time. */
struct groq_link_snapshot {
	u64 generation;
	struct groq_hw_link link[GROQ_LINKS];
};

static inline bool groq_link_is_up(const struct groq_hw_link *link)
{
	return link->state >= GROQ_LINK_UP;
}

/* Megabits per second and direction. */
static inline u32 groq_link_mbps(const struct groq_hw_link *link)
{
	return link->lanes * (u32)(GROQ_LINK_BYTES_PER_S * 8 / 1000000 / GROQ_LINK_LANES);
}

/* A link that is up, as before, but went down in between, has changed, too. */
static inline bool groq_link_has_changed(const struct groq_hw_link *before,
					 const struct groq_hw_link *now)
{
	return before->state != now->state || before->peer_serial != now->peer_serial ||
	       before->peer_link != now->peer_link || before->lanes != now->lanes ||
	       (groq_link_is_up(now) && before->downs != now->downs);
}

const char *groq_link_state_name(u32 state);
const char *groq_link_open_name(u32 open);

int groq_link_init(struct groq_device *gdev);
/* Between these, changes are told. */
int groq_link_start(struct groq_device *gdev);
void groq_link_stop(struct groq_device *gdev);

/* They may have changed. From any context. */
void groq_link_notice(struct groq_device *gdev);
/* Before the card sleeps: what they have counted by then is shown until it wakes up. */
void groq_link_part(struct groq_device *gdev);
int groq_link_snapshot(struct groq_device *gdev, struct groq_link_snapshot *snapshot);
int groq_link_read(struct groq_device *gdev, u32 n, struct groq_hw_link *link);
u64 groq_link_generation(struct groq_device *gdev);
/* Says whom the program waits for. Returns the links, a bit each. */
u32 groq_link_tell_awaited(struct groq_device *gdev);

/* With gdev->reset.lock held: the chip has come out of a reset; goes to sleep. */
void groq_link_restore(struct groq_device *gdev);
void groq_link_silence(struct groq_device *gdev);

bool groq_link_is_enabled(struct groq_device *gdev, u32 n);
int groq_link_enable(struct groq_device *gdev, u32 n, bool enable);
int groq_link_retrain(struct groq_device *gdev, u32 n);

#endif /* GROQ_LINK_H */
