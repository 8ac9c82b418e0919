/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tests of a link which the chips at its two ends do: one at a time of a card. They
 * sleep, can be interrupted, and end when the card goes.
 */
#ifndef GROQ_MEASURE_H
#define GROQ_MEASURE_H

#include <linux/mutex.h>
#include <linux/types.h>

struct groq_device;
struct groq_hw_rounds;

struct groq_measure {
	struct mutex lock;	/* held for a test; outside of all other locks */
};

int groq_measure_init(struct groq_device *gdev);
/*
 * -ENOLINK: the link is not up, or went down. -EBUSY: a program has links open.
 * -ETIMEDOUT: the chip does not come to an end. @align: samples, and
 * GROQ_LINK_ALIGN_ADJUST.
 */
int groq_measure_align(struct groq_device *gdev, u32 n, u32 align,
		       struct groq_hw_rounds *rounds);
int groq_measure_prbs(struct groq_device *gdev, u32 n, u32 log2_bits);

#endif /* GROQ_MEASURE_H */
