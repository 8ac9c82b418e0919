/* SPDX-License-Identifier: GPL-2.0-only */
/* Interrupts: vector 0 for the device, the others for the queues. */
#ifndef GROQ_IRQ_H
#define GROQ_IRQ_H

#include <linux/types.h>

struct groq_device;
struct groq_queue;

int groq_irq_init(struct groq_device *gdev);
void groq_irq_fini(struct groq_device *gdev);
bool groq_irq_poll(struct groq_device *gdev);
void groq_irq_enable(struct groq_device *gdev);
u32 groq_irq_vector(struct groq_device *gdev, u32 queue_index);
int groq_irq_request_queue(struct groq_queue *queue);
void groq_irq_free_queue(struct groq_queue *queue);

#endif /* GROQ_IRQ_H */
