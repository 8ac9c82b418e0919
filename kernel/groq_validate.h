/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a command may say, and what may be asked of a link. Every door into the driver
 * asks here, and nothing that was not asked here reaches a ring. Pure: no locks, no
 * device.
 */
#ifndef GROQ_VALIDATE_H
#define GROQ_VALIDATE_H

#include <linux/types.h>

struct drm_groq_command;
struct drm_groq_link_align;
struct drm_groq_submit;
struct drm_groq_topology;
struct groq_windows;

int groq_validate_submit(const struct drm_groq_submit *submit);
int groq_validate_command(const struct drm_groq_command *command, u64 sram_bytes);
int groq_validate_span(const struct drm_groq_command *command, u64 *bytes);
int groq_validate_buffer(const struct drm_groq_command *command, u64 bo_size);
int groq_validate_access(const struct drm_groq_command *command,
			 const struct groq_windows *windows);
int groq_validate_results(const struct drm_groq_submit *submit, u64 bo_size);
int groq_validate_topology(const struct drm_groq_topology *topology);
int groq_validate_link_align(const struct drm_groq_link_align *align, u32 link_count);

#endif /* GROQ_VALIDATE_H */
