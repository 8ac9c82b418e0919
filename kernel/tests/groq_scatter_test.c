// SPDX-License-Identifier: GPL-2.0-only
/* Extents and scatter lists against copies made byte by byte. */

#include <kunit/device.h>
#include <kunit/test.h>

#include <linux/prandom.h>
#include <linux/sizes.h>

#include "../groq_extents.c"
#include "../groq_scatter.c"

#define BYTES	1024u	/* of the buffers that are copied between */
#define ROUNDS	200

struct scatter_context {
	struct device *dev;
	struct groq_extents extents;
	struct groq_extent list[16];
};

/* Extents of these lengths, at bus addresses with gaps, the first one highest. */
static void set_extents(struct scatter_context *context, const u32 *lengths, u32 count)
{
	u64 offset = 0;
	u32 i;

	for (i = 0; i < count; i++) {
		context->list[i].offset = offset;
		context->list[i].address = BIT_ULL(40) - i * SZ_1M;
		offset += lengths[i];
	}
	context->extents = (struct groq_extents){
		.list = context->list,
		.count = count,
		.size = offset,
	};
}

static u64 bus_address(const struct groq_extents *extents, u64 offset)
{
	size_t i = 0;

	while (offset >= groq_extents_end(extents, i))
		i++;
	return extents->list[i].address + offset - extents->list[i].offset;
}

static void extents_find_their_bytes(struct kunit *test)
{
	static const u32 lengths[] = { 1, 7, 320, 1, 4096, 2 };
	struct scatter_context *context = test->priv;
	size_t count;
	u64 offset;

	for (count = 1; count <= ARRAY_SIZE(lengths); count++) {
		set_extents(context, lengths, count);
		for (offset = 0; offset < context->extents.size; offset++) {
			size_t i = groq_extents_find(&context->extents, offset);

			KUNIT_ASSERT_LE(test, context->list[i].offset, offset);
			KUNIT_ASSERT_LT(test, offset, groq_extents_end(&context->extents, i));
		}
	}
}

static void extents_of_a_mapped_table(struct kunit *test)
{
	struct scatterlist list[3];
	struct sg_table sgt = { .sgl = list, .nents = 2, .orig_nents = 3 };
	struct groq_extents extents;

	sg_init_table(list, 3);
	sg_dma_address(&list[0]) = SZ_1M;
	sg_dma_len(&list[0]) = SZ_8K;	/* two of memory in one on the bus */
	sg_dma_address(&list[1]) = SZ_64K;
	sg_dma_len(&list[1]) = SZ_4K;
	KUNIT_ASSERT_EQ(test, groq_extents_fill(&extents, &sgt), 0);
	KUNIT_EXPECT_EQ(test, extents.count, 2);
	KUNIT_EXPECT_EQ(test, extents.size, SZ_8K + SZ_4K);
	KUNIT_EXPECT_EQ(test, extents.list[1].offset, SZ_8K);
	KUNIT_EXPECT_EQ(test, extents.list[1].address, SZ_64K);
	KUNIT_EXPECT_EQ(test, groq_extents_end(&extents, 0), SZ_8K);
	KUNIT_EXPECT_EQ(test, groq_extents_end(&extents, 1), SZ_8K + SZ_4K);
	groq_extents_free(&extents);
	KUNIT_EXPECT_NULL(test, extents.list);
}

/* What the chip would copy: the entries' bytes, each as it is asked for in the request. */
static bool entries_are_right(const struct groq_extents *extents,
			      const struct drm_groq_command *request,
			      const struct groq_scatter *entries, u32 count)
{
	u64 host, sram, row = 0, done = 0;
	u32 i, byte;

	for (i = 0; i < count; i++)
		for (byte = 0; byte < le32_to_cpu(entries[i].length); byte++) {
			host = bus_address(extents, request->bo_offset +
					   row * request->bo_stride + done);
			sram = request->sram + row * request->sram_stride + done;
			if (row >= request->rows ||
			    le64_to_cpu(entries[i].host) + byte != host ||
			    le32_to_cpu(entries[i].sram) + byte != sram)
				return false;
			if (++done == request->size) {
				done = 0;
				row++;
			}
		}
	return row == request->rows && !done;
}

static void build_and_expect(struct kunit *test, const struct drm_groq_command *request)
{
	struct scatter_context *context = test->priv;
	struct groq_scatter_list list = {};
	struct groq_command command = {};
	u32 count;

	KUNIT_ASSERT_EQ(test, groq_scatter_build(&list, context->dev, &context->extents,
						 request, &command), 0);
	count = le32_to_cpu(command.copy.count);
	if (command.flags & GROQ_COMMAND_INLINE) {
		KUNIT_EXPECT_EQ(test, count, 1);
		KUNIT_EXPECT_EQ(test, le64_to_cpu(command.copy.list), 0);
		KUNIT_EXPECT_NULL(test, list.entries);
		KUNIT_EXPECT_TRUE(test, entries_are_right(&context->extents, request,
							  &command.copy.entry, 1));
	} else {
		KUNIT_EXPECT_GT(test, count, 1);
		KUNIT_EXPECT_EQ(test, le64_to_cpu(command.copy.list), list.address);
		KUNIT_EXPECT_TRUE(test, entries_are_right(&context->extents, request,
							  list.entries, count));
	}
	groq_scatter_free(&list, context->dev);
	KUNIT_EXPECT_NULL(test, list.entries);
}

static void scatter_of_one_entry(struct kunit *test)
{
	static const u32 lengths[] = { 512, 512 };
	struct drm_groq_command request = { .rows = 1, .bo_offset = 512, .sram = 7, .size = 512 };

	set_extents(test->priv, lengths, ARRAY_SIZE(lengths));
	build_and_expect(test, &request);
	request.bo_offset = 511;	/* the last byte of the one, all but one of the other */
	build_and_expect(test, &request);
	request.bo_offset = BYTES - 1;
	request.size = 1;
	build_and_expect(test, &request);
}

static void scatter_of_random_copies(struct kunit *test)
{
	struct drm_groq_command request = {};
	struct rnd_state random;
	u32 round, i, lengths[16];

	prandom_seed_state(&random, 8);
	for (round = 0; round < ROUNDS; round++) {
		for (i = 0; i < ARRAY_SIZE(lengths); i++)
			lengths[i] = 1 + prandom_u32_state(&random) % 100;
		lengths[15] = BYTES;
		set_extents(test->priv, lengths, ARRAY_SIZE(lengths));
		request.bo_offset = prandom_u32_state(&random) % 256;
		request.sram = prandom_u32_state(&random);
		request.size = 1 + prandom_u32_state(&random) % 64;
		request.rows = 1 + prandom_u32_state(&random) % 8;
		request.bo_stride = request.size + prandom_u32_state(&random) % 32;
		request.sram_stride = request.size + prandom_u32_state(&random) % 320;
		build_and_expect(test, &request);
	}
}

static void scatter_of_too_many(struct kunit *test)
{
	static const u32 lengths[] = { 3, 4 * GROQ_SCATTER_MAX };
	struct scatter_context *context = test->priv;
	struct drm_groq_command request = {
		.rows = GROQ_SCATTER_MAX, .size = 2, .bo_stride = 3, .sram_stride = 2,
	};
	struct groq_scatter_list list = {};
	struct groq_command command = {};

	set_extents(context, lengths, ARRAY_SIZE(lengths));
	build_and_expect(test, &request);	/* as many as there may be */
	request.bo_offset = 2;			/* the first row in two pieces */
	KUNIT_EXPECT_EQ(test, groq_scatter_build(&list, context->dev, &context->extents,
						 &request, &command), -E2BIG);
	KUNIT_EXPECT_NULL(test, list.entries);
}

static int scatter_init(struct kunit *test)
{
	struct scatter_context *context = kunit_kzalloc(test, sizeof(*context), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, context);
	context->dev = kunit_device_register(test, "groq_scatter");
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, context->dev);
	test->priv = context;
	return dma_coerce_mask_and_coherent(context->dev, DMA_BIT_MASK(64));
}

static struct kunit_case scatter_cases[] = {
	KUNIT_CASE(extents_find_their_bytes),
	KUNIT_CASE(extents_of_a_mapped_table),
	KUNIT_CASE(scatter_of_one_entry),
	KUNIT_CASE(scatter_of_random_copies),
	KUNIT_CASE(scatter_of_too_many),
	{}
};

static struct kunit_suite scatter_suite = {
	.name = "groq_scatter",
	.init = scatter_init,
	.test_cases = scatter_cases,
};

kunit_test_suite(scatter_suite);
