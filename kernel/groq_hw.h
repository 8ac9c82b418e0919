/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The card's registers as verbs. Nothing else in the driver reads or writes
 * them; docs/hardware.md says what they do.
 */
#ifndef GROQ_HW_H
#define GROQ_HW_H

#include <linux/types.h>

struct pci_dev;

/* Mapped by groq_hw_init(); identity is read once and does not change. */
struct groq_hw {
	void __iomem *regs;
	u32 version;
	u32 queue_count;
	u32 vector_count;
	u32 link_count;
	u32 clock_khz;
	u64 features;
	u64 sram_bytes;
	u64 serial;
};

/* What a queue is told before it is enabled. */
struct groq_hw_queue {
	u64 commands;		/* bus addresses */
	u64 completions;
	u64 faults;
	u32 size_log2;
	u32 vector;
	u32 priority;
};

/* A chip-to-chip link as it is now; peer and lanes are 0 unless it is up. */
struct groq_hw_link {
	u32 state;		/* GROQ_LINK_*, never another number */
	u32 peer_link;
	u64 peer_serial;
	u32 lanes;
	u32 open;		/* GROQ_LINK_OPEN_*, never another number */
	u64 sent;		/* this and all that follow: since power-on */
	u64 received;
	u64 corrected;
	u64 uncorrected;
	u64 downs;
};

/* Of the alignment of a link that was measured last. */
struct groq_hw_rounds {
	u32 period;		/* cycles of an epoch */
	u32 min;		/* cycles there and back */
	u32 max;
	u64 sum;
	u64 squares;
	s32 offset;
};

int groq_hw_init(struct groq_hw *hw, struct pci_dev *pdev);
bool groq_hw_present(const struct groq_hw *hw);
int groq_hw_reset(const struct groq_hw *hw);
u32 groq_hw_status(const struct groq_hw *hw);
u64 groq_hw_time(const struct groq_hw *hw);

void groq_hw_interrupts_enable(const struct groq_hw *hw, u32 causes);
u32 groq_hw_interrupts_take(const struct groq_hw *hw);

void groq_hw_queue_window(const struct groq_hw *hw, unsigned int q,
			  unsigned int w, u32 base, u32 size, u32 access);
int groq_hw_queue_enable(const struct groq_hw *hw, unsigned int q,
			 const struct groq_hw_queue *config);
int groq_hw_queue_disable(const struct groq_hw *hw, unsigned int q);
bool groq_hw_queue_abort(const struct groq_hw *hw, unsigned int q, u32 index);
u32 groq_hw_queue_status(const struct groq_hw *hw, unsigned int q);
bool groq_hw_queue_waits(const struct groq_hw *hw, unsigned int q);
void groq_hw_queue_bar(const struct groq_hw *hw, unsigned int q, u32 index, u32 size);
u32 groq_hw_queue_taken(const struct groq_hw *hw, unsigned int q);
void groq_hw_ring_commands(const struct groq_hw *hw, unsigned int q, u32 tail);
void groq_hw_ring_completions(const struct groq_hw *hw, unsigned int q, u32 head);

bool groq_hw_has_links(const struct groq_hw *hw);
void groq_hw_link_read(const struct groq_hw *hw, unsigned int n, struct groq_hw_link *link);
u32 groq_hw_links_awaited(const struct groq_hw *hw);
u32 groq_hw_links_changed(const struct groq_hw *hw);
void groq_hw_links_take_changed(const struct groq_hw *hw);
void groq_hw_link_enable(const struct groq_hw *hw, unsigned int n, bool enable);
void groq_hw_link_train(const struct groq_hw *hw, unsigned int n);
void groq_hw_link_start_align(const struct groq_hw *hw, unsigned int n, u32 align);
void groq_hw_link_start_prbs(const struct groq_hw *hw, unsigned int n, u32 log2_bits);
u32 groq_hw_link_test_status(const struct groq_hw *hw, unsigned int n);
u64 groq_hw_link_prbs_errors(const struct groq_hw *hw, unsigned int n);
void groq_hw_link_rounds(const struct groq_hw *hw, unsigned int n,
			 struct groq_hw_rounds *rounds);

u32 groq_hw_read32(const struct groq_hw *hw, u32 reg);
u64 groq_hw_read64(const struct groq_hw *hw, u32 reg);

#endif /* GROQ_HW_H */
