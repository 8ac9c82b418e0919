/* SPDX-License-Identifier: MIT */
/*
 * Traces of programs: a file that Perfetto and chrome://tracing open, with a
 * row for each instruction queue. docs/tracing.md says what is in it.
 *
 *	tracer = groq_tracer_create("trace.json", "card0", complain, NULL);
 *	groq_chip_observe(chip, &groq_tracer_observer, tracer);
 *	...
 *	groq_chip_destroy(chip);
 *	groq_tracer_destroy(tracer);
 */
#ifndef GROQ_TRACER_H
#define GROQ_TRACER_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct groq_observer;
struct groq_tracer;

/*
 * Starts @file anew. @card, in UTF-8, is what the trace calls the card. NULL
 * when the file cannot be written, is not a regular one, or is being written
 * for another card.
 *
 * @complain gets one line that says why; so it does later on, once, when the
 * file cannot be written any further. The program goes on then, and the file
 * ends after the last program that is in it whole. @opaque is its; the line
 * lives for the call.
 */
struct groq_tracer *groq_tracer_create(const char *file, const char *card,
				       void (*complain)(void *opaque, const char *line),
				       void *opaque);
/* A time line that others write on, too. Both are called from within the chip. */
struct groq_trace_line {
	uint32_t process;	/* the chip's "pid" there */
	/* Its time now, ns. */
	uint64_t (*now_ns)(void *opaque);
	/* Add @event, an object of JSON of @bytes. */
	void (*add)(void *opaque, const char *event, size_t bytes);
};

/*
 * The same, on @line, which is copied, instead of into a file. A program lies there
 * from when it began to when it ended, its cycles evenly in between; its events are
 * kept in memory until then.
 */
struct groq_tracer *groq_tracer_create_on(const struct groq_trace_line *line,
					  void *opaque);
/* Nothing may be observed by it any more. */
void groq_tracer_destroy(struct groq_tracer *tracer);

/*
 * Its opaque is the tracer. One chip to a tracer. Between programs the file is
 * complete, whether or not the tracer is ever destroyed.
 */
extern const struct groq_observer groq_tracer_observer;

#ifdef __cplusplus
}
#endif

#endif /* GROQ_TRACER_H */
