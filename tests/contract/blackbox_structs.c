/* SPDX-License-Identifier: MIT */
/*
 * Structures that say their size, as programs have them that were compiled with an
 * older header, with a newer one, or carelessly. Written from groq.h alone.
 */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <poll.h>

#include <groq/groq.h>

enum { UNTOUCHED = 0x5c, TAIL = 64 };

static void expect(int is_so, const char *what, int line)
{
	struct groq_error_info error = { .size = sizeof(error) };

	if (is_so)
		return;
	groq_last_error(&error);
	fprintf(stderr, "line %d: not so: %s; the last error: %s\n", line, what,
		error.message);
	exit(1);
}
#define EXPECT(is_so) expect(is_so, #is_so, __LINE__)

static int is_untouched(const void *from, size_t bytes)
{
	const unsigned char *at = from;

	for (size_t i = 0; i < bytes; i++)
		if (at[i] != UNTOUCHED)
			return 0;
	return 1;
}

/* A program of the first release asks for what that knew; @known bytes of it. */
#define AS_THE_FIRST_RELEASE(type, last, call)                                           \
	do {                                                                             \
		struct type old;                                                         \
		const size_t known = offsetof(struct type, last) + sizeof(old.last);     \
                                                                                         \
		memset(&old, UNTOUCHED, sizeof(old));                                    \
		old.size = known;                                                        \
		EXPECT((call) == GROQ_OK);                                               \
		EXPECT(old.size == known);                                               \
		EXPECT(!is_untouched((char *)&old + sizeof(size_t),                      \
				     known - sizeof(size_t)));                           \
		EXPECT(is_untouched((char *)&old + known, sizeof(old) - known));         \
	} while (0)

/* A later one asks for more than this library knows: that stays as it is. */
#define AS_A_LATER_RELEASE(type, call)                                                   \
	do {                                                                             \
		struct {                                                                 \
			struct type known;                                               \
			char tail[TAIL];                                                 \
		} large;                                                                 \
		struct type *later = &large.known;                                       \
                                                                                         \
		memset(&large, UNTOUCHED, sizeof(large));                                \
		later->size = sizeof(large);                                             \
		EXPECT((call) == GROQ_OK);                                               \
		EXPECT(later->size == sizeof(large));                                    \
		EXPECT(is_untouched(large.tail, sizeof(large.tail)));                    \
	} while (0)

/* Who forgets the size is told, and nothing is written. */
#define WITHOUT_A_SIZE(type, call)                                                       \
	do {                                                                             \
		struct type bare;                                                        \
                                                                                         \
		memset(&bare, UNTOUCHED, sizeof(bare));                                  \
		for (bare.size = 0; bare.size <= sizeof(size_t); bare.size++) {          \
			EXPECT((call) == GROQ_ERROR_INVALID);                            \
			EXPECT(is_untouched((char *)&bare + sizeof(size_t),              \
					    sizeof(bare) - sizeof(size_t)));             \
		}                                                                        \
	} while (0)

static void ask_the_card(struct groq_device *device)
{
	AS_THE_FIRST_RELEASE(groq_device_info, timeout_ms,
			     groq_device_get_info(device, &old));
	AS_A_LATER_RELEASE(groq_device_info, groq_device_get_info(device, later));
	WITHOUT_A_SIZE(groq_device_info, groq_device_get_info(device, &bare));
	AS_A_LATER_RELEASE(groq_telemetry, groq_device_read_telemetry(device, later));
	WITHOUT_A_SIZE(groq_telemetry, groq_device_read_telemetry(device, &bare));
}

static void ask_the_program(const struct groq_program *program)
{
	AS_A_LATER_RELEASE(groq_entry_info, groq_program_get_entry(program, 0, later));
	WITHOUT_A_SIZE(groq_entry_info, groq_program_get_entry(program, 0, &bare));
	AS_A_LATER_RELEASE(groq_tensor_info, groq_program_get_tensor(program, 0, later));
	WITHOUT_A_SIZE(groq_tensor_info, groq_program_get_tensor(program, 0, &bare));
}

/* Options that this library does not know must be 0: else they would be ignored. */
#define OPTIONS(type, create, destroy)                                                   \
	do {                                                                             \
		struct {                                                                 \
			struct type known;                                               \
			char tail[TAIL];                                                 \
		} options;                                                               \
                                                                                         \
		memset(&options, 0, sizeof(options));                                    \
		options.known.size = sizeof(options);                                    \
		EXPECT((create) == GROQ_OK);                                             \
		destroy;                                                                 \
		options.tail[TAIL - 1] = 1;                                              \
		EXPECT((create) == GROQ_ERROR_TOO_OLD);                                  \
		options.known.size = 0;                                                  \
		EXPECT((create) == GROQ_ERROR_INVALID);                                  \
		options.known.size = sizeof(size_t);                                     \
		EXPECT((create) == GROQ_ERROR_INVALID);                                  \
	} while (0)

static void give_options(struct groq_device *device)
{
	struct groq_context *context;
	struct groq_queue *queue;

	OPTIONS(groq_context_options, groq_context_create(&options.known, &context),
		groq_context_destroy(context));
	OPTIONS(groq_queue_options, groq_queue_create(device, &options.known, &queue),
		groq_queue_destroy(queue));
}

/* Options of the first release leave the rest at its defaults, whatever lies there. */
static void give_options_of_the_first_release(struct groq_device *device)
{
	struct groq_queue_options old;
	struct groq_queue_info info = { .size = sizeof(info) };
	struct groq_queue *queue;

	memset(&old, UNTOUCHED, sizeof(old));
	old.size = offsetof(struct groq_queue_options, path);
	old.priority = 0;
	old.reserved = 0;
	EXPECT(groq_queue_create(device, &old, &queue) == GROQ_OK);
	EXPECT(groq_queue_get_info(queue, &info) == GROQ_OK);
	EXPECT(info.depth == 256);
	groq_queue_destroy(queue);
}

static uint64_t submit(struct groq_queue *queue, struct groq_job *job)
{
	uint64_t ticket;

	EXPECT(groq_queue_submit(queue, job, &ticket) == GROQ_OK);
	return ticket;
}

/* A result that has no room is not lost. */
static void take_results(struct groq_queue *queue, struct groq_job *job)
{
	struct groq_result bare = { .size = 0 };
	const uint64_t first = submit(queue, job);

	EXPECT(groq_queue_wait(queue, first, GROQ_FOREVER, &bare) == GROQ_ERROR_INVALID);
	AS_A_LATER_RELEASE(groq_result,
			   groq_queue_wait(queue, first, GROQ_FOREVER, later));

	const uint64_t second = submit(queue, job);

	AS_THE_FIRST_RELEASE(groq_result, fault,
			     groq_queue_wait(queue, second, GROQ_FOREVER, &old));
}

/* An array of results of an older header: each as long as the first one says. */
static void reap_as_the_first_release(struct groq_queue *queue, struct groq_job *job,
				      struct groq_job *other)
{
	enum { KNOWN = offsetof(struct groq_result, expected_cycles) };
	_Alignas(struct groq_result) char room[3][KNOWN];
	struct groq_result first;
	const uint64_t tickets[2] = { submit(queue, job), submit(queue, other) };
	struct pollfd ends = { .events = POLLIN };
	size_t taken = 0, more = 0;

	EXPECT(groq_queue_fd(queue, &ends.fd) == GROQ_OK);
	memset(room, UNTOUCHED, sizeof(room));
	memset(&first, 0, sizeof(first));
	EXPECT(groq_queue_reap(queue, &first, 1, &more) == GROQ_ERROR_INVALID);
	first.size = KNOWN;
	memcpy(room[0], &first, KNOWN);
	while (taken < 2) {
		EXPECT(poll(&ends, 1, -1) == 1);
		memcpy(room[taken], &first, KNOWN);
		EXPECT(groq_queue_reap(queue, (struct groq_result *)room[taken], 2 - taken,
				       &more) == GROQ_OK);
		taken += more;
	}
	for (int i = 0; i < 2; i++) {
		memcpy(&first, room[i], KNOWN);
		EXPECT(first.ticket == tickets[i]);
		EXPECT(first.error == GROQ_OK);
	}
	EXPECT(is_untouched(room[2], KNOWN));
}

static void ask_the_queue(struct groq_queue *queue)
{
	AS_A_LATER_RELEASE(groq_queue_info, groq_queue_get_info(queue, later));
	WITHOUT_A_SIZE(groq_queue_info, groq_queue_get_info(queue, &bare));
}

static void append_copies(struct groq_device *device)
{
	struct groq_buffer *buffer;
	struct groq_region *region;
	struct groq_job *job;
	struct {
		struct groq_copy known;
		char tail[TAIL];
	} copy;

	EXPECT(groq_buffer_create(device, 320, &buffer) == GROQ_OK);
	EXPECT(groq_region_create(device, 320, &region) == GROQ_OK);
	EXPECT(groq_job_create(device, &job) == GROQ_OK);
	memset(&copy, 0, sizeof(copy));
	copy.known.size = sizeof(copy);
	copy.known.buffer = buffer;
	copy.known.sram = groq_region_address(region);
	copy.known.bytes = 320;
	copy.known.rows = 1;
	EXPECT(groq_job_copy_in(job, &copy.known) == GROQ_OK);
	copy.tail[0] = 1;
	EXPECT(groq_job_copy_in(job, &copy.known) == GROQ_ERROR_TOO_OLD);
	copy.known.size = 0;
	EXPECT(groq_job_copy_in(job, &copy.known) == GROQ_ERROR_INVALID);
	groq_job_destroy(job);
	groq_region_destroy(region);
	groq_buffer_destroy(buffer);
}

/* The only step of @job: 320 bytes to the card. It keeps its buffer. */
static void fill_job(struct groq_device *device, struct groq_job *job,
		     const struct groq_region *region)
{
	struct groq_buffer *buffer;
	struct groq_copy copy = { .size = sizeof(copy), .bytes = 320, .rows = 1 };

	EXPECT(groq_buffer_create(device, 320, &buffer) == GROQ_OK);
	copy.buffer = buffer;
	copy.sram = groq_region_address(region);
	EXPECT(groq_job_copy_in(job, &copy) == GROQ_OK);
	groq_buffer_destroy(buffer);
}

static void work(struct groq_device *device)
{
	struct groq_queue *queue;
	struct groq_region *region;
	struct groq_job *job, *other;

	EXPECT(groq_region_create(device, 320, &region) == GROQ_OK);
	EXPECT(groq_queue_create(device, NULL, &queue) == GROQ_OK);
	EXPECT(groq_job_create(device, &job) == GROQ_OK);
	EXPECT(groq_job_create(device, &other) == GROQ_OK);
	ask_the_queue(queue);
	fill_job(device, job, region);
	take_results(queue, job);
	fill_job(device, other, region);
	reap_as_the_first_release(queue, job, other);
	groq_job_destroy(other);
	groq_job_destroy(job);
	groq_queue_destroy(queue);
	groq_region_destroy(region);
}

static void load(struct groq_device *device, const char *file)
{
	struct groq_program *program;
	struct groq_image *image;
	struct groq_pipeline *pipeline;

	EXPECT(groq_program_load_file(file, &program) == GROQ_OK);
	ask_the_program(program);
	EXPECT(groq_image_load(device, program, GROQ_FOREVER, &image) == GROQ_OK);
	AS_A_LATER_RELEASE(groq_image_info, groq_image_get_info(image, later));
	WITHOUT_A_SIZE(groq_image_info, groq_image_get_info(image, &bare));
	OPTIONS(groq_pipeline_options,
		groq_pipeline_create(image, &options.known, &pipeline),
		groq_pipeline_destroy(pipeline));
	groq_image_destroy(image);
	groq_program_destroy(program);
}

static void read_errors(void)
{
	struct groq_device *device;
	struct groq_error_info error;

	EXPECT(groq_device_open("nothing", &device) == GROQ_ERROR_INVALID);
	memset(&error, UNTOUCHED, sizeof(error));
	error.size = 0;
	groq_last_error(&error);
	EXPECT(is_untouched(&error.error, sizeof(error) - sizeof(size_t)));
	error.size = offsetof(struct groq_error_info, message);
	groq_last_error(&error);
	EXPECT(error.error == GROQ_ERROR_INVALID);
	EXPECT(is_untouched(error.message, sizeof(error.message)));
}

/* The argument, if there is one, is the file of a program. */
int main(int count, char **arguments)
{
	const char *uri = getenv("GROQ_TEST_DEVICE");
	struct groq_device *device;

	read_errors();
	EXPECT(groq_device_open(uri ? uri : "sim:", &device) == GROQ_OK);
	ask_the_card(device);
	give_options(device);
	give_options_of_the_first_release(device);
	append_copies(device);
	work(device);
	if (count > 1)
		load(device, arguments[1]);
	groq_device_close(device);
	return 0;
}
