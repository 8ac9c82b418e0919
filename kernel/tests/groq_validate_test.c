// SPDX-License-Identifier: GPL-2.0-only
/* What submissions may say: each field at, below and beyond its bounds. */

#include <kunit/test.h>

#include <linux/sizes.h>

#include "../groq_validate.c"

#define SRAM	((u64)GROQ_SRAM_BYTES)

static const struct drm_groq_submit good_submit = {
	.command_count = 1,
};

static const struct drm_groq_command good_copy = {
	.type = DRM_GROQ_COMMAND_COPY_IN,
	.bo = 1,
	.rows = 1,
	.size = 1,
};

static const struct drm_groq_command good_run = {
	.type = DRM_GROQ_COMMAND_RUN,
	.rows = 1,
	.size = 1,
};

/* The good one but for one field. */
#define submit_with(field, value) \
	({ struct drm_groq_submit s = good_submit; s.field = (value); groq_validate_submit(&s); })
#define copy_with(field, value) \
	({ struct drm_groq_command c = good_copy; c.field = (value); \
	   groq_validate_command(&c, SRAM); })
#define run_with(field, value) \
	({ struct drm_groq_command c = good_run; c.field = (value); \
	   groq_validate_command(&c, SRAM); })
#define nop_with(field, value) \
	({ struct drm_groq_command c = { .type = DRM_GROQ_COMMAND_NOP }; c.field = (value); \
	   groq_validate_command(&c, SRAM); })

static void validate_submit(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, groq_validate_submit(&good_submit), 0);
	KUNIT_EXPECT_EQ(test, submit_with(flags, 1), -EINVAL);
	KUNIT_EXPECT_EQ(test, submit_with(flags, BIT(31)), -EINVAL);
	KUNIT_EXPECT_EQ(test, submit_with(command_count, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, submit_with(command_count, DRM_GROQ_COMMANDS_MAX), 0);
	KUNIT_EXPECT_EQ(test, submit_with(command_count, DRM_GROQ_COMMANDS_MAX + 1), -E2BIG);
	KUNIT_EXPECT_EQ(test, submit_with(command_count, U32_MAX), -E2BIG);
	KUNIT_EXPECT_EQ(test, submit_with(wait_count, DRM_GROQ_SYNCS_MAX), 0);
	KUNIT_EXPECT_EQ(test, submit_with(wait_count, DRM_GROQ_SYNCS_MAX + 1), -E2BIG);
	KUNIT_EXPECT_EQ(test, submit_with(wait_count, U32_MAX), -E2BIG);
	KUNIT_EXPECT_EQ(test, submit_with(signal_count, DRM_GROQ_SYNCS_MAX), 0);
	KUNIT_EXPECT_EQ(test, submit_with(signal_count, DRM_GROQ_SYNCS_MAX + 1), -E2BIG);
	KUNIT_EXPECT_EQ(test, submit_with(signal_count, U32_MAX), -E2BIG);
	KUNIT_EXPECT_EQ(test, submit_with(result_bo, U32_MAX), 0);
	KUNIT_EXPECT_EQ(test, submit_with(result_offset, 8), -EINVAL);
}

static int results(u32 commands, u64 offset, u64 bo_size)
{
	struct drm_groq_submit submit = {
		.command_count = commands,
		.result_bo = 1,
		.result_offset = offset,
	};

	return groq_validate_results(&submit, bo_size);
}

static void validate_results(struct kunit *test)
{
	const u64 one = sizeof(struct drm_groq_result);
	const u64 all = one * DRM_GROQ_COMMANDS_MAX;

	KUNIT_EXPECT_EQ(test, results(1, 0, one), 0);
	KUNIT_EXPECT_EQ(test, results(1, 0, one - 1), -EINVAL);
	KUNIT_EXPECT_EQ(test, results(1, 0, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, results(1, 8, one + 8), 0);
	KUNIT_EXPECT_EQ(test, results(1, 8, one + 7), -EINVAL);
	KUNIT_EXPECT_EQ(test, results(1, 4, SZ_4K), -EINVAL);
	KUNIT_EXPECT_EQ(test, results(1, 1, SZ_4K), -EINVAL);
	KUNIT_EXPECT_EQ(test, results(1, U64_MAX - 7, SZ_4K), -EINVAL);
	KUNIT_EXPECT_EQ(test, results(1, -one, SZ_4K), -EINVAL);
	KUNIT_EXPECT_EQ(test, results(DRM_GROQ_COMMANDS_MAX, 0, all), 0);
	KUNIT_EXPECT_EQ(test, results(DRM_GROQ_COMMANDS_MAX, 8, all), -EINVAL);
}

static void validate_type_and_flags(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, copy_with(flags, 0), 0);
	KUNIT_EXPECT_EQ(test, copy_with(type, DRM_GROQ_COMMAND_COPY_OUT), 0);
	KUNIT_EXPECT_EQ(test, copy_with(flags, 1), -EINVAL);
	KUNIT_EXPECT_EQ(test, run_with(flags, BIT(31)), -EINVAL);
	KUNIT_EXPECT_EQ(test, nop_with(flags, 1), -EINVAL);
	KUNIT_EXPECT_EQ(test, nop_with(type, U32_MAX), -EINVAL);
	KUNIT_EXPECT_EQ(test, nop_with(type, DRM_GROQ_COMMAND_RUN + 1), -EINVAL);
	KUNIT_EXPECT_EQ(test, copy_with(expected, 1), -EINVAL);
	KUNIT_EXPECT_EQ(test, nop_with(expected, 1), -EINVAL);
	KUNIT_EXPECT_EQ(test, run_with(expected, U64_MAX), 0);
}

static void validate_nop_has_nothing(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, nop_with(bo, 0), 0);
	KUNIT_EXPECT_EQ(test, nop_with(bo, 1), -EINVAL);
	KUNIT_EXPECT_EQ(test, nop_with(rows, 1), -EINVAL);
	KUNIT_EXPECT_EQ(test, nop_with(bo_offset, 1), -EINVAL);
	KUNIT_EXPECT_EQ(test, nop_with(sram, 1), -EINVAL);
	KUNIT_EXPECT_EQ(test, nop_with(size, 1), -EINVAL);
	KUNIT_EXPECT_EQ(test, nop_with(bo_stride, 1), -EINVAL);
	KUNIT_EXPECT_EQ(test, nop_with(sram_stride, BIT_ULL(63)), -EINVAL);
}

static int copy(u64 sram, u64 size, u32 rows, u64 sram_stride)
{
	struct drm_groq_command command = {
		.type = DRM_GROQ_COMMAND_COPY_OUT,
		.bo = 1,
		.rows = rows,
		.sram = sram,
		.size = size,
		.bo_stride = sram_stride,
		.sram_stride = sram_stride,
	};

	return groq_validate_command(&command, SRAM);
}

static void validate_copy_of_one_piece(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, copy(0, SRAM, 1, 0), 0);
	KUNIT_EXPECT_EQ(test, copy(0, SRAM + 1, 1, 0), -EACCES);
	KUNIT_EXPECT_EQ(test, copy(SRAM - 1, 1, 1, 0), 0);
	KUNIT_EXPECT_EQ(test, copy(SRAM - 1, 2, 1, 0), -EACCES);
	KUNIT_EXPECT_EQ(test, copy(SRAM, 1, 1, 0), -EACCES);
	KUNIT_EXPECT_EQ(test, copy(U64_MAX, 1, 1, 0), -EACCES);
	KUNIT_EXPECT_EQ(test, copy(1, U64_MAX, 1, 0), -EACCES);
	KUNIT_EXPECT_EQ(test, copy(U64_MAX, U64_MAX, 1, 0), -EACCES);
	KUNIT_EXPECT_EQ(test, copy(0, 0, 1, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, copy(0, 1, 0, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, copy(0, 1, 1, 1), -EINVAL);
	KUNIT_EXPECT_EQ(test, copy_with(bo_stride, 1), -EINVAL);
	KUNIT_EXPECT_EQ(test, copy_with(sram_stride, 1), -EINVAL);
}

static void validate_copy_of_rows(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, copy(0, 320, 2, 320), 0);
	KUNIT_EXPECT_EQ(test, copy(0, 320, 2, 319), -EINVAL);
	KUNIT_EXPECT_EQ(test, copy(0, 1, 2, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, copy(0, 1, 2, SRAM - 1), 0);
	KUNIT_EXPECT_EQ(test, copy(0, 1, 2, SRAM), -EACCES);
	KUNIT_EXPECT_EQ(test, copy(0, 1, GROQ_SCATTER_MAX, 1), 0);
	KUNIT_EXPECT_EQ(test, copy(0, 1, GROQ_SCATTER_MAX + 1, 1), -E2BIG);
	KUNIT_EXPECT_EQ(test, copy(0, 1, U32_MAX, 1), -E2BIG);
	/* the stride times the rows, their sum, and the size, each beyond 64 bits */
	KUNIT_EXPECT_EQ(test, copy(0, 1, 3, BIT_ULL(63)), -EACCES);
	KUNIT_EXPECT_EQ(test, copy(0, 1, 2, U64_MAX), -EACCES);
	KUNIT_EXPECT_EQ(test, copy(BIT_ULL(63), 1, 2, BIT_ULL(63)), -EACCES);
	KUNIT_EXPECT_EQ(test, copy(0, U64_MAX, 2, U64_MAX), -EACCES);
}

static int buffer(u64 offset, u64 size, u32 rows, u64 stride, u64 bo_size)
{
	struct drm_groq_command command = {
		.rows = rows,
		.bo_offset = offset,
		.size = size,
		.bo_stride = stride,
	};

	return groq_validate_buffer(&command, bo_size);
}

static void validate_buffer(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, buffer(0, SZ_4K, 1, 0, SZ_4K), 0);
	KUNIT_EXPECT_EQ(test, buffer(1, SZ_4K, 1, 0, SZ_4K), -EINVAL);
	KUNIT_EXPECT_EQ(test, buffer(0, SZ_4K + 1, 1, 0, SZ_4K), -EINVAL);
	KUNIT_EXPECT_EQ(test, buffer(SZ_4K, 1, 1, 0, SZ_4K), -EINVAL);
	KUNIT_EXPECT_EQ(test, buffer(SZ_4K - 1, 1, 1, 0, SZ_4K), 0);
	KUNIT_EXPECT_EQ(test, buffer(U64_MAX, 1, 1, 0, SZ_4K), -EINVAL);
	KUNIT_EXPECT_EQ(test, buffer(U64_MAX, 2, 1, 0, U64_MAX), -EINVAL);
	KUNIT_EXPECT_EQ(test, buffer(0, 1, 4, 1365, SZ_4K), 0);
	KUNIT_EXPECT_EQ(test, buffer(0, 2, 4, 1365, SZ_4K), -EINVAL);
	KUNIT_EXPECT_EQ(test, buffer(0, 1, GROQ_SCATTER_MAX, U64_MAX, SZ_4K), -EINVAL);
	KUNIT_EXPECT_EQ(test, buffer(0, 1, 2, U64_MAX, SZ_4K), -EINVAL);
	KUNIT_EXPECT_EQ(test, buffer(8, 1, 2, U64_MAX - 7, SZ_4K), -EINVAL);
}

static void validate_run(struct kunit *test)
{
	const u64 one = sizeof(struct groq_launch);

	KUNIT_EXPECT_EQ(test, groq_validate_command(&good_run, SRAM), 0);
	KUNIT_EXPECT_EQ(test, run_with(bo, 1), -EINVAL);
	KUNIT_EXPECT_EQ(test, run_with(bo_offset, 1), -EINVAL);
	KUNIT_EXPECT_EQ(test, run_with(bo_stride, 1), -EINVAL);
	KUNIT_EXPECT_EQ(test, run_with(sram_stride, 1), -EINVAL);
	KUNIT_EXPECT_EQ(test, run_with(size, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, run_with(size, U64_MAX), 0);
	KUNIT_EXPECT_EQ(test, run_with(rows, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, run_with(rows, GROQ_ICUS_ALL), 0);
	KUNIT_EXPECT_EQ(test, run_with(rows, GROQ_ICUS_ALL + 1), -EINVAL);
	KUNIT_EXPECT_EQ(test, run_with(sram, 8), -EINVAL);
	KUNIT_EXPECT_EQ(test, run_with(sram, SRAM - one), 0);
	KUNIT_EXPECT_EQ(test, run_with(sram, SRAM), -EACCES);
	KUNIT_EXPECT_EQ(test, run_with(sram, U64_MAX - 15), -EACCES);
	KUNIT_EXPECT_EQ(test, groq_validate_command(&good_run, one - 1), -EACCES);
}

static void validate_access(struct kunit *test)
{
	struct groq_windows windows = { .window = { { 320, 320 }, { 1280, 640 } } };
	struct drm_groq_command command = good_copy;

	command.sram = 320;
	command.size = 320;
	KUNIT_EXPECT_EQ(test, groq_validate_access(&command, &windows), 0);
	command.size = 321;
	KUNIT_EXPECT_EQ(test, groq_validate_access(&command, &windows), -EACCES);
	command.sram = 319;
	command.size = 1;
	KUNIT_EXPECT_EQ(test, groq_validate_access(&command, &windows), -EACCES);
	/* a row in each window; and a third one between two windows */
	command.sram = 320;
	command.size = 320;
	command.rows = 2;
	command.sram_stride = 960;
	KUNIT_EXPECT_EQ(test, groq_validate_access(&command, &windows), 0);
	command.sram_stride = 480;
	command.rows = 3;
	KUNIT_EXPECT_EQ(test, groq_validate_access(&command, &windows), -EACCES);

	command = good_run;
	command.sram = 1280 + 640 - sizeof(struct groq_launch);
	KUNIT_EXPECT_EQ(test, groq_validate_access(&command, &windows), 0);
	command.rows = 2;
	KUNIT_EXPECT_EQ(test, groq_validate_access(&command, &windows), -EACCES);

	command = (struct drm_groq_command){ .type = DRM_GROQ_COMMAND_NOP };
	KUNIT_EXPECT_EQ(test, groq_validate_access(&command, &windows), 0);
}

#define topology_with(count_, links_, flags_) \
	({ struct drm_groq_topology t = { .count = (count_), .links = (links_), \
					  .flags = (flags_) }; groq_validate_topology(&t); })

static void validate_topology(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, topology_with(0, 0, 0), 0);
	KUNIT_EXPECT_EQ(test, topology_with(1, 8, 0), 0);
	KUNIT_EXPECT_EQ(test, topology_with(U32_MAX, U64_MAX, 0), 0);
	KUNIT_EXPECT_EQ(test, topology_with(0, 8, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, topology_with(1, 0, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, topology_with(0, 0, 1), -EINVAL);
	KUNIT_EXPECT_EQ(test, topology_with(1, 8, BIT(31)), -EINVAL);
}

/* Of a card with three links. */
#define align_with(field, value) \
	({ struct drm_groq_link_align a = { .link = 2, .samples = 1 }; a.field = (value); \
	   groq_validate_link_align(&a, 3); })

static void validate_link_align(struct kunit *test)
{
	struct drm_groq_link_align none = { .samples = 1 };

	KUNIT_EXPECT_EQ(test, groq_validate_link_align(&none, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, align_with(link, 0), 0);
	KUNIT_EXPECT_EQ(test, align_with(link, 2), 0);
	KUNIT_EXPECT_EQ(test, align_with(link, 3), -EINVAL);
	KUNIT_EXPECT_EQ(test, align_with(link, U32_MAX), -EINVAL);
	KUNIT_EXPECT_EQ(test, align_with(samples, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, align_with(samples, 1048575), 0);
	KUNIT_EXPECT_EQ(test, align_with(samples, 1048576), -EINVAL);
	KUNIT_EXPECT_EQ(test, align_with(samples, U32_MAX), -EINVAL);
	KUNIT_EXPECT_EQ(test, align_with(flags, DRM_GROQ_LINK_ALIGN_ADJUST), 0);
	KUNIT_EXPECT_EQ(test, align_with(flags, 2), -EINVAL);
	KUNIT_EXPECT_EQ(test, align_with(flags, BIT(31)), -EINVAL);
	KUNIT_EXPECT_EQ(test, align_with(reserved, 1), -EINVAL);
	/* What is output may hold anything before. */
	KUNIT_EXPECT_EQ(test, align_with(period, U32_MAX), 0);
	KUNIT_EXPECT_EQ(test, align_with(offset, -1), 0);
}

static struct kunit_case validate_cases[] = {
	KUNIT_CASE(validate_submit),
	KUNIT_CASE(validate_results),
	KUNIT_CASE(validate_type_and_flags),
	KUNIT_CASE(validate_nop_has_nothing),
	KUNIT_CASE(validate_copy_of_one_piece),
	KUNIT_CASE(validate_copy_of_rows),
	KUNIT_CASE(validate_buffer),
	KUNIT_CASE(validate_run),
	KUNIT_CASE(validate_access),
	KUNIT_CASE(validate_topology),
	KUNIT_CASE(validate_link_align),
	{}
};

static struct kunit_suite validate_suite = {
	.name = "groq_validate",
	.test_cases = validate_cases,
};

kunit_test_suite(validate_suite);
