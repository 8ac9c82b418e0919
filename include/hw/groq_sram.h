/* SPDX-License-Identifier: MIT */
/*
 * Geometry of the chip and of its SRAM, docs/hardware.md section 2.
 * Shared by driver, chip model and tools; plain C, no dependency.
 */
#ifndef GROQ_HW_SRAM_H
#define GROQ_HW_SRAM_H

/* A vector: one byte per lane. The unit of SRAM access is one vector. */
#define GROQ_LANES		320
#define GROQ_TILES		20	/* tiles of a slice = superlanes */
#define GROQ_TILE_LANES		16
#define GROQ_VECTOR_BYTES	320

/* SRAM: [hemisphere][slice][word], a word is one vector. */
#define GROQ_HEMISPHERES	2
#define   GROQ_WEST		0
#define   GROQ_EAST		1
#define GROQ_SLICES		44	/* per hemisphere; MEM0 next to the VXM */
#define GROQ_SLICE_WORDS	8192
#define GROQ_BANK_WORDS		4096	/* bank = word / 4096: bank 0 and bank 1 */
#define GROQ_SLICE_BYTES	2621440	/* 8192 * 320 */
#define GROQ_SRAM_BYTES		230686720

/*
 * Linear SRAM address (bytes) of lane 0 of a word. Lanes follow.
 * @hemisphere: GROQ_WEST or GROQ_EAST, @slice: 0..43, @word: 0..8191
 */
#define GROQ_SRAM_ADDRESS(hemisphere, slice, word) \
	(((hemisphere) * GROQ_SLICES + (slice)) * GROQ_SLICE_BYTES + \
	 (word) * GROQ_VECTOR_BYTES)

/* Streams: 32 eastward, 32 westward, one byte per lane each. */
#define GROQ_STREAMS		32	/* per direction */

/*
 * Stream register positions, west to east. A value moves one position per
 * cycle. MEM slices 4g..4g+3 of a hemisphere share position +-(g + 1).
 */
#define GROQ_POSITION_VXM	0
#define GROQ_POSITION_MEM(g)	((g) + 1)	/* g = slice / 4, 0..10 */
#define GROQ_POSITION_SXM	12
#define GROQ_POSITION_MXM	13
#define GROQ_POSITION_C2C	13	/* the edges: even links west, odd ones east */
#define GROQ_POSITIONS		27	/* -13..13; west is negative */
#define GROQ_SLICES_PER_HOP	4

/* Instruction queues (ICUs). A launch entry names its queue by this number. */
#define GROQ_ICU_MEM(hemisphere, slice)	((hemisphere) * GROQ_SLICES + (slice))
#define GROQ_ICU_VXM(alu)		(88 + (alu))	/* 0..15 */
#define GROQ_ICU_SXM(hemisphere, n)	(104 + (hemisphere) * 14 + (n))
#define GROQ_ICU_MXM(hemisphere, n)	(132 + (hemisphere) * 6 + (n))
#define GROQ_ICU_C2C(link)		(144 + (link))	/* 0..15 */
#define GROQ_ICUS			144	/* of the published chip */
#define GROQ_ICUS_ALL			160	/* with those of the links */
#define GROQ_VXM_ALUS			16
#define GROQ_SXM_ICUS			14	/* per hemisphere */
#define GROQ_MXM_ICUS			6	/* per hemisphere */
#define GROQ_LINKS			16
#define GROQ_LINK_HEMISPHERE(link)	((link) & 1)

/* On the wire: 4 lanes of 25 Gb/s, 328 bytes for a vector. */
#define GROQ_LINK_LANES			4
#define GROQ_LINK_BYTES_PER_S		12500000000ULL	/* per direction */
#define GROQ_LINK_PACKET_BYTES		328
#define GROQ_LINK_PACKET_MILLICYCLES	23616	/* a vector, of the nominal clock */
#define GROQ_LINK_FIFO			64	/* vectors that wait for a Receive */

/* Queue of an MXM plane (0 or 1 in its hemisphere): weights, activations, results. */
#define GROQ_MXM_QUEUE_WEIGHTS(plane)	((plane) * 3 + 0)	/* LW IW */
#define GROQ_MXM_QUEUE_ACTIVATIONS(plane) ((plane) * 3 + 1)	/* ABC */
#define GROQ_MXM_QUEUE_RESULTS(plane)	((plane) * 3 + 2)	/* ACC */
/* Queue of an SXM unit. Queues 11..13 are there and execute control alone. */
#define GROQ_SXM_QUEUE_SHIFT_UP		0
#define GROQ_SXM_QUEUE_SHIFT_DOWN	1
#define GROQ_SXM_QUEUE_SELECT		2
#define GROQ_SXM_QUEUE_PERMUTE		3
#define GROQ_SXM_QUEUE_DISTRIBUTE(n)	(4 + (n))	/* 0..3 */
#define GROQ_SXM_QUEUE_ROTATE		8
#define GROQ_SXM_QUEUE_TRANSPOSE(n)	(9 + (n))	/* 0..1 */
#define GROQ_SXM_DISTRIBUTORS		4	/* per hemisphere */
#define GROQ_SXM_TRANSPOSERS		2
#define GROQ_MXM_PLANES			2	/* per hemisphere */
#define GROQ_MXM_ACCUMULATORS		512	/* vectors of int32 or fp32 per plane */

#define GROQ_CLOCK_HZ			900000000ULL	/* nominal */

#endif /* GROQ_HW_SRAM_H */
