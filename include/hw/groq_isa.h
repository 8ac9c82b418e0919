/* SPDX-License-Identifier: MIT */
/*
 * The instruction set: encodings and timing, docs/isa.md. One table, read by
 * the chip's decoder, the assembler, the disassembler and the tests.
 *
 * An instruction is 16 bytes, seen as a 128-bit little-endian number. Bits
 * 7..0 are the opcode; the fields of its format follow; every other bit is
 * zero. A pattern that breaks this is an illegal instruction, and so is the
 * all-zero pattern.
 */
#ifndef GROQ_HW_ISA_H
#define GROQ_HW_ISA_H

#define GROQ_INSTRUCTION_BYTES	16
#define GROQ_TEXT_BYTES		640	/* of one Ifetch: two consecutive words */
#define GROQ_TEXT_INSTRUCTIONS	40
#define GROQ_TEXT_CAPACITY	120	/* instructions an instruction queue holds */

/*
 * Opcodes: X(name, opcode, queue, mnemonic, format)
 * queue: the kind of instruction queue that executes it (ANY, MEM, VXM, MXM
 * weights / activations / results: MXW MXA MXR, SXM, C2C).
 * format: names a GROQ_FORMAT_* list of fields below.
 */
#define GROQ_ISA(X) \
	X(NOP,        0x01, ANY, "nop",        NOP) \
	X(IFETCH,     0x02, ANY, "ifetch",     IFETCH) \
	X(SYNC,       0x03, ANY, "sync",       NONE) \
	X(NOTIFY,     0x04, ANY, "notify",     NONE) \
	X(REPEAT,     0x06, ANY, "repeat",     REPEAT) \
	X(READ,       0x10, MEM, "read",       MEMORY) \
	X(WRITE,      0x11, MEM, "write",      MEMORY) \
	X(READ_WRITE, 0x12, MEM, "read_write", MEMORY_PAIR) \
	X(COPY,       0x20, VXM, "copy",       UNARY) \
	X(NEG,        0x21, VXM, "neg",        UNARY) \
	X(ADD_SAT,    0x24, VXM, "add.sat",    BINARY) \
	X(ADD_MOD,    0x25, VXM, "add.mod",    BINARY) \
	X(SUB_SAT,    0x26, VXM, "sub.sat",    BINARY) \
	X(SUB_MOD,    0x27, VXM, "sub.mod",    BINARY) \
	X(MUL_SAT,    0x28, VXM, "mul.sat",    BINARY) \
	X(MUL_MOD,    0x29, VXM, "mul.mod",    BINARY) \
	X(MAX,        0x2a, VXM, "max",        BINARY) \
	X(MIN,        0x2b, VXM, "min",        BINARY) \
	X(SHL,        0x2c, VXM, "shl",        BINARY) \
	X(SHR,        0x2d, VXM, "shr",        BINARY) \
	X(RELU,       0x30, VXM, "relu",       UNARY) \
	X(CONVERT,    0x38, VXM, "convert",    CONVERT) \
	X(LW,         0x50, MXW, "lw",         LOAD_WEIGHTS) \
	X(IW,         0x51, MXW, "iw",         NONE) \
	X(ABC,        0x52, MXA, "abc",        ACTIVATE) \
	X(ACC,        0x53, MXR, "acc",        ACCUMULATE)
/*
 * Reserved for the rest of the published set: 0x05 Config; 0x13 Gather, 0x14
 * Scatter; 0x22..0x23, 0x2e..0x4f VXM; 0x60..0x6f SXM; 0x70..0x7f C2C.
 */

/*
 * Fields: F(name, lowest bit, bits, kind)
 * COUNT     unsigned, not 0
 * UINT      unsigned
 * SINT      two's complement
 * SRAM      linear SRAM address
 * STREAM    bit 5 direction (0 east, 1 west), bits 4..0 stream
 * OPERAND   source: bits 7..6 kind (GROQ_OPERAND_*), bits 5..0 its number
 * TARGET    like OPERAND; a stream or GROQ_OPERAND_NONE
 * TYPE      GROQ_TYPE_*
 * BITS      uninterpreted
 */
#define GROQ_FORMAT_NONE(F)
#define GROQ_FORMAT_NOP(F) \
	F(cycles, 16, 16, COUNT)
#define GROQ_FORMAT_IFETCH(F) \
	F(text, 32, 32, SRAM)
#define GROQ_FORMAT_REPEAT(F) \
	F(times, 16, 16, COUNT) \
	F(interval, 32, 16, COUNT)
#define GROQ_FORMAT_MEMORY(F) \
	F(stream, 8, 6, STREAM) \
	F(word, 16, 13, UINT) \
	F(step, 32, 14, SINT)
#define GROQ_FORMAT_MEMORY_PAIR(F) \
	F(read_stream, 8, 6, STREAM) \
	F(read_word, 16, 13, UINT) \
	F(read_step, 32, 14, SINT) \
	F(write_stream, 72, 6, STREAM) \
	F(write_word, 80, 13, UINT) \
	F(write_step, 96, 14, SINT)
#define GROQ_FORMAT_UNARY(F) \
	F(type, 8, 4, TYPE) \
	F(target, 16, 8, TARGET) \
	F(a, 24, 8, OPERAND) \
	F(immediate, 64, 32, BITS)
#define GROQ_FORMAT_BINARY(F) \
	F(type, 8, 4, TYPE) \
	F(target, 16, 8, TARGET) \
	F(a, 24, 8, OPERAND) \
	F(b, 32, 8, OPERAND) \
	F(immediate, 64, 32, BITS)
#define GROQ_FORMAT_CONVERT(F) \
	F(type, 8, 4, TYPE) \
	F(to, 12, 4, TYPE) \
	F(target, 16, 8, TARGET) \
	F(a, 24, 8, OPERAND) \
	F(immediate, 64, 32, BITS)
#define GROQ_FORMAT_LOAD_WEIGHTS(F) \
	F(stream, 8, 6, STREAM) \
	F(block, 16, 5, UINT) \
	F(step, 24, 5, UINT)
#define GROQ_FORMAT_ACTIVATE(F) \
	F(stream, 8, 6, STREAM) \
	F(type, 16, 4, TYPE)
#define GROQ_FORMAT_ACCUMULATE(F) \
	F(stream, 8, 6, STREAM) \
	F(add, 16, 1, UINT) \
	F(emit, 17, 1, UINT) \
	F(type, 20, 4, TYPE) \
	F(entry, 24, 9, UINT) \
	F(step, 40, 10, SINT)

enum groq_opcode {
#define GROQ_ISA_OPCODE(name, opcode, queue, mnemonic, format) \
	GROQ_OPCODE_##name = opcode,
	GROQ_ISA(GROQ_ISA_OPCODE)
#undef GROQ_ISA_OPCODE
};

/* Streams of an operand: direction and number */
#define GROQ_STREAM_EAST(n)	(n)
#define GROQ_STREAM_WEST(n)	(0x20 | (n))
#define GROQ_STREAM_IS_WEST	0x20
#define GROQ_STREAM_NUMBER	0x1f

/* VXM operands */
#define GROQ_OPERAND_KIND	0xc0
#define   GROQ_OPERAND_STREAM	0x00	/* number: stream, first of an aligned group */
#define   GROQ_OPERAND_ALU	0x40	/* number: ALU 0..15, its last result */
#define   GROQ_OPERAND_IMMEDIATE 0x80	/* number: 0; the immediate, in every lane */
#define   GROQ_OPERAND_NONE	0xc0	/* target only, number: 0 */
#define GROQ_OPERAND_NUMBER	0x3f

/* Data types. A type of n bytes takes n streams, the first a multiple of n. */
#define GROQ_TYPE_I8		0
#define GROQ_TYPE_U8		1
#define GROQ_TYPE_I16		2
#define GROQ_TYPE_I32		3
#define GROQ_TYPE_F16		4
#define GROQ_TYPE_F32		5
#define GROQ_TYPES		6

/*
 * Timing, in cycles. An instruction that issues at t samples its streams at t
 * and drives its result at t + delay, at the position of its slice.
 * docs/isa.md section 3 says which figures are published and which are ours.
 */
#define GROQ_DELAY_HOP			1	/* stream register to the next */
#define GROQ_DELAY_MEM_READ		1
#define GROQ_DELAY_MEM_WRITE		1	/* readable from t + 1 */
#define GROQ_DELAY_VXM_ENTER		4	/* stream to ALU input */
#define GROQ_DELAY_VXM_OP		3
#define GROQ_DELAY_VXM			7	/* enter + op */
#define GROQ_DELAY_MXM_LOAD		1	/* LW: row in the buffer */
#define GROQ_DELAY_MXM_INSTALL		3	/* IW: array usable by ABC */
#define GROQ_DELAY_MXM_MULTIPLY		13	/* ABC: result leaves the array */
#define GROQ_DELAY_MXM_ACCUMULATE	34	/* ACC: result on the streams */
#define GROQ_DELAY_SYNC			35	/* Notify to retire of Sync */
#define GROQ_DELAY_IFETCH		24	/* text issues from t + 24 */
#define GROQ_DELAY_DRAIN		20	/* last effect to end of program: N tiles */

#endif /* GROQ_HW_ISA_H */
