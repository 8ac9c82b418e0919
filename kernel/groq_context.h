/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Contexts: who owns SRAM and queues. One belongs to the open file that made
 * it and goes with it.
 */
#ifndef GROQ_CONTEXT_H
#define GROQ_CONTEXT_H

#include <linux/atomic.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/rwsem.h>
#include <linux/sched.h>
#include <linux/xarray.h>

#include "groq_window.h"

struct drm_file;
struct drm_groq_command;
struct drm_groq_context_query;
struct groq_device;
struct groq_queue;
struct groq_range;
struct pid;

/* What a client has had of the card; for fdinfo. */
struct groq_usage {
	atomic64_t cycles;
	atomic64_t bytes_in;
	atomic64_t bytes_out;
	atomic64_t sram;	/* bytes reserved now */
};

/* drm_file.driver_priv. Handles of contexts and queues are per open file. */
struct groq_file {
	struct xarray contexts;
	struct xarray queues;
	struct groq_usage usage;
};

/* How the jobs of a context have ended; see struct drm_groq_context_query. */
struct groq_record {
	atomic64_t jobs;
	atomic64_t faults;
	atomic64_t timeouts;
	atomic64_t resets;
	atomic64_t unexpected;
};

struct groq_context {
	struct kref kref;
	struct groq_device *gdev;
	struct groq_file *file;		/* outlives the context's queues */
	struct list_head link;		/* of gdev->contexts.list */
	u32 id;				/* in its file */
	struct pid *pid;		/* of the process that made it */
	char comm[TASK_COMM_LEN];	/* its name then */
	bool exclusive;
	bool lost;			/* with its SRAM; under gdev->reset.lock */
	atomic_t jobs;			/* pushed and not finished */
	struct groq_record record;
	int resets_before;		/* of the chip, when it was made */

	struct mutex lock;		/* protects what follows */
	bool dead;
	struct list_head ranges;
	struct list_head queues;
	/*
	 * Held to submit, and for writing to change windows, here and in the
	 * hardware: what was checked against them holds when it runs. Nobody waits
	 * for the card with it.
	 */
	struct rw_semaphore windows_lock;
	struct groq_windows windows;	/* changed with gdev->reset.lock held, too */
};

/* All contexts of a card. */
struct groq_contexts {
	struct mutex lock;	/* protects list and admission */
	struct list_head list;	/* those of a process are beside each other */
};

int groq_context_init(struct groq_device *gdev);
void groq_context_open(struct groq_file *file);
void groq_context_close(struct groq_file *file);

int groq_context_create(struct groq_device *gdev, struct groq_file *gfile, bool exclusive,
			u32 *id, s32 *holder);
void groq_context_destroy(struct groq_context *context);
struct groq_context *groq_context_find(struct drm_file *file, u32 id);
void groq_context_get(struct groq_context *context);
void groq_context_put(struct groq_context *context);
struct groq_queue *groq_context_find_queue(struct drm_file *file, u32 id);
u32 groq_context_cancel_tag(struct drm_file *file, u64 tag);

int groq_context_give(struct groq_context *context, struct groq_range *range);
int groq_context_release(struct groq_context *context, u64 address);
int groq_context_add_queue(struct groq_context *context, u32 priority, u32 *id);
int groq_context_drop_queue(struct groq_context *context, struct groq_queue *queue);
void groq_context_query(const struct groq_context *context,
			struct drm_groq_context_query *query);
void groq_context_account(struct groq_context *context,
			  const struct drm_groq_command *command, u64 result);

#endif /* GROQ_CONTEXT_H */
