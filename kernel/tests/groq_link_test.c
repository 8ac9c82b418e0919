// SPDX-License-Identifier: GPL-2.0-only
/* What counts as a change of a link, and how fast it is. */

#include <kunit/test.h>

#include <hw/groq_regs.h>

#include "../groq_link.h"

static const struct groq_hw_link wired = {
	.state = GROQ_LINK_UP,
	.peer_link = 3,
	.peer_serial = 0x1234,
	.lanes = 4,
	.sent = 1,
	.received = 2,
	.downs = 5,
};

/* Whether it has, but for one field the same before and now. */
#define changed_by(field, value) \
	({ struct groq_hw_link now = wired; now.field = (value); \
	   groq_link_has_changed(&wired, &now); })

static void link_changes_with_what_can_be_used_of_it(struct kunit *test)
{
	KUNIT_EXPECT_FALSE(test, groq_link_has_changed(&wired, &wired));
	KUNIT_EXPECT_TRUE(test, changed_by(state, GROQ_LINK_DOWN));
	KUNIT_EXPECT_TRUE(test, changed_by(state, GROQ_LINK_TRAINING));
	KUNIT_EXPECT_TRUE(test, changed_by(state, GROQ_LINK_DEGRADED));
	KUNIT_EXPECT_TRUE(test, changed_by(peer_serial, 0));
	KUNIT_EXPECT_TRUE(test, changed_by(peer_link, 0));
	KUNIT_EXPECT_TRUE(test, changed_by(lanes, 3));
}

static void link_does_not_change_by_counting(struct kunit *test)
{
	KUNIT_EXPECT_FALSE(test, changed_by(sent, 2));
	KUNIT_EXPECT_FALSE(test, changed_by(received, 3));
	KUNIT_EXPECT_FALSE(test, changed_by(corrected, 1));
	KUNIT_EXPECT_FALSE(test, changed_by(uncorrected, 1));
}

/* It was down between two looks; one that is down may have been up for all we know. */
static void link_that_is_up_again_has_changed(struct kunit *test)
{
	struct groq_hw_link before = { .state = GROQ_LINK_DOWN, .downs = 1 };
	struct groq_hw_link now = { .state = GROQ_LINK_DOWN, .downs = 2 };

	KUNIT_EXPECT_TRUE(test, changed_by(downs, 6));
	KUNIT_EXPECT_FALSE(test, groq_link_has_changed(&before, &now));
}

static void link_is_up_with_fewer_lanes_too(struct kunit *test)
{
	struct groq_hw_link link = { .lanes = 0 };

	for (link.state = GROQ_LINK_ABSENT; link.state < GROQ_LINK_UP; link.state++)
		KUNIT_EXPECT_FALSE(test, groq_link_is_up(&link));
	KUNIT_EXPECT_EQ(test, groq_link_mbps(&link), 0);
	link.state = GROQ_LINK_DEGRADED;
	link.lanes = 1;
	KUNIT_EXPECT_TRUE(test, groq_link_is_up(&link));
	KUNIT_EXPECT_EQ(test, groq_link_mbps(&link), 25000);
	KUNIT_EXPECT_TRUE(test, groq_link_is_up(&wired));
	KUNIT_EXPECT_EQ(test, groq_link_mbps(&wired), 100000);
}

static struct kunit_case link_cases[] = {
	KUNIT_CASE(link_changes_with_what_can_be_used_of_it),
	KUNIT_CASE(link_does_not_change_by_counting),
	KUNIT_CASE(link_that_is_up_again_has_changed),
	KUNIT_CASE(link_is_up_with_fewer_lanes_too),
	{}
};

static struct kunit_suite link_suite = {
	.name = "groq_link",
	.test_cases = link_cases,
};

kunit_test_suite(link_suite);
