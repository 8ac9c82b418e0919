// SPDX-License-Identifier: MIT
#include "asm/queue.hpp"

#include <gtest/gtest.h>

namespace groq::assembly {
namespace {

TEST(queue, has_a_name_that_is_read_back) {
    for (unsigned icu = 0; icu < GROQ_ICUS_ALL; ++icu)
        EXPECT_EQ(parse_queue(queue_name(icu)), icu) << queue_name(icu);
    for (const char *name :
         {"", "mem", "mem.w.44", "mem.n.0", "vxm.16", "mxm.w.2.weights", "mem.w.00",
          "mxm.w.0", "c2c.16", "mem.w.-1", "sxm.w.0", "sxm.e.14", "sxm.w.distribute"})
        EXPECT_FALSE(parse_queue(name)) << name;
}

TEST(queue, is_numbered_as_the_contract_says) {
    EXPECT_EQ(parse_queue("mem.w.43"), GROQ_ICU_MEM(GROQ_WEST, 43));
    EXPECT_EQ(parse_queue("mem.e.0"), GROQ_ICU_MEM(GROQ_EAST, 0));
    EXPECT_EQ(parse_queue("vxm.15"), GROQ_ICU_VXM(15));
    EXPECT_EQ(parse_queue("sxm.e.13"), GROQ_ICU_SXM(GROQ_EAST, 13));
    EXPECT_EQ(parse_queue("sxm.w.permute"),
              GROQ_ICU_SXM(GROQ_WEST, GROQ_SXM_QUEUE_PERMUTE));
    EXPECT_EQ(parse_queue("sxm.e.distribute.3"),
              GROQ_ICU_SXM(GROQ_EAST, GROQ_SXM_QUEUE_DISTRIBUTE(3)));
    EXPECT_EQ(parse_queue("sxm.e.transpose.1"),
              GROQ_ICU_SXM(GROQ_EAST, GROQ_SXM_QUEUE_TRANSPOSE(1)));
    EXPECT_EQ(parse_queue("mxm.e.1.activations"),
              GROQ_ICU_MXM(GROQ_EAST, GROQ_MXM_QUEUE_ACTIVATIONS(1)));
    EXPECT_EQ(parse_queue("mxm.w.0.results"),
              GROQ_ICU_MXM(GROQ_WEST, GROQ_MXM_QUEUE_RESULTS(0)));
    EXPECT_EQ(kind_of(*parse_queue("mxm.e.1.weights")), queue_kind::MXW);
    EXPECT_EQ(kind_of(*parse_queue("sxm.w.shift_down")), queue_kind::SXD);
    EXPECT_EQ(kind_of(*parse_queue("sxm.w.rotate")), queue_kind::SXR);
    EXPECT_EQ(kind_of(*parse_queue("sxm.w.11")), queue_kind::SXM);
}

TEST(queue, has_the_position_of_its_unit) {
    EXPECT_EQ(position_of(*parse_queue("mem.w.43")), -11);
    EXPECT_EQ(position_of(*parse_queue("mem.w.0")), -1);
    EXPECT_EQ(position_of(*parse_queue("vxm.7")), 0);
    EXPECT_EQ(position_of(*parse_queue("mem.e.3")), 1);
    EXPECT_EQ(position_of(*parse_queue("mem.e.4")), 2);
    EXPECT_EQ(position_of(*parse_queue("sxm.w.shift_up")), -12);
    EXPECT_EQ(position_of(*parse_queue("mxm.e.1.results")), 13);
    EXPECT_EQ(hops(-11, 13), 24U);
}

TEST(slice, has_a_name_that_is_read_back) {
    for (unsigned slice = 0; slice < slice_count; ++slice) {
        EXPECT_EQ(parse_slice(slice_name(slice)), slice);
        EXPECT_EQ(slice_of(address_of(slice, 8191)), slice);
        EXPECT_EQ(word_of(address_of(slice, 8191)), 8191U);
    }
    EXPECT_EQ(address_of(GROQ_ICU_MEM(GROQ_EAST, 3), 5),
              GROQ_SRAM_ADDRESS(GROQ_EAST, 3, 5));
    EXPECT_FALSE(parse_slice("e.44"));
}

} // namespace
} // namespace groq::assembly
