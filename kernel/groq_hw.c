// SPDX-License-Identifier: GPL-2.0-only
/* Register access, docs/hardware.md sections 3 to 8 and 13. */

#include <linux/bitfield.h>
#include <linux/dev_printk.h>
#include <linux/io.h>
#include <linux/iopoll.h>
#include <linux/pci.h>

#include <hw/groq_queue.h>
#include <hw/groq_regs.h>
#include <hw/groq_sram.h>

#include "groq_hw.h"

#define GROQ_HW_MAJOR		1
#define GROQ_HW_STOP_US		2000000	/* for a queue to let go of its command */
#define GROQ_HW_RESET_US	5000000
#define GROQ_HW_POLL_US		50

u32 groq_hw_read32(const struct groq_hw *hw, u32 reg)
{
	return readl(hw->regs + reg);
}

u64 groq_hw_read64(const struct groq_hw *hw, u32 reg)
{
	return readq(hw->regs + reg);
}

static void groq_hw_write32(const struct groq_hw *hw, u32 reg, u32 value)
{
	writel(value, hw->regs + reg);
}

static void groq_hw_write64(const struct groq_hw *hw, u32 reg, u64 value)
{
	writeq(value, hw->regs + reg);
}

/* A card that was pulled out reads as all ones, which is not its magic. */
bool groq_hw_present(const struct groq_hw *hw)
{
	return groq_hw_read32(hw, GROQ_ID) == GROQ_ID_MAGIC;
}

u32 groq_hw_status(const struct groq_hw *hw)
{
	return groq_hw_read32(hw, GROQ_STATUS);
}

/* Nanoseconds since power-on; a reset does not stop them. */
u64 groq_hw_time(const struct groq_hw *hw)
{
	return groq_hw_read64(hw, GROQ_TIME);
}

/*
 * Returns with the chip idle and all its registers at their reset values.
 * -ENODEV: the card has gone; -ETIMEDOUT: it is there, and whatever it was told
 * before, it may still do.
 */
int groq_hw_reset(const struct groq_hw *hw)
{
	u32 status;
	int ret;

	groq_hw_write32(hw, GROQ_CONTROL, GROQ_CONTROL_RESET);
	ret = read_poll_timeout(groq_hw_read32, status,
				status == U32_MAX ||
				((status & GROQ_STATUS_READY) &&
				 !(status & GROQ_STATUS_RESETTING)),
				GROQ_HW_POLL_US, GROQ_HW_RESET_US, false,
				hw, GROQ_STATUS);
	return groq_hw_present(hw) ? ret : -ENODEV;
}

static void groq_hw_identify(struct groq_hw *hw)
{
	hw->version = groq_hw_read32(hw, GROQ_VERSION);
	hw->features = groq_hw_read64(hw, GROQ_FEATURES);
	hw->queue_count = groq_hw_read32(hw, GROQ_QUEUE_COUNT);
	hw->vector_count = groq_hw_read32(hw, GROQ_VECTOR_COUNT);
	hw->sram_bytes = groq_hw_read64(hw, GROQ_SRAM_SIZE);
	hw->serial = groq_hw_read64(hw, GROQ_SERIAL);
	hw->link_count = groq_hw_read32(hw, GROQ_LINK_COUNT);
	hw->clock_khz = groq_hw_read32(hw, GROQ_CLOCK_KHZ);
}

static int groq_hw_check(const struct groq_hw *hw, struct device *dev)
{
	u32 major = FIELD_GET(GROQ_VERSION_MAJOR, hw->version);

	if (major != GROQ_HW_MAJOR)
		return dev_err_probe(dev, -ENODEV,
				     "register interface %u, this driver knows %u: update groq.ko\n",
				     major, GROQ_HW_MAJOR);
	if (hw->queue_count < 2 || hw->queue_count > GROQ_QUEUES ||
	    !hw->vector_count || hw->vector_count > GROQ_VECTORS ||
	    hw->link_count > GROQ_LINKS || !hw->clock_khz ||
	    hw->sram_bytes < GROQ_VECTOR_BYTES || hw->sram_bytes > GROQ_SRAM_BYTES)
		return dev_err_probe(dev, -ENODEV,
				     "implausible identity: %u queues, %u vectors, %u links, %u kHz, %llu bytes of SRAM\n",
				     hw->queue_count, hw->vector_count,
				     hw->link_count, hw->clock_khz, hw->sram_bytes);
	return 0;
}

int groq_hw_init(struct groq_hw *hw, struct pci_dev *pdev)
{
	int ret;

	hw->regs = pcim_iomap_region(pdev, GROQ_BAR_REGS, "groq");
	if (IS_ERR(hw->regs))
		return dev_err_probe(&pdev->dev, PTR_ERR(hw->regs),
				     "cannot map BAR%d\n", GROQ_BAR_REGS);
	if (pci_resource_len(pdev, GROQ_BAR_REGS) < GROQ_BAR_REGS_BYTES)
		return dev_err_probe(&pdev->dev, -ENODEV, "BAR%d is too small\n",
				     GROQ_BAR_REGS);
	if (!groq_hw_present(hw))
		return dev_err_probe(&pdev->dev, -ENODEV,
				     "ID register reads %#x, not %#x: not a Groq card, or it does not answer\n",
				     groq_hw_read32(hw, GROQ_ID), GROQ_ID_MAGIC);
	groq_hw_identify(hw);
	ret = groq_hw_check(hw, &pdev->dev);
	if (ret)
		return ret;
	ret = groq_hw_reset(hw);
	if (ret)
		return dev_err_probe(&pdev->dev, ret, "chip does not come out of reset\n");
	return 0;
}

void groq_hw_interrupts_enable(const struct groq_hw *hw, u32 causes)
{
	groq_hw_write32(hw, GROQ_INTR_ENABLE, causes);
}

/* Returns and clears the causes that are set; 0 if the card has gone. */
u32 groq_hw_interrupts_take(const struct groq_hw *hw)
{
	u32 causes = groq_hw_read32(hw, GROQ_INTR_STATUS);

	if (causes == U32_MAX)
		return 0;
	if (causes)
		groq_hw_write32(hw, GROQ_INTR_STATUS, causes);
	return causes;
}

/*
 * Base and size change in one 64-bit write: at no time does the window grant
 * anything but its old or its new range, while the queue runs.
 */
void groq_hw_queue_window(const struct groq_hw *hw, unsigned int q,
			  unsigned int w, u32 base, u32 size, u32 access)
{
	u32 window = GROQ_QUEUE(q) + GROQ_QUEUE_WINDOW(w);

	groq_hw_write32(hw, window + GROQ_WINDOW_ACCESS, access);
	groq_hw_write64(hw, window + GROQ_WINDOW_BASE, base | (u64)size << 32);
}

/* The queue must be disabled and idle. -EIO: the chip refuses; -ENODEV: it has gone. */
int groq_hw_queue_enable(const struct groq_hw *hw, unsigned int q,
			 const struct groq_hw_queue *config)
{
	u32 page = GROQ_QUEUE(q);
	u32 status;

	groq_hw_write64(hw, page + GROQ_QUEUE_SQ_BASE, config->commands);
	groq_hw_write64(hw, page + GROQ_QUEUE_CQ_BASE, config->completions);
	groq_hw_write64(hw, page + GROQ_QUEUE_FAULT_BASE, config->faults);
	groq_hw_write32(hw, page + GROQ_QUEUE_SIZE, config->size_log2);
	groq_hw_write32(hw, page + GROQ_QUEUE_VECTOR, config->vector);
	groq_hw_write32(hw, page + GROQ_QUEUE_CONTROL, GROQ_QUEUE_ENABLE |
			FIELD_PREP(GROQ_QUEUE_PRIORITY, config->priority));
	status = groq_hw_queue_status(hw, q);
	if (status == U32_MAX)
		return -ENODEV;
	if (!(status & GROQ_QUEUE_ENABLED) || (status & GROQ_QUEUE_ERROR))
		return -EIO;
	return 0;
}

/*
 * 0: the chip will not touch the queue's memory again. -ETIMEDOUT: it might.
 * -ENODEV: the card has gone.
 */
int groq_hw_queue_disable(const struct groq_hw *hw, unsigned int q)
{
	u32 status;
	int ret;

	groq_hw_write32(hw, GROQ_QUEUE(q) + GROQ_QUEUE_CONTROL, 0);
	ret = read_poll_timeout(groq_hw_queue_status, status,
				status == U32_MAX ||
				!(status & (GROQ_QUEUE_ACTIVE | GROQ_QUEUE_ENABLED)),
				GROQ_HW_POLL_US, GROQ_HW_STOP_US, false, hw, q);
	return status == U32_MAX ? -ENODEV : ret;
}

/*
 * Ends the command at @index of the ring if the chip is working on it, and no
 * other one. Returns whether the chip can do that.
 */
bool groq_hw_queue_abort(const struct groq_hw *hw, unsigned int q, u32 index)
{
	if (!(hw->features & GROQ_FEATURE_ABORT_MATCH))
		return false;
	groq_hw_write32(hw, GROQ_QUEUE(q) + GROQ_QUEUE_ABORT, GROQ_QUEUE_ABORT_MATCH |
			FIELD_PREP(GROQ_QUEUE_ABORT_INDEX, index));
	return true;
}

u32 groq_hw_queue_status(const struct groq_hw *hw, unsigned int q)
{
	return groq_hw_read32(hw, GROQ_QUEUE(q) + GROQ_QUEUE_STATUS);
}

/* Whether the queue has commands that the chip has not taken yet. */
bool groq_hw_queue_waits(const struct groq_hw *hw, unsigned int q)
{
	u32 page = GROQ_QUEUE(q);

	return groq_hw_read32(hw, page + GROQ_QUEUE_SQ_HEAD) !=
	       groq_hw_read32(hw, page + GROQ_QUEUE_SQ_TAIL);
}

/*
 * The chip takes no command from the one at @index on, unless it has: it sees no room
 * for its completion.
 */
void groq_hw_queue_bar(const struct groq_hw *hw, unsigned int q, u32 index, u32 size)
{
	groq_hw_ring_completions(hw, q, (index + 1) % size);
}

/* Index of the next command that the chip takes, after all that was written to it. */
u32 groq_hw_queue_taken(const struct groq_hw *hw, unsigned int q)
{
	return groq_hw_read32(hw, GROQ_QUEUE(q) + GROQ_QUEUE_SQ_HEAD);
}

/* writel() orders the commands in memory before the doorbell. */
void groq_hw_ring_commands(const struct groq_hw *hw, unsigned int q, u32 tail)
{
	groq_hw_write32(hw, GROQ_DOORBELL(q) + GROQ_DOORBELL_SQ_TAIL, tail);
}

void groq_hw_ring_completions(const struct groq_hw *hw, unsigned int q, u32 head)
{
	groq_hw_write32(hw, GROQ_DOORBELL(q) + GROQ_DOORBELL_CQ_HEAD, head);
}

bool groq_hw_has_links(const struct groq_hw *hw)
{
	return hw->features & GROQ_FEATURE_LINKS;
}

/* A state that is none is that of a link nobody can use. */
static u32 groq_hw_link_state(const struct groq_hw *hw, unsigned int n)
{
	u32 state = groq_hw_read32(hw, GROQ_LINK(n) + GROQ_LINK_STATE);

	return state <= GROQ_LINK_DEGRADED ? state : GROQ_LINK_DOWN;
}

static u32 groq_hw_link_open(const struct groq_hw *hw, unsigned int n)
{
	return min(groq_hw_read32(hw, GROQ_LINK(n) + GROQ_LINK_OPEN), GROQ_LINK_OPENED_BOTH);
}

/* Links, a bit each, that the program waits for in its cycle 0. */
u32 groq_hw_links_awaited(const struct groq_hw *hw)
{
	u32 n, awaited = 0;

	for (n = 0; n < hw->link_count; n++)
		if (groq_hw_link_open(hw, n) == GROQ_LINK_OPENED_HERE)
			awaited |= BIT(n);
	return awaited;
}

void groq_hw_link_read(const struct groq_hw *hw, unsigned int n, struct groq_hw_link *link)
{
	u32 page = GROQ_LINK(n), counters = GROQ_LINK_COUNTERS(n);

	*link = (struct groq_hw_link){
		.state = groq_hw_link_state(hw, n),
		.open = groq_hw_link_open(hw, n),
		.sent = groq_hw_read64(hw, counters + GROQ_LINK_SENT),
		.received = groq_hw_read64(hw, counters + GROQ_LINK_RECEIVED),
		.corrected = groq_hw_read64(hw, counters + GROQ_LINK_CORRECTED),
		.uncorrected = groq_hw_read64(hw, counters + GROQ_LINK_UNCORRECTED),
		.downs = groq_hw_read64(hw, counters + GROQ_LINK_DOWNS),
	};
	if (link->state < GROQ_LINK_UP)
		return;
	link->peer_serial = groq_hw_read64(hw, page + GROQ_LINK_PEER_SERIAL);
	link->peer_link = groq_hw_read32(hw, page + GROQ_LINK_PEER_LINK);
	link->lanes = min(groq_hw_read32(hw, page + GROQ_LINK_ACTIVE_LANES), GROQ_LINK_LANES);
	/* It may have gone down on the way: who is behind it is read as nobody then. */
	link->state = groq_hw_link_state(hw, n);
	if (link->state >= GROQ_LINK_UP)
		return;
	link->peer_serial = 0;
	link->peer_link = 0;
	link->lanes = 0;
}

/* Links, a bit each, whose state has changed since they were taken. */
u32 groq_hw_links_changed(const struct groq_hw *hw)
{
	return groq_hw_read32(hw, GROQ_LINKS_CHANGED);
}

/* Whatever is read of them afterwards is as new as these changes. */
void groq_hw_links_take_changed(const struct groq_hw *hw)
{
	groq_hw_write32(hw, GROQ_LINKS_CHANGED, groq_hw_links_changed(hw));
}

void groq_hw_link_enable(const struct groq_hw *hw, unsigned int n, bool enable)
{
	groq_hw_write32(hw, GROQ_LINK(n) + GROQ_LINK_CONTROL, enable ? GROQ_LINK_ENABLE : 0);
}

void groq_hw_link_train(const struct groq_hw *hw, unsigned int n)
{
	groq_hw_write32(hw, GROQ_LINK(n) + GROQ_LINK_CONTROL, GROQ_LINK_ENABLE | GROQ_LINK_TRAIN);
}

/* @align: samples, and GROQ_LINK_ALIGN_ADJUST. */
void groq_hw_link_start_align(const struct groq_hw *hw, unsigned int n, u32 align)
{
	groq_hw_write32(hw, GROQ_LINK_ALIGNMENT(n) + GROQ_LINK_ALIGN, align);
}

void groq_hw_link_start_prbs(const struct groq_hw *hw, unsigned int n, u32 log2_bits)
{
	groq_hw_write32(hw, GROQ_LINK(n) + GROQ_LINK_PRBS, log2_bits);
}

u32 groq_hw_link_test_status(const struct groq_hw *hw, unsigned int n)
{
	return groq_hw_read32(hw, GROQ_LINK(n) + GROQ_LINK_TEST_STATUS);
}

u64 groq_hw_link_prbs_errors(const struct groq_hw *hw, unsigned int n)
{
	return groq_hw_read64(hw, GROQ_LINK(n) + GROQ_LINK_PRBS_ERRORS);
}

void groq_hw_link_rounds(const struct groq_hw *hw, unsigned int n,
			 struct groq_hw_rounds *rounds)
{
	u32 page = GROQ_LINK_ALIGNMENT(n);

	*rounds = (struct groq_hw_rounds){
		.period = groq_hw_read32(hw, GROQ_HAC_PERIOD),
		.min = groq_hw_read32(hw, page + GROQ_LINK_ROUND_MIN),
		.max = groq_hw_read32(hw, page + GROQ_LINK_ROUND_MAX),
		.sum = groq_hw_read64(hw, page + GROQ_LINK_ROUND_SUM),
		.squares = groq_hw_read64(hw, page + GROQ_LINK_ROUND_SQUARES),
		.offset = (s32)groq_hw_read32(hw, page + GROQ_LINK_HAC_OFFSET),
	};
}
