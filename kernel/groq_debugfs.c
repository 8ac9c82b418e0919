// SPDX-License-Identifier: GPL-2.0-only
/* Files in /sys/kernel/debug/accel/N. No promise is made about their format. */

#include <linux/seq_file.h>

#include <drm/drm_debugfs.h>

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

static int groq_debugfs_queues(struct seq_file *m, void *data)
{
	struct drm_debugfs_entry *entry = m->private;
	struct drm_device *drm = entry->dev;
	struct groq_device *gdev = to_groq_device(drm);
	struct groq_queue *queue;
	int idx, ret;
	unsigned long i;

	if (!groq_device_enter(drm, &idx))
		return -ENODEV;
	ret = groq_power_get(gdev);
	if (ret)
		goto exit;
	seq_puts(m, "queue priority state        status  tail  head  used  waiting  running       jobs\n");
	scoped_guard(mutex, &gdev->reset.lock)
		xa_for_each(&gdev->queues, i, queue)
			groq_debugfs_show_queue(m, queue);
	groq_power_put(gdev);
exit:
	groq_device_exit(idx);
	return ret;
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
	drm_debugfs_add_file(&gdev->drm, "queues", groq_debugfs_queues, NULL);
}
