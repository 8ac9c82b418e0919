// SPDX-License-Identifier: GPL-2.0-only
/* Windows against a naive model: a bit for each unit of SRAM. */

#include <kunit/test.h>

#include <linux/bitmap.h>
#include <linux/prandom.h>

#include "../groq_window.c"

#define UNIT	320u
#define UNITS	96u
#define ROUNDS	2000

struct model {
	DECLARE_BITMAP(granted, UNITS);
};

static bool model_all(const unsigned long *granted, u32 first, u32 count)
{
	return find_next_zero_bit(granted, UNITS, first) >= first + count;
}

static bool model_none(const unsigned long *granted, u32 first, u32 count)
{
	return find_next_bit(granted, UNITS, first) >= first + count;
}

static u32 model_pieces(const unsigned long *granted)
{
	u32 start, end, pieces = 0;

	for_each_set_bitrange(start, end, granted, UNITS)
		pieces++;
	return pieces;
}

/* Every range of whole units, and one byte more at either end. */
static void expect_like_model(struct kunit *test, const struct groq_windows *windows,
			      const unsigned long *granted)
{
	u32 first, count;

	for (first = 0; first < UNITS; first++)
		for (count = 1; count <= UNITS - first; count += 11)
			KUNIT_ASSERT_EQ(test, model_all(granted, first, count),
					groq_windows_hold(windows, first * UNIT, count * UNIT));
	for (first = 1; first < UNITS - 1; first++) {
		KUNIT_ASSERT_EQ(test, model_all(granted, first - 1, 2),
				groq_windows_hold(windows, first * UNIT - 1, UNIT));
		KUNIT_ASSERT_EQ(test, model_all(granted, first, 2),
				groq_windows_hold(windows, first * UNIT, UNIT + 1));
	}
}

/* Adds or removes a range; what is refused must have had no room, and changed nothing. */
static void change(struct kunit *test, struct groq_windows *windows, struct model *model,
		   u32 first, u32 count, bool add)
{
	DECLARE_BITMAP(wanted, UNITS);
	int ret;

	bitmap_copy(wanted, model->granted, UNITS);
	if (add) {
		bitmap_set(wanted, first, count);
		ret = groq_windows_add(windows, first * UNIT, count * UNIT);
	} else {
		bitmap_clear(wanted, first, count);
		ret = groq_windows_remove(windows, first * UNIT, count * UNIT);
	}
	KUNIT_ASSERT_EQ(test, ret, model_pieces(wanted) > GROQ_QUEUE_WINDOWS ? -ENOSPC : 0);
	if (!ret)
		bitmap_copy(model->granted, wanted, UNITS);
}

static void window_like_model(struct kunit *test)
{
	struct groq_windows windows = {};
	struct model model = {};
	struct rnd_state random;
	u32 round, first, count;

	prandom_seed_state(&random, 320);
	for (round = 0; round < ROUNDS; round++) {
		first = prandom_u32_state(&random) % UNITS;
		count = 1 + prandom_u32_state(&random) % min(4u, UNITS - first);
		if (model_none(model.granted, first, count))
			change(test, &windows, &model, first, count, true);
		else if (model_all(model.granted, first, count))
			change(test, &windows, &model, first, count, false);
		else
			KUNIT_ASSERT_EQ(test, -ENOENT,
					groq_windows_remove(&windows, first * UNIT, count * UNIT));
		if (round % 64 == 0)
			expect_like_model(test, &windows, model.granted);
	}
	expect_like_model(test, &windows, model.granted);
}

static void window_none_holds_nothing(struct kunit *test)
{
	struct groq_windows windows = {};

	KUNIT_EXPECT_FALSE(test, groq_windows_hold(&windows, 0, 0));
	KUNIT_EXPECT_FALSE(test, groq_windows_hold(&windows, 0, 1));
	KUNIT_EXPECT_EQ(test, groq_windows_remove(&windows, 0, UNIT), -ENOENT);
}

static void window_does_not_wrap(struct kunit *test)
{
	struct groq_windows windows = {};

	KUNIT_ASSERT_EQ(test, groq_windows_add(&windows, 2 * UNIT, UNIT), 0);
	KUNIT_EXPECT_TRUE(test, groq_windows_hold(&windows, 2 * UNIT, UNIT));
	KUNIT_EXPECT_TRUE(test, groq_windows_hold(&windows, 3 * UNIT - 1, 1));
	KUNIT_EXPECT_FALSE(test, groq_windows_hold(&windows, 3 * UNIT - 1, 2));
	KUNIT_EXPECT_FALSE(test, groq_windows_hold(&windows, 3 * UNIT, 0));
	KUNIT_EXPECT_FALSE(test, groq_windows_hold(&windows, 2 * UNIT, U64_MAX));
	KUNIT_EXPECT_FALSE(test, groq_windows_hold(&windows, 2 * UNIT, U64_MAX - 2 * UNIT + 1));
	KUNIT_EXPECT_FALSE(test, groq_windows_hold(&windows, BIT_ULL(32) + 2 * UNIT, 1));
	KUNIT_EXPECT_FALSE(test, groq_windows_hold(&windows, U64_MAX, 1));
}

/* All are taken by ranges that touch none; room is where one touches. */
static void window_table_is_full(struct kunit *test)
{
	struct groq_windows windows = {};
	u32 i;

	for (i = 0; i < GROQ_QUEUE_WINDOWS; i++)
		KUNIT_ASSERT_EQ(test, groq_windows_add(&windows, 4 * i * UNIT, 3 * UNIT), 0);
	KUNIT_EXPECT_EQ(test, groq_windows_add(&windows, 4 * i * UNIT + UNIT, UNIT), -ENOSPC);
	KUNIT_EXPECT_EQ(test, groq_windows_remove(&windows, UNIT, UNIT), -ENOSPC);
	KUNIT_EXPECT_TRUE(test, groq_windows_hold(&windows, 0, 3 * UNIT));
	KUNIT_EXPECT_EQ(test, groq_windows_add(&windows, 3 * UNIT, UNIT), 0);
	KUNIT_EXPECT_TRUE(test, groq_windows_hold(&windows, 0, 7 * UNIT));
	KUNIT_EXPECT_EQ(test, groq_windows_remove(&windows, UNIT, UNIT), 0);
	KUNIT_EXPECT_FALSE(test, groq_windows_hold(&windows, 0, 2 * UNIT));
	KUNIT_EXPECT_TRUE(test, groq_windows_hold(&windows, 2 * UNIT, 5 * UNIT));
}

/* What was granted stays where it is in the table while others come and go. */
static void window_stays_granted(struct kunit *test)
{
	struct groq_windows windows = {};

	KUNIT_ASSERT_EQ(test, groq_windows_add(&windows, 0, UNIT), 0);
	KUNIT_ASSERT_EQ(test, groq_windows_add(&windows, 2 * UNIT, UNIT), 0);
	KUNIT_ASSERT_EQ(test, groq_windows_add(&windows, UNIT, UNIT), 0);
	KUNIT_EXPECT_EQ(test, windows.window[0].base, 0);
	KUNIT_EXPECT_EQ(test, windows.window[0].size, 3 * UNIT);
	KUNIT_EXPECT_EQ(test, windows.window[1].size, 0);
	KUNIT_ASSERT_EQ(test, groq_windows_remove(&windows, 0, UNIT), 0);
	KUNIT_EXPECT_EQ(test, windows.window[0].base, UNIT);
	KUNIT_EXPECT_EQ(test, windows.window[0].size, 2 * UNIT);
	KUNIT_ASSERT_EQ(test, groq_windows_add(&windows, 0, UNIT), 0);
	KUNIT_EXPECT_EQ(test, windows.window[0].base, 0);
	KUNIT_ASSERT_EQ(test, groq_windows_remove(&windows, 0, 3 * UNIT), 0);
	KUNIT_EXPECT_EQ(test, windows.window[0].size, 0);
}

static struct kunit_case window_cases[] = {
	KUNIT_CASE(window_none_holds_nothing),
	KUNIT_CASE(window_does_not_wrap),
	KUNIT_CASE(window_table_is_full),
	KUNIT_CASE(window_stays_granted),
	KUNIT_CASE(window_like_model),
	{}
};

static struct kunit_suite window_suite = {
	.name = "groq_window",
	.test_cases = window_cases,
};

kunit_test_suite(window_suite);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("KUnit tests of the pure parts of groq.ko");
