/* SPDX-License-Identifier: MIT */
/*
 * The same in C: hello_c [PROGRAM [CARD]]
 *
 * A failed call says in groq_last_error() what went wrong and what to do about it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <groq/groq.h>

enum { BYTES = 16 * 320 };

static void check(int status)
{
	struct groq_error_info error = { .size = sizeof(error) };

	if (status == GROQ_OK)
		return;
	groq_last_error(&error);
	fprintf(stderr, "hello_c: %s\n", error.message);
	exit(1);
}

static size_t tensor(const struct groq_program *program, const char *name)
{
	size_t index = 0;

	check(groq_program_find_tensor(program, name, &index));
	return index;
}

int main(int argc, char **argv)
{
	struct groq_result end = { .size = sizeof(end) };
	static signed char a[BYTES], b[BYTES], c[BYTES];
	struct groq_program *program;
	struct groq_device *card;
	struct groq_image *image;
	struct groq_queue *queue;
	struct groq_job *job;
	uint64_t ticket;

	check(groq_program_load_file(argc > 1 ? argv[1] : "add.groq", &program));
	check(groq_device_open(argc > 2 ? argv[2] : "sim:", &card));
	check(groq_image_load(card, program, GROQ_FOREVER, &image));
	check(groq_job_create_run(image, NULL, &job));
	check(groq_queue_create(card, NULL, &queue));

	memset(a, 40, BYTES);
	memset(b, 2, BYTES);
	check(groq_job_set_input(job, tensor(program, "a"), a, BYTES));
	check(groq_job_set_input(job, tensor(program, "b"), b, BYTES));
	check(groq_queue_submit(queue, job, &ticket));
	check(groq_queue_wait(queue, ticket, groq_deadline_after(10000000000), &end));
	check(groq_job_get_output(job, tensor(program, "c"), c, BYTES));
	printf("%d, in %d cycles\n", c[BYTES - 1], (int)end.cycles);

	/* In any order: a job keeps its image, an image its card. */
	groq_device_close(card);
	groq_program_destroy(program);
	groq_image_destroy(image);
	groq_queue_destroy(queue);
	groq_job_destroy(job);
	return 0;
}
