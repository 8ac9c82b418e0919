// SPDX-License-Identifier: GPL-2.0-only
/* The rings against a chip that keeps the protocol, and chips that do not. */

#include <kunit/test.h>

#include "../groq_ring.c"

#define QUEUE	5

struct ring_context {
	struct groq_ring ring;
	u32 next;	/* the chip's place in both rings */
	u16 phase;
};

static void put(struct ring_context *context, u64 cookie)
{
	struct groq_command command = {
		.opcode = GROQ_OP_NOP,
		.cookie = cpu_to_le64(cookie),
	};

	groq_ring_put(&context->ring, &command);
}

/* The completion that the chip would write next. */
static struct groq_completion *answer(struct ring_context *context, u16 status)
{
	struct groq_completion *completion = &context->ring.completions[context->next];
	u32 consumed = (context->next + 1) % GROQ_RING_SIZE;

	completion->cookie = context->ring.commands[context->next].cookie;
	completion->result = cpu_to_le64(context->next);
	completion->time = cpu_to_le64(1000 + context->next);
	completion->status = cpu_to_le16(status);
	completion->sq_head = cpu_to_le16(consumed);
	completion->queue = cpu_to_le16(QUEUE);
	completion->flags = cpu_to_le16(context->phase);
	context->next = consumed;
	if (!context->next)
		context->phase ^= GROQ_COMPLETION_PHASE;
	return completion;
}

static void expect_taken(struct kunit *test, u64 cookie)
{
	struct ring_context *context = test->priv;
	struct groq_outcome outcome;

	KUNIT_ASSERT_EQ(test, groq_ring_take(&context->ring, QUEUE, &outcome), 1);
	KUNIT_EXPECT_EQ(test, outcome.cookie, cookie);
	KUNIT_EXPECT_EQ(test, outcome.time, outcome.result + 1000);
	KUNIT_EXPECT_EQ(test, outcome.status, GROQ_COMPLETION_OK);
	KUNIT_EXPECT_FALSE(test, outcome.has_fault);
}

static void expect_nothing(struct kunit *test)
{
	struct ring_context *context = test->priv;
	struct groq_outcome outcome;

	KUNIT_EXPECT_EQ(test, groq_ring_take(&context->ring, QUEUE, &outcome), 0);
}

static void expect_broken(struct kunit *test)
{
	struct ring_context *context = test->priv;
	struct groq_ring before = context->ring;
	struct groq_outcome outcome;

	KUNIT_EXPECT_EQ(test, groq_ring_take(&context->ring, QUEUE, &outcome), -EIO);
	KUNIT_EXPECT_MEMEQ(test, &context->ring, &before, sizeof(before));
}

static void ring_fills_and_empties(struct kunit *test)
{
	struct ring_context *context = test->priv;
	u32 i;

	KUNIT_EXPECT_EQ(test, groq_ring_room(&context->ring), GROQ_RING_ROOM);
	for (i = 0; i < GROQ_RING_ROOM; i++)
		put(context, i);
	KUNIT_EXPECT_EQ(test, groq_ring_room(&context->ring), 0);
	expect_nothing(test);
	for (i = 0; i < GROQ_RING_ROOM; i++) {
		answer(context, GROQ_COMPLETION_OK);
		expect_taken(test, i);
	}
	expect_nothing(test);
	KUNIT_EXPECT_EQ(test, groq_ring_room(&context->ring), GROQ_RING_ROOM);
}

/* Many times around, with 1 to 7 commands in the ring. */
static void ring_goes_around(struct kunit *test)
{
	struct ring_context *context = test->priv;
	u64 sent = 0, taken = 0;

	while (taken < 5 * GROQ_RING_SIZE) {
		u32 batch = 1 + sent % 7;

		for (; batch; batch--)
			put(context, sent++);
		while (taken < sent) {
			answer(context, GROQ_COMPLETION_OK);
			expect_taken(test, taken++);
		}
		expect_nothing(test);
	}
}

static void ring_starts_anew(struct kunit *test)
{
	struct ring_context *context = test->priv;

	put(context, 1);
	answer(context, GROQ_COMPLETION_OK);
	groq_ring_reset(&context->ring);
	expect_nothing(test);
	KUNIT_EXPECT_EQ(test, groq_ring_room(&context->ring), GROQ_RING_ROOM);
	context->next = 0;
	context->phase = GROQ_COMPLETION_PHASE;
	put(context, 2);
	answer(context, GROQ_COMPLETION_OK);
	expect_taken(test, 2);
}

/* A record belongs to its command only if it has the same cookie. */
static void ring_tells_faults(struct kunit *test)
{
	struct ring_context *context = test->priv;
	struct groq_outcome outcome;

	put(context, 10);
	put(context, 11);
	put(context, 12);
	context->ring.faults[0].cookie = cpu_to_le64(10);
	context->ring.faults[0].cause = cpu_to_le32(GROQ_FAULT_DEADLOCK);
	context->ring.faults[1].cookie = cpu_to_le64(10);
	context->ring.faults[2].cookie = cpu_to_le64(12);
	answer(context, GROQ_COMPLETION_FAULT);
	answer(context, GROQ_COMPLETION_ABORTED);
	answer(context, GROQ_COMPLETION_OK);
	KUNIT_ASSERT_EQ(test, groq_ring_take(&context->ring, QUEUE, &outcome), 1);
	KUNIT_EXPECT_TRUE(test, outcome.has_fault);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(outcome.fault.cause), GROQ_FAULT_DEADLOCK);
	KUNIT_ASSERT_EQ(test, groq_ring_take(&context->ring, QUEUE, &outcome), 1);
	KUNIT_EXPECT_EQ(test, outcome.status, GROQ_COMPLETION_ABORTED);
	KUNIT_EXPECT_FALSE(test, outcome.has_fault);
	expect_taken(test, 12);
}

static void ring_refuses_what_was_not_asked_for(struct kunit *test)
{
	answer(test->priv, GROQ_COMPLETION_OK);
	expect_broken(test);
}

static void ring_refuses_another_queue(struct kunit *test)
{
	put(test->priv, 1);
	answer(test->priv, GROQ_COMPLETION_OK)->queue = cpu_to_le16(QUEUE + 1);
	expect_broken(test);
}

/* The chip says that it consumed fewer than one, or more than there were. */
static void ring_refuses_wrong_counts(struct kunit *test)
{
	struct groq_completion *completion;

	put(test->priv, 1);
	put(test->priv, 2);
	completion = answer(test->priv, GROQ_COMPLETION_OK);
	completion->sq_head = cpu_to_le16(0);
	expect_broken(test);
	completion->sq_head = cpu_to_le16(3);
	expect_broken(test);
	completion->sq_head = cpu_to_le16(GROQ_RING_SIZE - 1);
	expect_broken(test);
	completion->sq_head = cpu_to_le16(2);	/* both are consumed, one is complete */
	expect_taken(test, 1);
}

static int ring_init(struct kunit *test)
{
	struct ring_context *context = kunit_kzalloc(test, sizeof(*context), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, context);
	context->ring.commands = kunit_kcalloc(test, GROQ_RING_SIZE,
					       sizeof(*context->ring.commands), GFP_KERNEL);
	context->ring.completions = kunit_kcalloc(test, GROQ_RING_SIZE,
						  sizeof(*context->ring.completions), GFP_KERNEL);
	context->ring.faults = kunit_kcalloc(test, GROQ_RING_SIZE,
					     sizeof(*context->ring.faults), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, context->ring.commands);
	KUNIT_ASSERT_NOT_NULL(test, context->ring.completions);
	KUNIT_ASSERT_NOT_NULL(test, context->ring.faults);
	groq_ring_reset(&context->ring);
	context->phase = GROQ_COMPLETION_PHASE;
	test->priv = context;
	return 0;
}

static struct kunit_case ring_cases[] = {
	KUNIT_CASE(ring_fills_and_empties),
	KUNIT_CASE(ring_goes_around),
	KUNIT_CASE(ring_starts_anew),
	KUNIT_CASE(ring_tells_faults),
	KUNIT_CASE(ring_refuses_what_was_not_asked_for),
	KUNIT_CASE(ring_refuses_another_queue),
	KUNIT_CASE(ring_refuses_wrong_counts),
	{}
};

static struct kunit_suite ring_suite = {
	.name = "groq_ring",
	.init = ring_init,
	.test_cases = ring_cases,
};

kunit_test_suite(ring_suite);
