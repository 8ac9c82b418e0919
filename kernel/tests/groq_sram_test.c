// SPDX-License-Identifier: GPL-2.0-only
/* The allocator of SRAM, with a record of what would be scrubbed. */

#include <kunit/test.h>

#include <linux/types.h>

/* There is no device to trace. */
#define GROQ_TRACE_H
#define trace_groq_sram_reserve(...)	do { } while (0)
#define trace_groq_sram_release(...)	do { } while (0)

#include "../groq_sram.c"

#define VECTORS	16u

static struct {
	struct groq_queue *queue;
	u32 sram, size;
	int canceled;	/* so many times by a reset; */
	int end;	/* then it ends so */
} filled;

/* In place of the queue that zeroes SRAM. */
int groq_job_fill(struct groq_queue *queue, u32 sram, u32 size)
{
	filled.queue = queue;
	filled.sram = sram;
	filled.size = size;
	return filled.canceled-- > 0 ? -ECANCELED : filled.end;
}

static u64 bytes(u32 vectors)
{
	return vectors * GROQ_VECTOR_BYTES;
}

static struct groq_range *reserve(struct kunit *test, u32 vectors)
{
	struct groq_range *range = groq_sram_reserve(test->priv, bytes(vectors));

	KUNIT_ASSERT_FALSE(test, IS_ERR(range));
	KUNIT_EXPECT_EQ(test, groq_range_size(range), bytes(vectors));
	KUNIT_EXPECT_EQ(test, groq_range_address(range) % GROQ_VECTOR_BYTES, 0);
	return range;
}

static void sram_is_used_up_and_given_back(struct kunit *test)
{
	struct groq_range *range[VECTORS];
	u32 i, seen = 0;

	for (i = 0; i < VECTORS; i++) {
		range[i] = reserve(test, 1);
		seen |= BIT(groq_range_address(range[i]) / GROQ_VECTOR_BYTES);
		KUNIT_EXPECT_EQ(test, groq_sram_used(test->priv), bytes(i + 1));
	}
	KUNIT_EXPECT_EQ(test, seen, BIT(VECTORS) - 1);
	KUNIT_EXPECT_EQ(test, PTR_ERR(groq_sram_reserve(test->priv, bytes(1))), -ENOSPC);
	KUNIT_EXPECT_EQ(test, groq_sram_used(test->priv), bytes(VECTORS));
	for (i = 0; i < VECTORS; i++)
		groq_sram_release(test->priv, range[i]);
	KUNIT_EXPECT_EQ(test, groq_sram_used(test->priv), 0);
	groq_sram_release(test->priv, reserve(test, VECTORS));
}

static void sram_at_an_address(struct kunit *test)
{
	struct groq_range *middle = groq_sram_reserve_at(test->priv, bytes(4), bytes(8));
	u32 at;

	KUNIT_ASSERT_FALSE(test, IS_ERR(middle));
	KUNIT_EXPECT_EQ(test, groq_range_address(middle), bytes(4));
	for (at = 0; at < VECTORS; at++) {
		struct groq_range *range = groq_sram_reserve_at(test->priv, bytes(at), bytes(1));

		KUNIT_ASSERT_EQ(test, IS_ERR(range), at >= 4 && at < 12);
		if (IS_ERR(range))
			KUNIT_EXPECT_EQ(test, PTR_ERR(range), -ENOSPC);
		else
			groq_sram_release(test->priv, range);
	}
	groq_sram_release(test->priv, middle);
}

static void sram_ends_where_it_ends(struct kunit *test)
{
	static const struct { u64 address, size; } wrong[] = {
		{ 0, (VECTORS + 1) * GROQ_VECTOR_BYTES },
		{ GROQ_VECTOR_BYTES, VECTORS * GROQ_VECTOR_BYTES },
		{ VECTORS * GROQ_VECTOR_BYTES, GROQ_VECTOR_BYTES },
		{ U64_MAX / GROQ_VECTOR_BYTES * GROQ_VECTOR_BYTES, GROQ_VECTOR_BYTES },
		{ GROQ_VECTOR_BYTES, U64_MAX / GROQ_VECTOR_BYTES * GROQ_VECTOR_BYTES },
	};
	struct groq_range *range;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		range = groq_sram_reserve_at(test->priv, wrong[i].address, wrong[i].size);
		KUNIT_EXPECT_EQ_MSG(test, PTR_ERR_OR_ZERO(range), -ENOSPC, "range %u", i);
	}
	range = groq_sram_reserve(test->priv, bytes(VECTORS + 1));
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(range), -ENOSPC);
	KUNIT_EXPECT_EQ(test, groq_sram_used(test->priv), 0);
	groq_sram_release(test->priv,
			  groq_sram_reserve_at(test->priv, bytes(VECTORS - 1), bytes(1)));
}

static void sram_is_scrubbed_as_reserved(struct kunit *test)
{
	struct groq_device *gdev = test->priv;
	struct groq_range *range = groq_sram_reserve_at(gdev, bytes(3), bytes(2));

	KUNIT_ASSERT_FALSE(test, IS_ERR(range));
	gdev->scrubber = test->priv;	/* any address will do */
	filled.canceled = 0;
	filled.end = 0;
	KUNIT_EXPECT_EQ(test, groq_sram_scrub(gdev, range), 0);
	KUNIT_EXPECT_PTR_EQ(test, filled.queue, gdev->scrubber);
	KUNIT_EXPECT_EQ(test, filled.sram, bytes(3));
	KUNIT_EXPECT_EQ(test, filled.size, bytes(2));
	groq_sram_release(gdev, range);
}

static void sram_is_scrubbed_again_after_a_reset(struct kunit *test)
{
	static const struct {
		int canceled, end, result;
	} cases[] = {
		{ 1, 0, 0 },
		{ GROQ_SCRUB_TRIES - 1, 0, 0 },
		{ GROQ_SCRUB_TRIES, 0, -EIO },
		{ 0, -ETIME, -EIO },
		{ 1, -EIO, -EIO },
		{ 0, -ENODEV, -ENODEV },
		{ 1, -ENOMEM, -ENOMEM },
	};
	struct groq_range *range = reserve(test, 1);
	u32 i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		filled.canceled = cases[i].canceled;
		filled.end = cases[i].end;
		KUNIT_EXPECT_EQ_MSG(test, groq_sram_scrub(test->priv, range),
				    cases[i].result, "case %u", i);
	}
	groq_sram_release(test->priv, range);
}

/* All but groq_sram_init(), which needs a DRM device to end with. */
static int sram_init(struct kunit *test)
{
	struct groq_device *gdev = kunit_kzalloc(test, sizeof(*gdev), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, gdev);
	mutex_init(&gdev->sram.lock);
	drm_mm_init(&gdev->sram.vectors, 0, VECTORS);
	test->priv = gdev;
	return 0;
}

static void sram_exit(struct kunit *test)
{
	struct groq_device *gdev = test->priv;

	KUNIT_EXPECT_TRUE(test, drm_mm_clean(&gdev->sram.vectors));
	groq_sram_fini(NULL, &gdev->sram);
}

static struct kunit_case sram_cases[] = {
	KUNIT_CASE(sram_is_used_up_and_given_back),
	KUNIT_CASE(sram_at_an_address),
	KUNIT_CASE(sram_ends_where_it_ends),
	KUNIT_CASE(sram_is_scrubbed_as_reserved),
	KUNIT_CASE(sram_is_scrubbed_again_after_a_reset),
	{}
};

static struct kunit_suite sram_suite = {
	.name = "groq_sram",
	.init = sram_init,
	.exit = sram_exit,
	.test_cases = sram_cases,
};

kunit_test_suite(sram_suite);
