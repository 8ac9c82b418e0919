/* SPDX-License-Identifier: MIT */
/*
 * What goes by a cable between two processes, on a stream of bytes: frames. A frame is
 * its length, 32 bits little-endian, and as many bytes, up to GROQ_LINK_MESSAGE_BYTES.
 * The first one each way is struct groq_hello, the others are messages of the chips
 * (groq_chip.h). A cable is plugged when both sides have greeted, with the same bytes,
 * so that no message comes too early; to pull it is to hang up.
 */
#ifndef GROQ_CABLE_WIRE_H
#define GROQ_CABLE_WIRE_H

#include <stdint.h>

#define GROQ_HELLO_MAGIC "groqlink"
#define GROQ_HELLO_VERSION 1	/* grows with the messages of the chips, too */
#define GROQ_LENGTH_BYTES 4
/* What waits to be sent: far more than chips that wait for each other can have under way. */
#define GROQ_QUEUE_BYTES (1 << 20)

/* Little-endian. The numbers are those of struct groq_cable. */
struct groq_hello {
	char magic[8];		/* GROQ_HELLO_MAGIC, without its end */
	uint32_t version;
	uint32_t latency;
	uint32_t spread;
	uint32_t lanes;
	uint32_t corrected_every;
	uint32_t uncorrected_at;
	uint32_t bit_errors;
	uint32_t seed[2];	/* low half first */
};

#endif /* GROQ_CABLE_WIRE_H */
