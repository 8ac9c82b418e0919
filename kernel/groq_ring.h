/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The memory that a hardware queue shares with the chip: commands, completions
 * and fault records. Knows the protocol of docs/hardware.md sections 8 to 11,
 * and nothing of jobs. The caller serialises.
 */
#ifndef GROQ_RING_H
#define GROQ_RING_H

#include <linux/types.h>

#include <hw/groq_queue.h>

struct device;

#define GROQ_RING_SIZE_LOG2	8
#define GROQ_RING_SIZE		256
#define GROQ_RING_ROOM		(GROQ_RING_SIZE - 1)	/* one entry stays free */

struct groq_ring {
	struct groq_command *commands;
	struct groq_completion *completions;
	struct groq_fault *faults;
	dma_addr_t command_address;
	dma_addr_t completion_address;
	dma_addr_t fault_address;
	u32 tail;		/* where the next command goes */
	u32 head;		/* where the next completion comes, and its command was */
	u32 used;		/* commands without completion */
	u16 phase;		/* of the next completion */
};

/* A completion that was checked, in the CPU's byte order. */
struct groq_outcome {
	u64 cookie;
	u64 result;
	u64 time;
	u16 status;
	bool has_fault;
	struct groq_fault fault;
};

int groq_ring_alloc(struct groq_ring *ring, struct device *dev);
void groq_ring_free(struct groq_ring *ring, struct device *dev);
void groq_ring_reset(struct groq_ring *ring);
u32 groq_ring_room(const struct groq_ring *ring);
void groq_ring_put(struct groq_ring *ring, const struct groq_command *command);
int groq_ring_take(struct groq_ring *ring, u32 queue, struct groq_outcome *outcome);

#endif /* GROQ_RING_H */
