/* SPDX-License-Identifier: MIT */
/*
 * The program file, docs/program-format.md: an ELF file whose notes say what
 * its segments are for. Shared by its writer (tools) and reader (libgroq).
 * All little endian.
 */
#ifndef GROQ_PROGRAM_FORMAT_H
#define GROQ_PROGRAM_FORMAT_H

#include <stdint.h>

#define GROQ_ELF_MACHINE	0x1de0	/* e_machine; unofficial */
#define GROQ_ELF_VERSION	1	/* e_flags: version of the notes below */

/* Notes: name "GROQ" (namesz 5), one PT_NOTE segment / section .note.groq */
#define GROQ_NOTE_NAME		"GROQ"
#define GROQ_NOTE_TARGET	1	/* exactly one */
#define GROQ_NOTE_CHECKSUM	2	/* exactly one */
#define GROQ_NOTE_SRAM		3	/* exactly one: ranges to reserve */
#define GROQ_NOTE_ENTRY		4	/* one per entry point, at least one */
#define GROQ_NOTE_TENSOR	5	/* one per named tensor */

#define GROQ_NAME_BYTES		32	/* names end with, and are padded by, zeroes */

struct groq_note_target {
	uint32_t isa;		/* 1 */
	uint32_t reserved;
	uint64_t sram_bytes;	/* the card must have at least this much */
};

/* CRC-32 (IEEE 802.3) of the whole file, taken with this field as zero. */
struct groq_note_checksum {
	uint32_t crc32;
};

#define GROQ_SRAM_RANGES_MAX	16

/* Array of 1..16: sorted, disjoint, multiples of 320. All segments, text and tensors lie inside. */
struct groq_note_sram {
	uint32_t address;
	uint32_t size;
};

#define GROQ_ENTRY_MONOLITHIC	0
#define GROQ_ENTRY_INPUT	1
#define GROQ_ENTRY_COMPUTE	2
#define GROQ_ENTRY_OUTPUT	3

struct groq_note_entry {
	char name[GROQ_NAME_BYTES];
	uint32_t kind;
	uint32_t launch;	/* SRAM address of the launch table */
	uint32_t launch_count;
	uint32_t reserved;
	uint64_t cycles;	/* exact length of a run, 0 if the writer does not know */
};

#define GROQ_TENSOR_INPUT	0
#define GROQ_TENSOR_OUTPUT	1

/* Element types, numbered like GROQ_TYPE_* of the instruction set. */
#define GROQ_ELEMENT_I8		0
#define GROQ_ELEMENT_U8		1
#define GROQ_ELEMENT_I16	2
#define GROQ_ELEMENT_I32	3
#define GROQ_ELEMENT_F16	4
#define GROQ_ELEMENT_F32	5

/*
 * A tensor on the host is row major: rows of columns of elements. In SRAM it is
 * a set of parts; a part is one byte plane of up to 320 neighbouring columns:
 *   SRAM[sram + row * stride + lane] =
 *       byte `plane` of element [row][column + lane]
 * A part owns whole words; lanes past its end are zero on input and ignored on
 * output. Together the parts hold every byte of every element exactly once.
 */
struct groq_tensor_part {
	uint32_t plane;		/* 0..element bytes - 1 */
	uint32_t column;
	uint32_t lanes;		/* 1..320 */
	uint32_t sram;		/* of row 0, a multiple of 320 */
	uint32_t stride;	/* bytes from row to row, a multiple of 320, not 0 */
};

struct groq_note_tensor {
	char name[GROQ_NAME_BYTES];
	uint32_t direction;	/* GROQ_TENSOR_* */
	uint32_t element;	/* GROQ_ELEMENT_* */
	uint32_t rows;
	uint32_t columns;
	uint32_t part_count;
	uint32_t reserved;
	/* struct groq_tensor_part part[part_count] follows */
};

#endif /* GROQ_PROGRAM_FORMAT_H */
