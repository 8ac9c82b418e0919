/* SPDX-License-Identifier: MIT */
/* The C interface from C: bytes to the card and back, and an error. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <groq/groq.h>

enum { SIZE = 3200 };

/* Ends the test with what went wrong unless a call returned what it should. */
static void expect(int returned, int expected, const char *call)
{
	struct groq_error_info error = { .size = sizeof(error) };

	if (returned == expected)
		return;
	groq_last_error(&error);
	fprintf(stderr, "%s: returned %s, not %s: %s\n", call, groq_error_name(returned),
		groq_error_name(expected), error.message);
	exit(1);
}
#define EXPECT(expected, call) expect(call, expected, #call)

static void round_trip(struct groq_device *device, struct groq_queue *queue)
{
	struct groq_buffer *in, *out;
	struct groq_region *region;
	struct groq_job *job;
	struct groq_result result = { .size = sizeof(result) };
	uint64_t ticket;

	EXPECT(GROQ_OK, groq_buffer_create(device, SIZE, &in));
	EXPECT(GROQ_OK, groq_buffer_create(device, SIZE, &out));
	EXPECT(GROQ_OK, groq_region_create(device, SIZE, &region));
	EXPECT(GROQ_OK, groq_job_create(device, &job));
	memset(groq_buffer_data(in), 0x5a, SIZE);

	struct groq_copy copy = {
		.size = sizeof(copy),
		.buffer = in,
		.sram = groq_region_address(region),
		.bytes = SIZE,
		.rows = 1,
	};
	EXPECT(GROQ_OK, groq_job_copy_in(job, &copy));
	copy.buffer = out;
	EXPECT(GROQ_OK, groq_job_copy_out(job, &copy));
	EXPECT(GROQ_OK, groq_queue_submit(queue, job, &ticket));
	EXPECT(GROQ_ERROR_NOT_FOUND, groq_queue_wait(queue, ticket + 1, 0, NULL));
	EXPECT(GROQ_OK, groq_queue_wait(queue, ticket, GROQ_FOREVER, &result));
	if (result.bytes != 2 * SIZE ||
	    memcmp(groq_buffer_data(in), groq_buffer_data(out), SIZE) != 0)
		expect(-1, GROQ_OK, "bytes that came back");

	groq_buffer_destroy(in);
	groq_buffer_destroy(out);
	groq_region_destroy(region);
	groq_job_destroy(job);
}

int main(void)
{
	const char *uri = getenv("GROQ_TEST_DEVICE");
	struct groq_device_list *list;
	struct groq_device *device;
	struct groq_queue *queue;

	if (groq_api_revision() < GROQ_API_REVISION)
		expect(-1, GROQ_OK, "groq_api_revision()");
	EXPECT(GROQ_OK, groq_device_list_create(&list));
	groq_device_list_destroy(list);
	EXPECT(GROQ_ERROR_INVALID, groq_device_open("nothing", &device));
	EXPECT(GROQ_OK, groq_device_open(uri ? uri : "sim:", &device));
	EXPECT(GROQ_OK, groq_queue_create(device, NULL, &queue));
	round_trip(device, queue);
	/* The queue keeps its device. */
	groq_device_close(device);
	groq_queue_destroy(queue);
	groq_queue_destroy(NULL);
	return 0;
}
