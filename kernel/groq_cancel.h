/* SPDX-License-Identifier: GPL-2.0-only */
/* Ends jobs before the chip has done them. */
#ifndef GROQ_CANCEL_H
#define GROQ_CANCEL_H

#include <linux/types.h>

struct groq_job;
struct groq_queue;
struct work_struct;

void groq_cancel_job(struct groq_queue *queue, struct groq_job *const *job);
u32 groq_cancel_tag(struct groq_queue *queue, u64 tag);

/* Of the queue, with its lock held, when completions were taken. */
void groq_cancel_make_room_locked(struct groq_queue *queue);
void groq_cancel_abort_locked(struct groq_queue *queue);

void groq_cancel_work(struct work_struct *work);

#endif /* GROQ_CANCEL_H */
