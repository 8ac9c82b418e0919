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
 * Opcodes: X(name, opcode, queue, mnemonic, format, delay)
 * queue: the kind of instruction queue that executes it: ANY, MEM, VXM; of the
 * MXM weights, activations, results MXW MXA MXR; of the SXM shift up and down,
 * select, permute, distribute, rotate, transpose SXU SXD SXC SXP SXB SXR SXT; of
 * a link C2C.
 * format: names a GROQ_FORMAT_* list of fields below.
 * delay: functional delay, GROQ_DELAY_* below. Every instruction samples its
 * operands in the cycle in which it issues.
 */
#define GROQ_ISA(X) \
	X(NOP,        0x01, ANY, "nop",        NOP,         NONE) \
	X(IFETCH,     0x02, ANY, "ifetch",     IFETCH,      IFETCH) \
	X(SYNC,       0x03, ANY, "sync",       NONE,        NONE) \
	X(NOTIFY,     0x04, ANY, "notify",     NONE,        SYNC) \
	X(CONFIG,     0x05, ANY, "config",     CONFIG,      CONFIG) \
	X(REPEAT,     0x06, ANY, "repeat",     REPEAT,      NONE) \
	X(READ,       0x10, MEM, "read",       MEMORY,      MEM_READ) \
	X(WRITE,      0x11, MEM, "write",      MEMORY,      MEM_WRITE) \
	X(READ_WRITE, 0x12, MEM, "read_write", MEMORY_PAIR, MEM_READ) \
	X(GATHER,     0x13, MEM, "gather",     INDIRECT,    MEM_GATHER) \
	X(SCATTER,    0x14, MEM, "scatter",    INDIRECT,    MEM_WRITE) \
	X(COPY,       0x20, VXM, "copy",       UNARY,       VXM) \
	X(NEG,        0x21, VXM, "neg",        UNARY,       VXM) \
	X(MASK,       0x22, VXM, "mask",       BINARY,      VXM) \
	X(BLEND,      0x23, VXM, "blend",      TERNARY,     VXM) \
	X(ADD_SAT,    0x24, VXM, "add.sat",    BINARY,      VXM) \
	X(ADD_MOD,    0x25, VXM, "add.mod",    BINARY,      VXM) \
	X(SUB_SAT,    0x26, VXM, "sub.sat",    BINARY,      VXM) \
	X(SUB_MOD,    0x27, VXM, "sub.mod",    BINARY,      VXM) \
	X(MUL_SAT,    0x28, VXM, "mul.sat",    BINARY,      VXM) \
	X(MUL_MOD,    0x29, VXM, "mul.mod",    BINARY,      VXM) \
	X(MAX,        0x2a, VXM, "max",        BINARY,      VXM) \
	X(MIN,        0x2b, VXM, "min",        BINARY,      VXM) \
	X(SHL,        0x2c, VXM, "shl",        BINARY,      VXM) \
	X(SHR,        0x2d, VXM, "shr",        BINARY,      VXM) \
	X(RELU,       0x30, VXM, "relu",       UNARY,       VXM) \
	X(TANH,       0x31, VXM, "tanh",       UNARY,       VXM) \
	X(EXP,        0x32, VXM, "exp",        UNARY,       VXM) \
	X(RSQRT,      0x33, VXM, "rsqrt",      UNARY,       VXM) \
	X(CONVERT,    0x38, VXM, "convert",    CONVERT,     VXM) \
	X(EQ,         0x40, VXM, "eq",         BINARY,      VXM) \
	X(NE,         0x41, VXM, "ne",         BINARY,      VXM) \
	X(LT,         0x42, VXM, "lt",         BINARY,      VXM) \
	X(LE,         0x43, VXM, "le",         BINARY,      VXM) \
	X(AND,        0x44, VXM, "and",        BINARY,      VXM) \
	X(OR,         0x45, VXM, "or",         BINARY,      VXM) \
	X(XOR,        0x46, VXM, "xor",        BINARY,      VXM) \
	X(LW,         0x50, MXW, "lw",         WEIGHTS,     MXM_LOAD) \
	X(IW,         0x51, MXW, "iw",         NONE,        MXM_INSTALL) \
	X(ABC,        0x52, MXA, "abc",        ACTIVATE,    MXM_MULTIPLY) \
	X(ACC,        0x53, MXR, "acc",        ACCUMULATE,  MXM_ACCUMULATE) \
	X(IW_STREAM,  0x54, MXW, "iw.stream",  WEIGHTS,     MXM_INSTALL) \
	X(SHIFT_UP,   0x60, SXU, "shift.up",   SHIFT,       SXM_SHIFT) \
	X(SHIFT_DOWN, 0x61, SXD, "shift.down", SHIFT,       SXM_SHIFT) \
	X(SELECT,     0x62, SXC, "select",     SELECT,      SXM_SELECT) \
	X(PERMUTE,    0x63, SXP, "permute",    REARRANGE,   SXM_PERMUTE) \
	X(DISTRIBUTE, 0x64, SXB, "distribute", REARRANGE,   SXM_DISTRIBUTE) \
	X(ROTATE,     0x65, SXR, "rotate",     ROTATE,      SXM_ROTATE) \
	X(TRANSPOSE,  0x66, SXT, "transpose",  TRANSPOSE,   SXM_TRANSPOSE) \
	X(SEND,       0x70, C2C, "send",       LINK_STREAM, NONE) \
	X(RECEIVE,    0x71, C2C, "receive",    LINK_STREAM, LINK_RECEIVE) \
	X(DESKEW,     0x72, C2C, "deskew",     NONE,        NONE) \
	X(TRANSMIT,   0x73, C2C, "transmit",   NONE,        NONE) \
	X(AWAIT,      0x74, C2C, "await",      AWAIT,       NONE) \
	X(DESKEW_RUNTIME, 0x75, C2C, "deskew.runtime", DELAY, NONE)

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
#define GROQ_FORMAT_CONFIG(F) \
	F(superlanes, 16, 5, UINT)
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
#define GROQ_FORMAT_INDIRECT(F) \
	F(stream, 8, 6, STREAM) \
	F(base, 16, 13, UINT) \
	F(map, 32, 6, STREAM)
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
#define GROQ_FORMAT_TERNARY(F) \
	F(type, 8, 4, TYPE) \
	F(target, 16, 8, TARGET) \
	F(a, 24, 8, OPERAND) \
	F(b, 32, 8, OPERAND) \
	F(condition, 40, 8, OPERAND) \
	F(immediate, 64, 32, BITS)
#define GROQ_FORMAT_CONVERT(F) \
	F(type, 8, 4, TYPE) \
	F(to, 12, 4, TYPE) \
	F(target, 16, 8, TARGET) \
	F(a, 24, 8, OPERAND) \
	F(immediate, 64, 32, BITS)
#define GROQ_FORMAT_WEIGHTS(F) \
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
#define GROQ_FORMAT_SHIFT(F) \
	F(from, 8, 6, STREAM) \
	F(to, 16, 6, STREAM) \
	F(type, 24, 4, TYPE) \
	F(lanes, 32, 9, UINT)
#define GROQ_FORMAT_SELECT(F) \
	F(from, 8, 6, STREAM) \
	F(north, 32, 6, STREAM) \
	F(south, 40, 6, STREAM) \
	F(map, 48, 6, STREAM) \
	F(to, 16, 6, STREAM) \
	F(type, 24, 4, TYPE)
#define GROQ_FORMAT_REARRANGE(F) \
	F(from, 8, 6, STREAM) \
	F(map, 32, 6, STREAM) \
	F(to, 16, 6, STREAM) \
	F(type, 24, 4, TYPE)
#define GROQ_FORMAT_ROTATE(F) \
	F(from, 8, 6, STREAM) \
	F(to, 16, 6, STREAM) \
	F(n, 24, 3, UINT)
#define GROQ_FORMAT_TRANSPOSE(F) \
	F(from, 8, 6, STREAM) \
	F(to, 16, 6, STREAM)
#define GROQ_FORMAT_LINK_STREAM(F) \
	F(stream, 8, 6, STREAM)
#define GROQ_FORMAT_AWAIT(F) \
	F(link, 8, 4, UINT) \
	F(number, 16, 16, COUNT)
#define GROQ_FORMAT_DELAY(F) \
	F(cycles, 16, 16, COUNT)

enum groq_opcode {
#define GROQ_ISA_OPCODE(name, opcode, queue, mnemonic, format, delay) \
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

/* Maps of the SXM */
#define GROQ_SELECT_CENTER	0	/* select: lane of the unshifted vector */
#define GROQ_SELECT_NORTH	1
#define GROQ_SELECT_SOUTH	2
#define GROQ_DISTRIBUTE_ZERO	0x80	/* distribute: from here on, the lane is zero */

/*
 * Timing, in cycles. An instruction that issues at t samples its streams at t
 * and drives its result at t + delay, at the position of its slice.
 * docs/isa.md section 3 says which figures are published and which are ours.
 */
#define GROQ_DELAY_NONE			0	/* no effect but on its own queue */
#define GROQ_DELAY_CONFIG		1	/* holds from the next cycle on */
#define GROQ_DELAY_HOP			1	/* stream register to the next */
#define GROQ_DELAY_MEM_READ		1
#define GROQ_DELAY_MEM_WRITE		1	/* readable from t + 1 */
#define GROQ_DELAY_MEM_GATHER		1
#define GROQ_DELAY_VXM_ENTER		4	/* stream to ALU input */
#define GROQ_DELAY_VXM_OP		3
#define GROQ_DELAY_VXM			7	/* enter + op */
#define GROQ_DELAY_MXM_LOAD		1	/* LW: row in the buffer */
#define GROQ_DELAY_MXM_INSTALL		3	/* IW: array usable by ABC */
#define GROQ_DELAY_MXM_MULTIPLY		13	/* ABC: result leaves the array */
#define GROQ_DELAY_MXM_ACCUMULATE	34	/* ACC: result on the streams */
#define GROQ_DELAY_SXM_SHIFT		36	/* lanes cross tiles */
#define GROQ_DELAY_SXM_PERMUTE		36
#define GROQ_DELAY_SXM_SELECT		2	/* inside the tile */
#define GROQ_DELAY_SXM_DISTRIBUTE	2
#define GROQ_DELAY_SXM_ROTATE		4
#define GROQ_DELAY_SXM_TRANSPOSE	4
#define GROQ_DELAY_LINK_RECEIVE		1	/* receive: on the stream */
#define GROQ_DELAY_LONGEST		36	/* of what is driven onto streams */
#define GROQ_DELAY_SYNC			35	/* Notify to retire of Sync */
#define GROQ_DELAY_IFETCH		24	/* text issues from t + 24 */
#define GROQ_DELAY_DRAIN		20	/* last effect to end of program: N tiles */

#define GROQ_MXM_F16_CYCLES		2	/* ABC of F16 takes both planes for so long */

#endif /* GROQ_HW_ISA_H */
