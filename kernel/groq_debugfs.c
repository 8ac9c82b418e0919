// SPDX-License-Identifier: GPL-2.0-only
/* Files in /sys/kernel/debug/accel/ADDRESS. No promise is made about their format. */

#include <linux/pid.h>
#include <linux/seq_file.h>

#include <drm/drm_debugfs.h>

#include <hw/groq_regs.h>

#include "groq_debugfs.h"
#include "groq_drv.h"
#include "groq_power.h"

static const char *groq_debugfs_state(const struct groq_queue *queue)
{
	switch (queue->state) {
	case GROQ_QUEUE_RUNNING:
		return "running";
	case GROQ_QUEUE_STOPPED:
		return "stopped";
	default:
		return "dead";
	}
}

static void groq_debugfs_show_queue(struct seq_file *m, struct groq_queue *queue)
{
	u32 status = groq_hw_queue_status(&queue->gdev->hw, queue->index);
	unsigned long flags;

	spin_lock_irqsave(&queue->lock, flags);
	seq_printf(m, "%5u %8u %-8s %#10x %5u %5u %5u %8zu %8zu %10llu\n",
		   queue->index, queue->priority, groq_debugfs_state(queue), status,
		   queue->ring.tail, queue->ring.head, queue->ring.used,
		   list_count_nodes(&queue->waiting), list_count_nodes(&queue->running),
		   queue->seqno);
	spin_unlock_irqrestore(&queue->lock, flags);
}

/* What @show reads is there and awake. Holds gdev->reset.lock. */
static int groq_debugfs_show_awake(struct seq_file *m,
				   void (*show)(struct seq_file *m, struct groq_device *gdev))
{
	struct drm_debugfs_entry *entry = m->private;
	struct drm_device *drm = entry->dev;
	struct groq_device *gdev = to_groq_device(drm);
	int idx, ret;

	if (!groq_device_enter(drm, &idx))
		return -ENODEV;
	ret = groq_power_get(gdev);
	if (ret)
		goto exit;
	scoped_guard(mutex, &gdev->reset.lock) {
		if (!gdev->reset.gone && !gdev->reset.offline && groq_hw_present(&gdev->hw))
			show(m, gdev);
		else
			ret = -ENODEV;
	}
	groq_power_put(gdev);
exit:
	groq_device_exit(idx);
	return ret;
}

static void groq_debugfs_show_queues(struct seq_file *m, struct groq_device *gdev)
{
	struct groq_queue *queue;
	unsigned long i;

	seq_puts(m, "queue priority state        status  tail  head  used  waiting  running       jobs\n");
	xa_for_each(&gdev->queues, i, queue)
		groq_debugfs_show_queue(m, queue);
}

static int groq_debugfs_queues(struct seq_file *m, void *data)
{
	return groq_debugfs_show_awake(m, groq_debugfs_show_queues);
}

struct groq_debugfs_register {
	const char *name;
	u32 offset;
	bool wide;	/* 64 bits */
};

#define GROQ_DEBUGFS_32(_group, _name)	{ #_name, _group##_name, false }
#define GROQ_DEBUGFS_64(_group, _name)	{ #_name, _group##_name, true }

/* All that can be read of docs/hardware.md sections 4 and 5. */
static const struct groq_debugfs_register groq_debugfs_card[] = {
	GROQ_DEBUGFS_32(GROQ_, ID),
	GROQ_DEBUGFS_32(GROQ_, VERSION),
	GROQ_DEBUGFS_64(GROQ_, FEATURES),
	GROQ_DEBUGFS_32(GROQ_, QUEUE_COUNT),
	GROQ_DEBUGFS_32(GROQ_, VECTOR_COUNT),
	GROQ_DEBUGFS_64(GROQ_, SRAM_SIZE),
	GROQ_DEBUGFS_64(GROQ_, SERIAL),
	GROQ_DEBUGFS_32(GROQ_, LINK_COUNT),
	GROQ_DEBUGFS_32(GROQ_, CLOCK_KHZ),
	GROQ_DEBUGFS_32(GROQ_, STATUS),
	GROQ_DEBUGFS_64(GROQ_, TIME),
	GROQ_DEBUGFS_64(GROQ_, CYCLES),
	GROQ_DEBUGFS_32(GROQ_, SCRATCH),
	GROQ_DEBUGFS_32(GROQ_, INTR_STATUS),
	GROQ_DEBUGFS_32(GROQ_, INTR_ENABLE),
	GROQ_DEBUGFS_32(GROQ_, QUEUE_ERRORS),
	GROQ_DEBUGFS_64(GROQ_, ECC_CORRECTED),
	GROQ_DEBUGFS_64(GROQ_, ECC_UNCORRECTED),
	GROQ_DEBUGFS_64(GROQ_, PROGRAMS_DONE),
	GROQ_DEBUGFS_64(GROQ_, PROGRAMS_FAULTED),
	GROQ_DEBUGFS_64(GROQ_, BYTES_IN),
	GROQ_DEBUGFS_64(GROQ_, BYTES_OUT),
	GROQ_DEBUGFS_32(GROQ_, ECC_INJECT_ADDRESS),
	GROQ_DEBUGFS_32(GROQ_, ECC_INJECT_BITS),
	GROQ_DEBUGFS_32(GROQ_, TELEMETRY_HEARTBEAT),
	GROQ_DEBUGFS_32(GROQ_, TELEMETRY_UPTIME_S),
	GROQ_DEBUGFS_32(GROQ_, TELEMETRY_FIRMWARE),
	GROQ_DEBUGFS_32(GROQ_, TELEMETRY_THROTTLE),
	GROQ_DEBUGFS_32(GROQ_, TELEMETRY_CHIP_MC),
	GROQ_DEBUGFS_32(GROQ_, TELEMETRY_BOARD_MC),
	GROQ_DEBUGFS_32(GROQ_, TELEMETRY_CHIP_MAX_MC),
	GROQ_DEBUGFS_32(GROQ_, TELEMETRY_CHIP_CRIT_MC),
	GROQ_DEBUGFS_32(GROQ_, TELEMETRY_POWER_MW),
	GROQ_DEBUGFS_32(GROQ_, TELEMETRY_POWER_CAP_MW),
	GROQ_DEBUGFS_32(GROQ_, TELEMETRY_CORE_MV),
	GROQ_DEBUGFS_32(GROQ_, TELEMETRY_CORE_MA),
	GROQ_DEBUGFS_32(GROQ_, TELEMETRY_CLOCK_KHZ),
	GROQ_DEBUGFS_64(GROQ_, TELEMETRY_BUSY_NS),
};

/* Section 7, of a chip that has it: of the card, and of each link. */
static const struct groq_debugfs_register groq_debugfs_links[] = {
	GROQ_DEBUGFS_32(GROQ_, LINKS_CHANGED),
	GROQ_DEBUGFS_32(GROQ_, HAC_PERIOD),
	GROQ_DEBUGFS_32(GROQ_, HAC),
};

static const struct groq_debugfs_register groq_debugfs_link[] = {
	GROQ_DEBUGFS_32(GROQ_LINK_, STATE),
	GROQ_DEBUGFS_32(GROQ_LINK_, CONTROL),
	GROQ_DEBUGFS_64(GROQ_LINK_, PEER_SERIAL),
	GROQ_DEBUGFS_32(GROQ_LINK_, PEER_LINK),
	GROQ_DEBUGFS_32(GROQ_LINK_, ACTIVE_LANES),
	GROQ_DEBUGFS_32(GROQ_LINK_, PRBS),
	GROQ_DEBUGFS_32(GROQ_LINK_, TEST_STATUS),
	GROQ_DEBUGFS_64(GROQ_LINK_, PRBS_ERRORS),
};

static const struct groq_debugfs_register groq_debugfs_link_counters[] = {
	GROQ_DEBUGFS_64(GROQ_LINK_, SENT),
	GROQ_DEBUGFS_64(GROQ_LINK_, RECEIVED),
	GROQ_DEBUGFS_64(GROQ_LINK_, CORRECTED),
	GROQ_DEBUGFS_64(GROQ_LINK_, UNCORRECTED),
	GROQ_DEBUGFS_64(GROQ_LINK_, DOWNS),
};

static const struct groq_debugfs_register groq_debugfs_alignment[] = {
	GROQ_DEBUGFS_32(GROQ_LINK_, ALIGN),
	GROQ_DEBUGFS_32(GROQ_LINK_, ROUND_MIN),
	GROQ_DEBUGFS_32(GROQ_LINK_, ROUND_MAX),
	GROQ_DEBUGFS_64(GROQ_LINK_, ROUND_SUM),
	GROQ_DEBUGFS_64(GROQ_LINK_, ROUND_SQUARES),
	GROQ_DEBUGFS_32(GROQ_LINK_, HAC_OFFSET),
};

static const struct groq_debugfs_register groq_debugfs_queue[] = {
	GROQ_DEBUGFS_64(GROQ_QUEUE_, SQ_BASE),
	GROQ_DEBUGFS_64(GROQ_QUEUE_, CQ_BASE),
	GROQ_DEBUGFS_64(GROQ_QUEUE_, FAULT_BASE),
	GROQ_DEBUGFS_32(GROQ_QUEUE_, SIZE),
	GROQ_DEBUGFS_32(GROQ_QUEUE_, VECTOR),
	GROQ_DEBUGFS_32(GROQ_QUEUE_, CONTROL),
	GROQ_DEBUGFS_32(GROQ_QUEUE_, STATUS),
	GROQ_DEBUGFS_32(GROQ_QUEUE_, SQ_HEAD),
	GROQ_DEBUGFS_32(GROQ_QUEUE_, SQ_TAIL),
	GROQ_DEBUGFS_32(GROQ_QUEUE_, CQ_HEAD),
	GROQ_DEBUGFS_32(GROQ_QUEUE_, CQ_TAIL),
};

static const struct groq_debugfs_register groq_debugfs_window[] = {
	GROQ_DEBUGFS_32(GROQ_WINDOW_, BASE),
	GROQ_DEBUGFS_32(GROQ_WINDOW_, SIZE),
	GROQ_DEBUGFS_32(GROQ_WINDOW_, ACCESS),
};

/* @base and @whose: of the block that they are in. */
static void groq_debugfs_show_block(struct seq_file *m, const struct groq_hw *hw, u32 base,
				    const char *whose, const struct groq_debugfs_register *reg,
				    size_t count)
{
	for (; count; count--, reg++) {
		u32 offset = base + reg->offset;

		seq_printf(m, "%#07x %s%s = %#llx\n", offset, whose, reg->name,
			   reg->wide ? groq_hw_read64(hw, offset) : groq_hw_read32(hw, offset));
	}
}

static void groq_debugfs_show_queue_registers(struct seq_file *m, const struct groq_queue *queue)
{
	const struct groq_hw *hw = &queue->gdev->hw;
	u32 page = GROQ_QUEUE(queue->index);
	char whose[40];
	unsigned int i;

	scnprintf(whose, sizeof(whose), "queue %u ", queue->index);
	groq_debugfs_show_block(m, hw, page, whose, groq_debugfs_queue,
				ARRAY_SIZE(groq_debugfs_queue));
	for (i = 0; i < GROQ_QUEUE_WINDOWS; i++) {
		if (!queue->windows->window[i].size)
			continue;
		scnprintf(whose, sizeof(whose), "queue %u window %u ", queue->index, i);
		groq_debugfs_show_block(m, hw, page + GROQ_QUEUE_WINDOW(i), whose,
					groq_debugfs_window, ARRAY_SIZE(groq_debugfs_window));
	}
}

static void groq_debugfs_show_link(struct seq_file *m, const struct groq_hw *hw, u32 n)
{
	char whose[20];

	scnprintf(whose, sizeof(whose), "link %u ", n);
	groq_debugfs_show_block(m, hw, GROQ_LINK(n), whose, groq_debugfs_link,
				ARRAY_SIZE(groq_debugfs_link));
	groq_debugfs_show_block(m, hw, GROQ_LINK_COUNTERS(n), whose, groq_debugfs_link_counters,
				ARRAY_SIZE(groq_debugfs_link_counters));
	groq_debugfs_show_block(m, hw, GROQ_LINK_ALIGNMENT(n), whose, groq_debugfs_alignment,
				ARRAY_SIZE(groq_debugfs_alignment));
}

static void groq_debugfs_show_links(struct seq_file *m, const struct groq_hw *hw)
{
	u32 n;

	if (!groq_hw_has_links(hw))
		return;
	groq_debugfs_show_block(m, hw, 0, "", groq_debugfs_links, ARRAY_SIZE(groq_debugfs_links));
	for (n = 0; n < hw->link_count; n++)
		groq_debugfs_show_link(m, hw, n);
}

static void groq_debugfs_show_registers(struct seq_file *m, struct groq_device *gdev)
{
	struct groq_queue *queue;
	unsigned long i;

	groq_debugfs_show_block(m, &gdev->hw, 0, "", groq_debugfs_card,
				ARRAY_SIZE(groq_debugfs_card));
	groq_debugfs_show_links(m, &gdev->hw);
	xa_for_each(&gdev->queues, i, queue)
		groq_debugfs_show_queue_registers(m, queue);
}

static int groq_debugfs_registers(struct seq_file *m, void *data)
{
	return groq_debugfs_show_awake(m, groq_debugfs_show_registers);
}

static unsigned int groq_debugfs_queues_of(const struct groq_context *context)
{
	struct groq_queue *queue;
	unsigned int count = 0;
	unsigned long i;

	xa_for_each(&context->gdev->queues, i, queue)
		count += queue->context == context;
	return count;
}

static u64 groq_debugfs_sram_of(const struct groq_context *context)
{
	u64 bytes = 0;
	unsigned int i;

	for (i = 0; i < GROQ_QUEUE_WINDOWS; i++)
		bytes += context->windows.window[i].size;
	return bytes;
}

static const char *groq_debugfs_kind(const struct groq_context *context)
{
	if (context->lost)
		return "lost";
	return context->exclusive ? "exclusive" : "shared";
}

static void groq_debugfs_show_context(struct seq_file *m, const struct groq_context *context)
{
	struct drm_groq_context_query record = {};

	groq_context_query(context, &record);
	seq_printf(m, "%7u %8d %-9s %6u %10llu %10llu %8llu %8llu %8llu %10llu ",
		   context->id, pid_vnr(context->pid), groq_debugfs_kind(context),
		   groq_debugfs_queues_of(context), groq_debugfs_sram_of(context),
		   (u64)record.jobs, (u64)record.faults, (u64)record.timeouts,
		   (u64)record.resets, (u64)record.unexpected);
	seq_escape(m, context->comm, "\n\\");
	seq_putc(m, '\n');
}

/* The card may sleep, or be gone. */
static int groq_debugfs_contexts(struct seq_file *m, void *data)
{
	struct drm_debugfs_entry *entry = m->private;
	struct groq_device *gdev = to_groq_device(entry->dev);
	struct groq_context *context;

	seq_puts(m, "context      pid kind      queues       sram       jobs   faults timeouts   resets unexpected process\n");
	/* Queues and windows change under the first, contexts come and go under the second. */
	guard(mutex)(&gdev->reset.lock);
	guard(mutex)(&gdev->contexts.lock);
	list_for_each_entry(context, &gdev->contexts.list, link)
		groq_debugfs_show_context(m, context);
	return 0;
}

static const char * const groq_debugfs_kinds[] = {
	[GROQ_MAPPING_BUFFER] = "buffer",
	[GROQ_MAPPING_PINNED] = "pinned",
	[GROQ_MAPPING_FIXED] = "fixed",
	[GROQ_MAPPING_IMPORT] = "import",
};

static int groq_debugfs_buffers(struct seq_file *m, void *data)
{
	struct drm_debugfs_entry *entry = m->private;
	struct groq_mappings *mappings = &to_groq_device(entry->dev)->mappings;
	struct groq_mapping *mapping;
	unsigned long flags;

	seq_puts(m, "kind         size  extents      address\n");
	spin_lock_irqsave(&mappings->lock, flags);
	list_for_each_entry(mapping, &mappings->list, link)
		seq_printf(m, "%-6s %10llu %8zu %#12llx\n",
			   groq_debugfs_kinds[mapping->kind], mapping->extents.size,
			   mapping->extents.count, (u64)mapping->extents.list[0].address);
	spin_unlock_irqrestore(&mappings->lock, flags);
	return 0;
}

void groq_debugfs_init(struct groq_device *gdev)
{
	drm_debugfs_add_file(&gdev->drm, "buffers", groq_debugfs_buffers, NULL);
	drm_debugfs_add_file(&gdev->drm, "contexts", groq_debugfs_contexts, NULL);
	drm_debugfs_add_file(&gdev->drm, "queues", groq_debugfs_queues, NULL);
	drm_debugfs_add_file(&gdev->drm, "registers", groq_debugfs_registers, NULL);
}
