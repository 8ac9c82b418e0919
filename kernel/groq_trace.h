/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Trace events: the stages of each job, and what befalls the card. A card is named by
 * its PCI address; a job by card, hardware queue and its number in that.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM groq

#if !defined(GROQ_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define GROQ_TRACE_H

#include <linux/dma-fence.h>
#include <linux/tracepoint.h>

#include <hw/groq_regs.h>
#include <uapi/drm/groq_accel.h>

struct groq_context;
struct groq_device;
struct groq_hw_link;
struct groq_job;
struct groq_outcome;
struct groq_queue;

#ifndef GROQ_TRACE_STEPS
#define GROQ_TRACE_STEPS
/* What is done about a card that does not do as it should. */
enum groq_trace_step {
	GROQ_TRACE_QUEUE,	/* a queue is set up again */
	GROQ_TRACE_CHIP,	/* the chip is reset */
	GROQ_TRACE_FUNCTION,	/* the PCI function is reset */
	GROQ_TRACE_OFFLINE,	/* somebody else is about to reset the card */
	GROQ_TRACE_ONLINE,	/* and has done so */
	GROQ_TRACE_LOST,	/* the card is given up */
};
#endif

TRACE_DEFINE_ENUM(GROQ_TRACE_QUEUE);
TRACE_DEFINE_ENUM(GROQ_TRACE_CHIP);
TRACE_DEFINE_ENUM(GROQ_TRACE_FUNCTION);
TRACE_DEFINE_ENUM(GROQ_TRACE_OFFLINE);
TRACE_DEFINE_ENUM(GROQ_TRACE_ONLINE);
TRACE_DEFINE_ENUM(GROQ_TRACE_LOST);

#define groq_trace_show_step(step)			\
	__print_symbolic(step,				\
			 { GROQ_TRACE_QUEUE, "queue" },	\
			 { GROQ_TRACE_CHIP, "chip" },	\
			 { GROQ_TRACE_FUNCTION, "function" }, \
			 { GROQ_TRACE_OFFLINE, "offline" }, \
			 { GROQ_TRACE_ONLINE, "online" }, \
			 { GROQ_TRACE_LOST, "lost" })

TRACE_DEFINE_ENUM(DRM_GROQ_STATUS_PENDING);
TRACE_DEFINE_ENUM(DRM_GROQ_STATUS_OK);
TRACE_DEFINE_ENUM(DRM_GROQ_STATUS_FAULT);
TRACE_DEFINE_ENUM(DRM_GROQ_STATUS_ACCESS);
TRACE_DEFINE_ENUM(DRM_GROQ_STATUS_DMA);
TRACE_DEFINE_ENUM(DRM_GROQ_STATUS_INVALID);
TRACE_DEFINE_ENUM(DRM_GROQ_STATUS_TIMEOUT);
TRACE_DEFINE_ENUM(DRM_GROQ_STATUS_CANCELED);
TRACE_DEFINE_ENUM(DRM_GROQ_STATUS_RESET);
TRACE_DEFINE_ENUM(DRM_GROQ_STATUS_LOST);

#define groq_trace_show_status(status)				\
	__print_symbolic(status,				\
			 { DRM_GROQ_STATUS_PENDING, "PENDING" },	\
			 { DRM_GROQ_STATUS_OK, "OK" },		\
			 { DRM_GROQ_STATUS_FAULT, "FAULT" },	\
			 { DRM_GROQ_STATUS_ACCESS, "ACCESS" },	\
			 { DRM_GROQ_STATUS_DMA, "DMA" },	\
			 { DRM_GROQ_STATUS_INVALID, "INVALID" },	\
			 { DRM_GROQ_STATUS_TIMEOUT, "TIMEOUT" },	\
			 { DRM_GROQ_STATUS_CANCELED, "CANCELED" },	\
			 { DRM_GROQ_STATUS_RESET, "RESET" },	\
			 { DRM_GROQ_STATUS_LOST, "LOST" })

TRACE_DEFINE_ENUM(DRM_GROQ_COMMAND_NOP);
TRACE_DEFINE_ENUM(DRM_GROQ_COMMAND_COPY_IN);
TRACE_DEFINE_ENUM(DRM_GROQ_COMMAND_COPY_OUT);
TRACE_DEFINE_ENUM(DRM_GROQ_COMMAND_RUN);

#define groq_trace_show_command(type)				\
	__print_symbolic(type,					\
			 { DRM_GROQ_COMMAND_NOP, "NOP" },	\
			 { DRM_GROQ_COMMAND_COPY_IN, "COPY_IN" },	\
			 { DRM_GROQ_COMMAND_COPY_OUT, "COPY_OUT" },	\
			 { DRM_GROQ_COMMAND_RUN, "RUN" })

/* GROQ_LINK_* are macros: the format has their numbers. */
#define groq_trace_show_link(state)			\
	__print_symbolic(state,				\
			 { GROQ_LINK_ABSENT, "absent" }, \
			 { GROQ_LINK_DOWN, "down" },	\
			 { GROQ_LINK_TRAINING, "training" }, \
			 { GROQ_LINK_UP, "up" },	\
			 { GROQ_LINK_DEGRADED, "degraded" })

/* pid: of the process that made the context, 0 for the driver's own queue. */
DECLARE_EVENT_CLASS(groq_context,
		    TP_PROTO(const struct groq_context *context),
		    TP_ARGS(context),
		    TP_STRUCT__entry(__string(card, dev_name(context->gdev->drm.dev))
				     __field(u32, context)
				     __field(pid_t, pid)
				     __field(bool, exclusive)),
		    TP_fast_assign(__assign_str(card);
				   __entry->context = context->id;
				   __entry->pid = pid_nr(context->pid);
				   __entry->exclusive = context->exclusive;),
		    TP_printk("card=%s context=%u pid=%d exclusive=%d", __get_str(card),
			      __entry->context, __entry->pid, __entry->exclusive));

DEFINE_EVENT(groq_context, groq_context_create,
	     TP_PROTO(const struct groq_context *context),
	     TP_ARGS(context));

DEFINE_EVENT(groq_context, groq_context_destroy,
	     TP_PROTO(const struct groq_context *context),
	     TP_ARGS(context));

DECLARE_EVENT_CLASS(groq_queue,
		    TP_PROTO(const struct groq_queue *queue),
		    TP_ARGS(queue),
		    TP_STRUCT__entry(__string(card, dev_name(queue->gdev->drm.dev))
				     __field(u32, queue)
				     __field(u32, priority)
				     __field(u32, context)
				     __field(pid_t, pid)),
		    TP_fast_assign(const struct groq_context *context = queue->context;

				   __assign_str(card);
				   __entry->queue = queue->index;
				   __entry->priority = queue->priority;
				   __entry->context = context ? context->id : 0;
				   __entry->pid = context ? pid_nr(context->pid) : 0;),
		    TP_printk("card=%s queue=%u priority=%u context=%u pid=%d", __get_str(card),
			      __entry->queue, __entry->priority, __entry->context, __entry->pid));

DEFINE_EVENT(groq_queue, groq_queue_create,
	     TP_PROTO(const struct groq_queue *queue),
	     TP_ARGS(queue));

DEFINE_EVENT(groq_queue, groq_queue_destroy,
	     TP_PROTO(const struct groq_queue *queue),
	     TP_ARGS(queue));

/* A command was in work for longer than it may be. */
DEFINE_EVENT(groq_queue, groq_queue_timeout,
	     TP_PROTO(const struct groq_queue *queue),
	     TP_ARGS(queue));

DECLARE_EVENT_CLASS(groq_range,
		    TP_PROTO(const struct groq_device *gdev, u64 address, u64 size),
		    TP_ARGS(gdev, address, size),
		    TP_STRUCT__entry(__string(card, dev_name(gdev->drm.dev))
				     __field(u64, address)
				     __field(u64, size)),
		    TP_fast_assign(__assign_str(card);
				   __entry->address = address;
				   __entry->size = size;),
		    TP_printk("card=%s address=%llu size=%llu", __get_str(card),
			      __entry->address, __entry->size));

DEFINE_EVENT(groq_range, groq_sram_reserve,
	     TP_PROTO(const struct groq_device *gdev, u64 address, u64 size),
	     TP_ARGS(gdev, address, size));

DEFINE_EVENT(groq_range, groq_sram_release,
	     TP_PROTO(const struct groq_device *gdev, u64 address, u64 size),
	     TP_ARGS(gdev, address, size));

DECLARE_EVENT_CLASS(groq_memory,
		    TP_PROTO(const struct groq_device *gdev, u64 size, u32 pieces),
		    TP_ARGS(gdev, size, pieces),
		    TP_STRUCT__entry(__string(card, dev_name(gdev->drm.dev))
				     __field(u64, size)
				     __field(u32, pieces)),
		    TP_fast_assign(__assign_str(card);
				   __entry->size = size;
				   __entry->pieces = pieces;),
		    TP_printk("card=%s size=%llu pieces=%u", __get_str(card), __entry->size,
			      __entry->pieces));

/* Host memory becomes reachable for the card, in so many contiguous pieces. */
DEFINE_EVENT(groq_memory, groq_memory_map,
	     TP_PROTO(const struct groq_device *gdev, u64 size, u32 pieces),
	     TP_ARGS(gdev, size, pieces));

DEFINE_EVENT(groq_memory, groq_memory_unmap,
	     TP_PROTO(const struct groq_device *gdev, u64 size, u32 pieces),
	     TP_ARGS(gdev, size, pieces));

DECLARE_EVENT_CLASS(groq_job,
		    TP_PROTO(const struct groq_job *job),
		    TP_ARGS(job),
		    TP_STRUCT__entry(__string(card, dev_name(job->queue->gdev->drm.dev))
				     __field(u32, queue)
				     __field(u64, seqno)
				     __field(u32, commands)
				     __field(u32, context)
				     __field(pid_t, pid)
				     __field(int, error)
				     __field(u64, tag)),
		    TP_fast_assign(const struct groq_context *context = job->queue->context;

				   __assign_str(card);
				   __entry->queue = job->queue->index;
				   __entry->seqno = job->fence->seqno;
				   __entry->commands = job->count;
				   __entry->context = context ? context->id : 0;
				   __entry->pid = context ? pid_nr(context->pid) : 0;
				   __entry->error = job->error;
				   __entry->tag = job->tag;),
		    TP_printk("card=%s queue=%u seqno=%llu commands=%u context=%u pid=%d error=%d tag=%llu",
			      __get_str(card), __entry->queue, __entry->seqno, __entry->commands,
			      __entry->context, __entry->pid, __entry->error, __entry->tag));

/* Its queue has taken the job over. */
DEFINE_EVENT(groq_job, groq_job_submit,
	     TP_PROTO(const struct groq_job *job),
	     TP_ARGS(job));

/* Its waits are over and there is room: the chip gets it with the next doorbell. */
DEFINE_EVENT(groq_job, groq_job_emit,
	     TP_PROTO(const struct groq_job *job),
	     TP_ARGS(job));

/* It is to end early. */
DEFINE_EVENT(groq_job, groq_job_cancel,
	     TP_PROTO(const struct groq_job *job),
	     TP_ARGS(job));

/* All its commands have ended; its fence signals. */
DEFINE_EVENT(groq_job, groq_job_finish,
	     TP_PROTO(const struct groq_job *job),
	     TP_ARGS(job));

/*
 * A command has ended: completed by the chip, or without @outcome by the driver. A
 * RUN's result and expected are cycles, a copy's result is bytes.
 */
TRACE_EVENT(groq_command_done,
	    TP_PROTO(const struct groq_job *job, enum drm_groq_status status,
		     const struct groq_outcome *outcome),
	    TP_ARGS(job, status, outcome),
	    TP_STRUCT__entry(__string(card, dev_name(job->queue->gdev->drm.dev))
			     __field(u32, queue)
			     __field(u64, seqno)
			     __field(u32, command)
			     __field(u32, type)
			     __field(u32, status)
			     __field(u64, result)
			     __field(u64, expected)
			     __field(u64, device_time)),
	    TP_fast_assign(const struct groq_step *step = &job->steps[job->done];

			   __assign_str(card);
			   __entry->queue = job->queue->index;
			   __entry->seqno = job->fence->seqno;
			   __entry->command = job->done;
			   __entry->type = step->request.type;
			   __entry->status = status;
			   __entry->result = outcome ? outcome->result : 0;
			   __entry->expected = step->request.expected;
			   __entry->device_time = outcome ? outcome->time : 0;),
	    TP_printk("card=%s queue=%u seqno=%llu command=%u type=%s status=%s result=%llu expected=%llu device_time=%llu",
		      __get_str(card), __entry->queue, __entry->seqno, __entry->command,
		      groq_trace_show_command(__entry->type),
		      groq_trace_show_status(__entry->status), __entry->result,
		      __entry->expected, __entry->device_time));

TRACE_EVENT(groq_irq_queue,
	    TP_PROTO(const struct groq_queue *queue, bool any),
	    TP_ARGS(queue, any),
	    TP_STRUCT__entry(__string(card, dev_name(queue->gdev->drm.dev))
			     __field(u32, queue)
			     __field(bool, any)),
	    TP_fast_assign(__assign_str(card);
			   __entry->queue = queue->index;
			   __entry->any = any;),
	    TP_printk("card=%s queue=%u completions=%s", __get_str(card), __entry->queue,
		      __entry->any ? "some" : "none"));

TRACE_EVENT(groq_irq_device,
	    TP_PROTO(const struct groq_device *gdev, u32 causes),
	    TP_ARGS(gdev, causes),
	    TP_STRUCT__entry(__string(card, dev_name(gdev->drm.dev))
			     __field(u32, causes)),
	    TP_fast_assign(__assign_str(card);
			   __entry->causes = causes;),
	    TP_printk("card=%s causes=%s", __get_str(card),
		      __print_flags(__entry->causes, "|",
				    { GROQ_INTR_QUEUE_ERROR, "QUEUE_ERROR" },
				    { GROQ_INTR_FATAL, "FATAL" },
				    { GROQ_INTR_MAILBOX, "MAILBOX" },
				    { GROQ_INTR_ALARM, "ALARM" },
				    { GROQ_INTR_LINK, "LINK" })));

/* A link has changed. peer and lanes are 0 unless it is up. */
TRACE_EVENT(groq_link,
	    TP_PROTO(const struct groq_device *gdev, u32 n, const struct groq_hw_link *link,
		     u64 generation),
	    TP_ARGS(gdev, n, link, generation),
	    TP_STRUCT__entry(__string(card, dev_name(gdev->drm.dev))
			     __field(u32, link)
			     __field(u32, state)
			     __field(u64, peer_serial)
			     __field(u32, peer_link)
			     __field(u32, lanes)
			     __field(u64, generation)),
	    TP_fast_assign(__assign_str(card);
			   __entry->link = n;
			   __entry->state = link->state;
			   __entry->peer_serial = link->peer_serial;
			   __entry->peer_link = link->peer_link;
			   __entry->lanes = link->lanes;
			   __entry->generation = generation;),
	    TP_printk("card=%s link=%u state=%s peer=%016llx:%u lanes=%u generation=%llu",
		      __get_str(card), __entry->link, groq_trace_show_link(__entry->state),
		      __entry->peer_serial, __entry->peer_link, __entry->lanes,
		      __entry->generation));

/* @queue: what it is about, ~0: the whole card. */
TRACE_EVENT(groq_reset,
	    TP_PROTO(const struct groq_device *gdev, enum groq_trace_step step, u32 queue),
	    TP_ARGS(gdev, step, queue),
	    TP_STRUCT__entry(__string(card, dev_name(gdev->drm.dev))
			     __field(u32, step)
			     __field(u32, queue)
			     __field(u32, resets)),
	    TP_fast_assign(__assign_str(card);
			   __entry->step = step;
			   __entry->queue = queue;
			   __entry->resets = atomic_read(&gdev->reset.count);),
	    TP_printk("card=%s step=%s queue=%d resets=%u", __get_str(card),
		      groq_trace_show_step(__entry->step), (int)__entry->queue,
		      __entry->resets));

#endif /* GROQ_TRACE_H */

/* For a module outside of the kernel's tree; Kbuild says where this folder is. */
#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE groq_trace
#include <trace/define_trace.h>
