// SPDX-License-Identifier: MIT
#include "card.hpp"

namespace groq::chip::test {
namespace {

using interrupts = std::vector<unsigned int>;

struct Queues : testing::Test, card {};

TEST_F(Queues, CompleteACommandWithItsCookieAndAnInterrupt) {
    driver_queue q(*this, 3);
    groq_completion c = q.execute(nop_command(42));
    EXPECT_EQ(c.cookie, 42u);
    EXPECT_EQ(c.status, GROQ_COMPLETION_OK);
    EXPECT_EQ(c.queue, 3u);
    EXPECT_EQ(c.sq_head, 1u);
    EXPECT_EQ(host.take_interrupts(), interrupts{GROQ_VECTOR_QUEUE(3)});
}

TEST_F(Queues, CopyBytesInAndOutThroughSram) {
    driver_queue q(*this);
    q.open_everything();
    uint64_t from = host.allocate(5000), to = host.allocate(5000);
    for (int i = 0; i < 5000; ++i)
        *host.at(from + i) = static_cast<uint8_t>(i * 7);
    EXPECT_EQ(q.execute(copy_command(GROQ_OP_COPY_IN, from, 321, 5000)).result, 5000u);
    EXPECT_EQ(q.execute(copy_command(GROQ_OP_COPY_OUT, to, 321, 5000)).result, 5000u);
    EXPECT_EQ(std::memcmp(host.at(from), host.at(to), 5000), 0);
}

} // namespace
} // namespace groq::chip::test
