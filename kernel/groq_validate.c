// SPDX-License-Identifier: GPL-2.0-only
/* Validation of submissions, in the terms of include/uapi/drm/groq_accel.h. */

#include <linux/align.h>
#include <linux/errno.h>
#include <linux/overflow.h>

#include <hw/groq_queue.h>
#include <hw/groq_regs.h>
#include <hw/groq_sram.h>
#include <uapi/drm/groq_accel.h>

#include "groq_validate.h"
#include "groq_window.h"

#define GROQ_LAUNCH_ALIGN	16

/* The header of a submission; its arrays are not looked at. */
int groq_validate_submit(const struct drm_groq_submit *submit)
{
	if (submit->flags || !submit->command_count)
		return -EINVAL;
	if (submit->command_count > DRM_GROQ_COMMANDS_MAX ||
	    submit->wait_count > DRM_GROQ_SYNCS_MAX ||
	    submit->signal_count > DRM_GROQ_SYNCS_MAX)
		return -E2BIG;
	if (!submit->result_bo && submit->result_offset)
		return -EINVAL;
	return 0;
}

int groq_validate_results(const struct drm_groq_submit *submit, u64 bo_size)
{
	u64 bytes = submit->command_count * sizeof(struct drm_groq_result);

	if (!IS_ALIGNED(submit->result_offset, 8) || bytes > bo_size ||
	    submit->result_offset > bo_size - bytes)
		return -EINVAL;
	return 0;
}

/* First byte after the last row; false if that is beyond 64 bits. */
static bool groq_copy_end(u64 offset, u64 stride, u64 size, u32 rows, u64 *end)
{
	u64 skipped;

	return !check_mul_overflow(stride, (u64)(rows - 1), &skipped) &&
	       !check_add_overflow(offset, skipped, end) &&
	       !check_add_overflow(*end, size, end);
}

static int groq_validate_nop(const struct drm_groq_command *command)
{
	return command->bo || command->rows || command->bo_offset || command->sram ||
	       command->size || command->bo_stride || command->sram_stride ?
	       -EINVAL : 0;
}

static int groq_validate_strides(const struct drm_groq_command *command)
{
	if (command->rows == 1)
		return command->bo_stride || command->sram_stride ? -EINVAL : 0;
	return command->bo_stride < command->size ||
	       command->sram_stride < command->size ? -EINVAL : 0;
}

static int groq_validate_copy(const struct drm_groq_command *command, u64 sram_bytes)
{
	u64 end;

	if (!command->rows || !command->size || groq_validate_strides(command))
		return -EINVAL;
	if (command->rows > GROQ_SCATTER_MAX)
		return -E2BIG;
	if (!groq_copy_end(command->sram, command->sram_stride, command->size,
			   command->rows, &end) || end > sram_bytes)
		return -EACCES;
	return 0;
}

static int groq_validate_run(const struct drm_groq_command *command, u64 sram_bytes)
{
	u64 bytes = (u64)command->rows * sizeof(struct groq_launch);

	if (command->bo || command->bo_offset || command->bo_stride ||
	    command->sram_stride || !command->size || !command->rows ||
	    command->rows > GROQ_ICUS_ALL ||
	    !IS_ALIGNED(command->sram, GROQ_LAUNCH_ALIGN))
		return -EINVAL;
	if (bytes > sram_bytes || command->sram > sram_bytes - bytes)
		return -EACCES;
	return 0;
}

/* All that can be said of a command without its buffer and its context. */
int groq_validate_command(const struct drm_groq_command *command, u64 sram_bytes)
{
	if (command->flags)
		return -EINVAL;
	if (command->expected && command->type != DRM_GROQ_COMMAND_RUN)
		return -EINVAL;
	switch (command->type) {
	case DRM_GROQ_COMMAND_NOP:
		return groq_validate_nop(command);
	case DRM_GROQ_COMMAND_COPY_IN:
	case DRM_GROQ_COMMAND_COPY_OUT:
		return groq_validate_copy(command, sram_bytes);
	case DRM_GROQ_COMMAND_RUN:
		return groq_validate_run(command, sram_bytes);
	default:
		return -EINVAL;
	}
}

/* Host bytes from the first to the last of a copy that groq_validate_command() let pass. */
int groq_validate_span(const struct drm_groq_command *command, u64 *bytes)
{
	return groq_copy_end(0, command->bo_stride, command->size, command->rows, bytes) ?
	       0 : -EINVAL;
}

/* Of a copy that groq_validate_command() let pass. */
int groq_validate_buffer(const struct drm_groq_command *command, u64 bo_size)
{
	u64 end;

	if (!groq_copy_end(command->bo_offset, command->bo_stride, command->size,
			   command->rows, &end) || end > bo_size)
		return -EINVAL;
	return 0;
}

static int groq_validate_rows(const struct drm_groq_command *command,
			      const struct groq_windows *windows)
{
	u64 end = command->sram + command->sram_stride * (command->rows - 1) + command->size;
	u32 row;

	if (groq_windows_hold(windows, command->sram, end - command->sram))
		return 0;
	for (row = 0; row < command->rows; row++)
		if (!groq_windows_hold(windows, command->sram + row * command->sram_stride,
				       command->size))
			return -EACCES;
	return 0;
}

/* Of a command that groq_validate_command() let pass. */
int groq_validate_access(const struct drm_groq_command *command,
			 const struct groq_windows *windows)
{
	switch (command->type) {
	case DRM_GROQ_COMMAND_COPY_IN:
	case DRM_GROQ_COMMAND_COPY_OUT:
		return groq_validate_rows(command, windows);
	case DRM_GROQ_COMMAND_RUN:
		return groq_windows_hold(windows, command->sram,
					 command->rows * sizeof(struct groq_launch)) ?
		       0 : -EACCES;
	default:
		return 0;
	}
}

/* The array of links is not looked at. */
int groq_validate_topology(const struct drm_groq_topology *topology)
{
	return topology->flags || !topology->count != !topology->links ? -EINVAL : 0;
}

int groq_validate_link_align(const struct drm_groq_link_align *align, u32 link_count)
{
	return (align->flags & ~DRM_GROQ_LINK_ALIGN_ADJUST) || align->reserved ||
	       align->link >= link_count || !align->samples ||
	       align->samples > GROQ_LINK_ALIGN_SAMPLES ?
	       -EINVAL : 0;
}
