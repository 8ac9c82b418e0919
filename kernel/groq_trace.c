// SPDX-License-Identifier: GPL-2.0-only
/* The trace events, made from their header. */

#include <linux/dma-fence.h>
#include <linux/pid.h>

#include "groq_drv.h"
#include "groq_job.h"
#include "groq_queue.h"

#ifndef __CHECKER__	/* sparse cannot parse what this makes */
#define CREATE_TRACE_POINTS
#include "groq_trace.h"
#endif
