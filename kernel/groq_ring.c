// SPDX-License-Identifier: GPL-2.0-only
/* Command and completion rings in host memory. */

#include <linux/dma-mapping.h>

#include "groq_ring.h"

#define GROQ_RING_MASK	(GROQ_RING_SIZE - 1)

static_assert(GROQ_RING_SIZE == 1 << GROQ_RING_SIZE_LOG2);

/* Coherent memory is page aligned, as the base registers want it. */
static_assert(PAGE_SIZE >= 4096);

static size_t groq_ring_bytes(size_t entry)
{
	return entry * GROQ_RING_SIZE;
}

int groq_ring_alloc(struct groq_ring *ring, struct device *dev)
{
	ring->commands = dma_alloc_coherent(dev, groq_ring_bytes(sizeof(*ring->commands)),
					    &ring->command_address, GFP_KERNEL_ACCOUNT);
	ring->completions = dma_alloc_coherent(dev, groq_ring_bytes(sizeof(*ring->completions)),
					       &ring->completion_address, GFP_KERNEL_ACCOUNT);
	ring->faults = dma_alloc_coherent(dev, groq_ring_bytes(sizeof(*ring->faults)),
					  &ring->fault_address, GFP_KERNEL_ACCOUNT);
	if (!ring->commands || !ring->completions || !ring->faults) {
		groq_ring_free(ring, dev);
		return -ENOMEM;
	}
	/* A shared interrupt may ask for completions before the queue is enabled. */
	groq_ring_reset(ring);
	return 0;
}

void groq_ring_free(struct groq_ring *ring, struct device *dev)
{
	if (ring->commands)
		dma_free_coherent(dev, groq_ring_bytes(sizeof(*ring->commands)),
				  ring->commands, ring->command_address);
	if (ring->completions)
		dma_free_coherent(dev, groq_ring_bytes(sizeof(*ring->completions)),
				  ring->completions, ring->completion_address);
	if (ring->faults)
		dma_free_coherent(dev, groq_ring_bytes(sizeof(*ring->faults)),
				  ring->faults, ring->fault_address);
	memset(ring, 0, sizeof(*ring));
}

/* To the state in which the chip starts when the queue is enabled. */
void groq_ring_reset(struct groq_ring *ring)
{
	memset(ring->completions, 0, groq_ring_bytes(sizeof(*ring->completions)));
	memset(ring->faults, 0, groq_ring_bytes(sizeof(*ring->faults)));
	ring->tail = 0;
	ring->head = 0;
	ring->used = 0;
	ring->phase = GROQ_COMPLETION_PHASE;
}

u32 groq_ring_room(const struct groq_ring *ring)
{
	return GROQ_RING_ROOM - ring->used;
}

/* There must be room. The chip sees the command with the next doorbell. */
void groq_ring_put(struct groq_ring *ring, const struct groq_command *command)
{
	ring->commands[ring->tail] = *command;
	ring->tail = (ring->tail + 1) & GROQ_RING_MASK;
	ring->used++;
}

static void groq_ring_read_fault(const struct groq_ring *ring,
				 struct groq_outcome *outcome)
{
	outcome->has_fault = false;
	if (outcome->status == GROQ_COMPLETION_OK)
		return;
	outcome->fault = ring->faults[ring->head];
	outcome->has_fault = le64_to_cpu(outcome->fault.cookie) == outcome->cookie;
}

static void groq_ring_advance(struct groq_ring *ring)
{
	ring->head = (ring->head + 1) & GROQ_RING_MASK;
	if (!ring->head)
		ring->phase ^= GROQ_COMPLETION_PHASE;
	ring->used--;
}

/*
 * Takes the next completion of hardware queue @queue, if there is one.
 * 1: @outcome is valid; 0: none yet; -EIO: the chip broke the protocol.
 */
int groq_ring_take(struct groq_ring *ring, u32 queue, struct groq_outcome *outcome)
{
	const struct groq_completion *completion = &ring->completions[ring->head];
	u16 flags = le16_to_cpu(READ_ONCE(completion->flags));
	u32 consumed;

	if ((flags & GROQ_COMPLETION_PHASE) != ring->phase)
		return 0;
	dma_rmb();	/* the phase is written last */
	outcome->cookie = le64_to_cpu(completion->cookie);
	outcome->result = le64_to_cpu(completion->result);
	outcome->time = le64_to_cpu(completion->time);
	outcome->status = le16_to_cpu(completion->status);
	/* At least this command is consumed, at most those that were put there. */
	consumed = le16_to_cpu(completion->sq_head) - ring->head;
	if (!ring->used || le16_to_cpu(completion->queue) != queue ||
	    (consumed & GROQ_RING_MASK) - 1 >= ring->used)
		return -EIO;
	groq_ring_read_fault(ring, outcome);
	groq_ring_advance(ring);
	return 1;
}
