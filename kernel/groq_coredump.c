// SPDX-License-Identifier: GPL-2.0-only
/*
 * A dump is taken where something has gone wrong, under gdev->reset.lock and before
 * anything is done about it. That is in the way of fences, so nothing is allocated
 * there: the dump goes into memory that lies ready. A work hands it over, and takes
 * dumps of failed commands, which are found in the interrupt.
 *
 * There are neither kernel pointers nor bus addresses in it.
 */

#include <linux/devcoredump.h>
#include <linux/dma-fence.h>
#include <linux/pid.h>
#include <linux/sched.h>
#include <linux/utsname.h>
#include <linux/vmalloc.h>

#include <hw/groq_regs.h>

#include "groq_coredump.h"
#include "groq_drv.h"
#include "groq_job.h"
#include "groq_queue.h"

/* Of each queue the oldest jobs, up to so many commands. */
#define GROQ_COREDUMP_COMMANDS_OF_QUEUE	128
#define GROQ_COREDUMP_COMMANDS_MAX	(GROQ_QUEUES * GROQ_COREDUMP_COMMANDS_OF_QUEUE)

/* Failed commands may come as fast as a program likes. */
#define GROQ_COREDUMP_INTERVAL	(5 * HZ)
#define GROQ_COREDUMP_BURST	10

static const u32 groq_coredump_card_registers[] = {
	GROQ_ID, GROQ_VERSION, GROQ_FEATURES, GROQ_FEATURES + 4, GROQ_QUEUE_COUNT,
	GROQ_VECTOR_COUNT, GROQ_SRAM_SIZE, GROQ_SRAM_SIZE + 4, GROQ_LINK_COUNT,
	GROQ_CLOCK_KHZ, GROQ_STATUS, GROQ_CYCLES, GROQ_CYCLES + 4, GROQ_INTR_STATUS,
	GROQ_INTR_ENABLE, GROQ_QUEUE_ERRORS, GROQ_ECC_CORRECTED, GROQ_ECC_CORRECTED + 4,
	GROQ_ECC_UNCORRECTED, GROQ_ECC_UNCORRECTED + 4, GROQ_PROGRAMS_DONE,
	GROQ_PROGRAMS_DONE + 4, GROQ_PROGRAMS_FAULTED, GROQ_PROGRAMS_FAULTED + 4,
	GROQ_BYTES_IN, GROQ_BYTES_IN + 4, GROQ_BYTES_OUT, GROQ_BYTES_OUT + 4,
	GROQ_TELEMETRY_HEARTBEAT, GROQ_TELEMETRY_UPTIME_S, GROQ_TELEMETRY_THROTTLE,
	GROQ_TELEMETRY_CHIP_MC, GROQ_TELEMETRY_BOARD_MC, GROQ_TELEMETRY_POWER_MW,
	GROQ_TELEMETRY_POWER_CAP_MW, GROQ_TELEMETRY_CORE_MV, GROQ_TELEMETRY_CORE_MA,
	GROQ_TELEMETRY_CLOCK_KHZ,
};

static const u32 groq_coredump_link_registers[] = {
	GROQ_LINK_STATE, GROQ_LINK_CONTROL, GROQ_LINK_PEER_SERIAL, GROQ_LINK_PEER_SERIAL + 4,
	GROQ_LINK_PEER_LINK, GROQ_LINK_ACTIVE_LANES, GROQ_LINK_TEST_STATUS,
};

static const u32 groq_coredump_link_counters[] = {
	GROQ_LINK_SENT, GROQ_LINK_SENT + 4, GROQ_LINK_RECEIVED, GROQ_LINK_RECEIVED + 4,
	GROQ_LINK_CORRECTED, GROQ_LINK_CORRECTED + 4, GROQ_LINK_UNCORRECTED,
	GROQ_LINK_UNCORRECTED + 4, GROQ_LINK_DOWNS, GROQ_LINK_DOWNS + 4,
};

/* But for those that hold bus addresses. */
static const u32 groq_coredump_queue_registers[] = {
	GROQ_QUEUE_SIZE, GROQ_QUEUE_VECTOR, GROQ_QUEUE_CONTROL, GROQ_QUEUE_STATUS,
	GROQ_QUEUE_SQ_HEAD, GROQ_QUEUE_SQ_TAIL, GROQ_QUEUE_CQ_HEAD, GROQ_QUEUE_CQ_TAIL,
};

static const u32 groq_coredump_window_registers[] = {
	GROQ_WINDOW_BASE, GROQ_WINDOW_SIZE, GROQ_WINDOW_ACCESS,
};

#define GROQ_COREDUMP_QUEUE_REGISTERS_MAX				\
	(ARRAY_SIZE(groq_coredump_queue_registers) +			\
	 GROQ_QUEUE_WINDOWS * ARRAY_SIZE(groq_coredump_window_registers))
#define GROQ_COREDUMP_LINK_REGISTERS					\
	(ARRAY_SIZE(groq_coredump_link_registers) +			\
	 ARRAY_SIZE(groq_coredump_link_counters))
#define GROQ_COREDUMP_REGISTERS_MAX					\
	(ARRAY_SIZE(groq_coredump_card_registers) +			\
	 GROQ_LINKS * GROQ_COREDUMP_LINK_REGISTERS +			\
	 GROQ_QUEUES * GROQ_COREDUMP_QUEUE_REGISTERS_MAX)

/* In the order in which they come in the file. */
enum groq_coredump_part {
	GROQ_COREDUMP_PART_REGISTERS,
	GROQ_COREDUMP_PART_QUEUES,
	GROQ_COREDUMP_PART_FAULTS,
	GROQ_COREDUMP_PART_JOBS,
	GROQ_COREDUMP_PART_COMMANDS,
	GROQ_COREDUMP_PARTS,
};

/* Room for the largest dump. Packed before it is handed over. */
struct groq_coredump_room {
	struct groq_coredump header;
	struct groq_coredump_section section[GROQ_COREDUMP_PARTS];
	struct groq_coredump_register registers[GROQ_COREDUMP_REGISTERS_MAX];
	struct groq_coredump_queue queues[GROQ_QUEUES];
	struct groq_coredump_fault faults[1];
	struct groq_coredump_job jobs[GROQ_COREDUMP_COMMANDS_MAX];
	struct groq_coredump_command commands[GROQ_COREDUMP_COMMANDS_MAX];
};

static void groq_coredump_add_register(struct groq_coredump_room *room,
				       const struct groq_hw *hw, u32 offset)
{
	u64 *count = &room->section[GROQ_COREDUMP_PART_REGISTERS].count;

	room->registers[*count].offset = offset;
	room->registers[*count].value = groq_hw_read32(hw, offset);
	++*count;
}

static void groq_coredump_add_registers(struct groq_coredump_room *room,
					const struct groq_hw *hw, u32 base,
					const u32 *offsets, size_t count)
{
	while (count--)
		groq_coredump_add_register(room, hw, base + *offsets++);
}

static void groq_coredump_add_card(struct groq_coredump_room *room, const struct groq_hw *hw)
{
	u32 n;

	groq_coredump_add_registers(room, hw, 0, groq_coredump_card_registers,
				    ARRAY_SIZE(groq_coredump_card_registers));
	for (n = 0; n < hw->link_count; n++) {
		groq_coredump_add_registers(room, hw, GROQ_LINK(n), groq_coredump_link_registers,
					    ARRAY_SIZE(groq_coredump_link_registers));
		groq_coredump_add_registers(room, hw, GROQ_LINK_COUNTERS(n),
					    groq_coredump_link_counters,
					    ARRAY_SIZE(groq_coredump_link_counters));
	}
}

static void groq_coredump_add_windows(struct groq_coredump_room *room,
				      const struct groq_queue *queue)
{
	unsigned int i;

	for (i = 0; i < GROQ_QUEUE_WINDOWS; i++)
		if (queue->windows->window[i].size)
			groq_coredump_add_registers(room, &queue->gdev->hw,
						    GROQ_QUEUE(queue->index) + GROQ_QUEUE_WINDOW(i),
						    groq_coredump_window_registers,
						    ARRAY_SIZE(groq_coredump_window_registers));
}

static void groq_coredump_describe(struct groq_coredump_queue *entry,
				   const struct groq_queue *queue)
{
	lockdep_assert_held(&queue->lock);
	entry->index = queue->index;
	entry->state = queue->state;
	entry->priority = queue->priority;
	entry->tail = queue->ring.tail;
	entry->head = queue->ring.head;
	entry->seqno = queue->seqno;
	if (!queue->context)
		return;
	entry->pid = pid_nr(queue->context->pid);
	memcpy(entry->comm, queue->context->comm, sizeof(entry->comm));
}

static void groq_coredump_add_job(struct groq_coredump_room *room,
				  const struct groq_job *job, u32 state)
{
	u64 *commands = &room->section[GROQ_COREDUMP_PART_COMMANDS].count;
	struct groq_coredump_job *entry;
	u32 i;

	entry = &room->jobs[room->section[GROQ_COREDUMP_PART_JOBS].count++];
	entry->queue = job->queue->index;
	entry->state = state;
	entry->seqno = job->fence->seqno;
	entry->commands = job->count;
	entry->done = job->done;
	for (i = 0; i < job->count; i++) {
		const struct drm_groq_command *request = &job->steps[i].request;

		room->commands[(*commands)++] = (struct groq_coredump_command){
			.type = request->type,
			.rows = request->rows,
			.bo_offset = request->bo_offset,
			.sram = request->sram,
			.size = request->size,
			.expected = request->expected,
		};
	}
}

/* Of @jobs those that fit. Returns how many more commands do. */
static u32 groq_coredump_add_jobs(struct groq_coredump_room *room,
				  const struct list_head *jobs, u32 state, u32 left)
{
	const struct groq_job *job;

	list_for_each_entry(job, jobs, node) {
		if (job->count > left)
			return 0;
		groq_coredump_add_job(room, job, state);
		left -= job->count;
	}
	return left;
}

static void groq_coredump_add_queue(struct groq_coredump_room *room, struct groq_queue *queue,
				    bool present)
{
	const struct groq_hw *hw = &queue->gdev->hw;
	struct groq_coredump_queue *entry;
	unsigned long flags;
	u32 left = GROQ_COREDUMP_COMMANDS_OF_QUEUE;

	entry = &room->queues[room->section[GROQ_COREDUMP_PART_QUEUES].count++];
	if (present) {
		entry->status = groq_hw_queue_status(hw, queue->index);
		groq_coredump_add_registers(room, hw, GROQ_QUEUE(queue->index),
					    groq_coredump_queue_registers,
					    ARRAY_SIZE(groq_coredump_queue_registers));
		groq_coredump_add_windows(room, queue);
	}
	spin_lock_irqsave(&queue->lock, flags);
	groq_coredump_describe(entry, queue);
	left = groq_coredump_add_jobs(room, &queue->running, 1, left);
	groq_coredump_add_jobs(room, &queue->waiting, 0, left);
	spin_unlock_irqrestore(&queue->lock, flags);
}

static void groq_coredump_add_fault(struct groq_coredump_room *room,
				    struct groq_coredumps *dumps)
{
	unsigned long flags;

	spin_lock_irqsave(&dumps->lock, flags);
	if (dumps->noted) {
		room->faults[0] = dumps->fault;
		room->section[GROQ_COREDUMP_PART_FAULTS].count = 1;
		dumps->noted = false;
	}
	spin_unlock_irqrestore(&dumps->lock, flags);
}

static void groq_coredump_forget_fault(struct groq_coredumps *dumps)
{
	unsigned long flags;

	spin_lock_irqsave(&dumps->lock, flags);
	dumps->noted = false;
	spin_unlock_irqrestore(&dumps->lock, flags);
}

static void groq_coredump_begin(struct groq_coredump_room *room, struct groq_device *gdev,
				enum groq_coredump_reason reason, bool present)
{
	room->header = (struct groq_coredump){
		.magic = GROQ_COREDUMP_MAGIC,
		.version = GROQ_COREDUMP_VERSION,
		.reason = reason,
		.time_ns = ktime_get_real_ns(),
		.serial = gdev->hw.serial,
		.device_time_ns = present ? groq_hw_read64(&gdev->hw, GROQ_TIME) : 0,
		.hw_version = gdev->hw.version,
		.firmware = present ? groq_hw_read32(&gdev->hw, GROQ_TELEMETRY_FIRMWARE) : 0,
		.queue = U32_MAX,
		.resets = atomic_read(&gdev->reset.count),
		.section_count = GROQ_COREDUMP_PARTS,
	};
	strscpy(room->header.pci, dev_name(gdev->drm.dev));
	strscpy(room->header.driver, GROQ_DRIVER_VERSION);
	strscpy(room->header.kernel, init_utsname()->release);
}

/* Moves the entries of a section to where the file ends so far. */
static void groq_coredump_pack_section(struct groq_coredump_room *room,
				       enum groq_coredump_part part,
				       enum groq_coredump_type type,
				       const void *entries, u32 entry_bytes)
{
	struct groq_coredump_section *section = &room->section[part];
	size_t bytes = section->count * entry_bytes;

	section->type = type;
	section->entry_bytes = entry_bytes;
	section->offset = room->header.bytes;
	memmove((void *)room + section->offset, entries, bytes);
	room->header.bytes += bytes;
}

static size_t groq_coredump_pack(struct groq_coredump_room *room)
{
	room->header.bytes = offsetof(struct groq_coredump_room, registers);
	groq_coredump_pack_section(room, GROQ_COREDUMP_PART_REGISTERS, GROQ_COREDUMP_REGISTERS,
				   room->registers, sizeof(*room->registers));
	groq_coredump_pack_section(room, GROQ_COREDUMP_PART_QUEUES, GROQ_COREDUMP_QUEUES,
				   room->queues, sizeof(*room->queues));
	groq_coredump_pack_section(room, GROQ_COREDUMP_PART_FAULTS, GROQ_COREDUMP_FAULTS,
				   room->faults, sizeof(*room->faults));
	groq_coredump_pack_section(room, GROQ_COREDUMP_PART_JOBS, GROQ_COREDUMP_JOBS,
				   room->jobs, sizeof(*room->jobs));
	groq_coredump_pack_section(room, GROQ_COREDUMP_PART_COMMANDS, GROQ_COREDUMP_COMMANDS,
				   room->commands, sizeof(*room->commands));
	return room->header.bytes;
}

/*
 * @queue: what it is about, or NULL. While one dump is on its way there is no
 * other: what went wrong first matters most.
 */
void groq_coredump_take(struct groq_device *gdev, enum groq_coredump_reason reason,
			struct groq_queue *queue)
{
	struct groq_coredumps *dumps = &gdev->coredumps;
	struct groq_coredump_room *room = dumps->room;
	bool present = !gdev->reset.gone && !gdev->reset.offline &&
		       groq_hw_present(&gdev->hw);
	struct groq_queue *other;
	unsigned long i;

	lockdep_assert_held(&gdev->reset.lock);
	if (!room || dumps->bytes) {
		groq_coredump_forget_fault(dumps);
		return;
	}
	groq_coredump_begin(room, gdev, reason, present);
	if (present)
		groq_coredump_add_card(room, &gdev->hw);
	xa_for_each(&gdev->queues, i, other)
		groq_coredump_add_queue(room, other, present);
	groq_coredump_add_fault(room, dumps);
	if (queue)
		room->header.queue = queue->index;
	else if (room->section[GROQ_COREDUMP_PART_FAULTS].count)
		room->header.queue = room->faults[0].queue;
	dumps->bytes = groq_coredump_pack(room);
	schedule_work(&dumps->work);
}

/* The chip has completed the next command, wrongly. With the queue's lock held. */
void groq_coredump_note_fault(struct groq_job *job, enum drm_groq_status status,
			      const struct groq_outcome *outcome)
{
	struct groq_coredumps *dumps = &job->queue->gdev->coredumps;
	const struct groq_context *context = job->queue->context;
	struct drm_groq_result result = {
		.fault_address = U64_MAX,
		.fault_unit = U32_MAX,
		.fault_text = U32_MAX,
	};

	/* The queue's lock has interrupts off. */
	spin_lock(&dumps->lock);
	if (dumps->noted || !__ratelimit(&dumps->ratelimit)) {
		spin_unlock(&dumps->lock);
		return;
	}
	if (outcome->has_fault)
		groq_result_set_fault(&result, &job->steps[job->done], &outcome->fault);
	dumps->fault = (struct groq_coredump_fault){
		.status = status,
		.cause = result.fault_cause,
		.cycle = result.fault_cycle,
		.address = result.fault_address,
		.unit = result.fault_unit,
		.text = result.fault_text,
		.detail = result.fault_detail,
		.queue = job->queue->index,
		.seqno = job->fence->seqno,
		.command = job->done,
		.pid = context ? pid_nr(context->pid) : 0,
	};
	memcpy(dumps->fault.instruction, result.fault_instruction,
	       sizeof(dumps->fault.instruction));
	if (context)
		memcpy(dumps->fault.comm, context->comm, sizeof(dumps->fault.comm));
	dumps->noted = true;
	spin_unlock(&dumps->lock);
	schedule_work(&dumps->work);
}

/* Memory for the next dump, where allocating it harms nobody. */
static void groq_coredump_make_room(struct groq_device *gdev)
{
	struct groq_coredump_room *room;

	if (!IS_ENABLED(CONFIG_DEV_COREDUMP) || READ_ONCE(gdev->coredumps.room))
		return;
	room = vzalloc(sizeof(*room));
	scoped_guard(mutex, &gdev->reset.lock)
		if (!gdev->coredumps.room)
			swap(gdev->coredumps.room, room);
	vfree(room);
}

static void groq_coredump_work(struct work_struct *work)
{
	struct groq_coredumps *dumps = container_of(work, struct groq_coredumps, work);
	struct groq_device *gdev = container_of(dumps, struct groq_device, coredumps);
	struct groq_coredump_room *room = NULL;
	size_t bytes;

	groq_coredump_make_room(gdev);
	scoped_guard(mutex, &gdev->reset.lock) {
		if (READ_ONCE(dumps->noted))
			groq_coredump_take(gdev, GROQ_COREDUMP_FAULT, NULL);
		bytes = dumps->bytes;
		dumps->bytes = 0;
		if (bytes)
			swap(room, dumps->room);
	}
	if (bytes)
		dev_coredumpv(gdev->drm.dev, room, bytes, GFP_KERNEL);
	groq_coredump_make_room(gdev);
}

static void groq_coredump_fini(void *data)
{
	struct groq_device *gdev = data;

	/* A dump that was taken at last is handed over, and outlives the driver. */
	flush_work(&gdev->coredumps.work);
	vfree(gdev->coredumps.room);
}

int groq_coredump_init(struct groq_device *gdev)
{
	struct groq_coredumps *dumps = &gdev->coredumps;

	INIT_WORK(&dumps->work, groq_coredump_work);
	spin_lock_init(&dumps->lock);
	ratelimit_state_init(&dumps->ratelimit, GROQ_COREDUMP_INTERVAL, GROQ_COREDUMP_BURST);
	/* It says nothing of those that it holds back: that is some user's mistake. */
	ratelimit_set_flags(&dumps->ratelimit, RATELIMIT_MSG_ON_RELEASE);
	if (IS_ENABLED(CONFIG_DEV_COREDUMP))
		dumps->room = vzalloc(sizeof(*dumps->room));
	return devm_add_action_or_reset(gdev->drm.dev, groq_coredump_fini, gdev);
}
