// SPDX-License-Identifier: MIT
//
// What every kernel port keeps to below the public interface, on the card that
// GROQ_TEST_DEVICE names, "sim:" without it.
#include "card_port.hpp"

#include <cstdlib>
#include <ctime>
#include <vector>

#include <gtest/gtest.h>

namespace groq::contract {
namespace {

constexpr std::uint64_t vector_bytes = 320;

class port : public testing::Test {
protected:
    port() {
        const char *chosen = std::getenv("GROQ_TEST_DEVICE");
        card_ = open_port(parse_uri(chosen ? chosen : "sim:").value().name).value();
        context_ = card_->create_context(0).value();
        queue_ = card_->create_queue(context_, 0, GROQ_PATH_AUTO).value();
        results_ = card_->create_buffer(4096).value();
        sram_ = card_->reserve_sram(context_, {}, 4 * vector_bytes).value();
        std::fill(results_.bytes.begin(), results_.bytes.end(), std::byte{});
    }
    ~port() override {
        card_->destroy_queue(queue_);
        card_->destroy_context(context_);
        card_->destroy_buffer(results_);
    }

    // Until their end; whether the driver took them.
    result<void> run(const std::vector<drm_groq_command> &commands) {
        const port_submission submission{commands, ++point_, results_.handle, 0};
        const auto done = card_->submit(queue_, {&submission, 1});
        if (!done)
            return done.error();
        wait();
        return card_->refusal(queue_, point_);
    }
    const drm_groq_result &result_of(std::size_t command) const {
        return reinterpret_cast<const drm_groq_result *>(
            results_.bytes.data())[command];
    }
    void wait() {
        timespec now{};
        clock_gettime(CLOCK_MONOTONIC, &now);
        const std::int64_t ample = 300'000'000'000;
        ASSERT_TRUE(card_
                        ->wait(queue_, point_,
                               now.tv_sec * 1'000'000'000LL + now.tv_nsec + ample)
                        .value());
    }
    // Its launch table names no instruction queue twice, but has no text: it fails.
    drm_groq_command program(std::uint64_t expected) const {
        drm_groq_command command{};
        command.type = DRM_GROQ_COMMAND_RUN;
        command.rows = 1;
        command.sram = (sram_ + 15) / 16 * 16;
        command.size = 1000;
        command.expected = expected;
        return command;
    }

    std::unique_ptr<kernel_port> card_;
    std::uint32_t context_ = 0;
    port_queue queue_{};
    port_buffer results_{};
    std::uint64_t sram_ = 0, point_ = 0;
};

TEST_F(port, repeats_the_cycles_that_were_expected) {
    ASSERT_TRUE(run({drm_groq_command{}, program(1234), program(~0ull)}));
    EXPECT_EQ(result_of(0).status, DRM_GROQ_STATUS_OK);
    EXPECT_EQ(result_of(0).expected, 0u);
    // Whether it failed or was not run at all.
    EXPECT_NE(result_of(1).status, DRM_GROQ_STATUS_OK);
    EXPECT_EQ(result_of(1).expected, 1234u);
    EXPECT_EQ(result_of(2).status, DRM_GROQ_STATUS_CANCELED);
    EXPECT_EQ(result_of(2).expected, ~0ull);
}

TEST_F(port, expects_cycles_of_programs_alone) {
    drm_groq_command nop{}, copy{};
    nop.expected = 1;
    EXPECT_FALSE(run({nop}));
    copy.type = DRM_GROQ_COMMAND_COPY_OUT;
    copy.bo = results_.handle;
    copy.rows = 1;
    copy.sram = sram_;
    copy.size = vector_bytes;
    EXPECT_TRUE(run({copy}));
    copy.expected = 1;
    EXPECT_FALSE(run({copy}));
}

// More rows than a scatter list can have; what comes later is done.
TEST_F(port, ends_what_it_refuses) {
    drm_groq_command copy{};
    copy.type = DRM_GROQ_COMMAND_COPY_IN;
    copy.bo = results_.handle;
    copy.rows = (1 << 16) + 1;
    copy.sram = sram_;
    copy.size = 1;
    EXPECT_TRUE(run({drm_groq_command{}}));
    EXPECT_FALSE(run({copy}));
    EXPECT_TRUE(run({drm_groq_command{}}));
}

// What one queue copies in, another copies out: each time the last that came in.
TEST_F(port, work_waits_for_that_of_another_queue) {
    const auto other = card_->create_queue(context_, 0, GROQ_PATH_AUTO).value();
    const auto in = card_->create_buffer(4096).value();
    const auto out = card_->create_buffer(4096).value();
    const auto copy = [&](drm_groq_command_type type, const port_buffer &buffer) {
        drm_groq_command command{};
        command.type = type;
        command.bo = buffer.handle;
        command.rows = 1;
        command.sram = sram_;
        command.size = 4 * vector_bytes;
        return command;
    };
    // Many, so that it takes a while.
    const std::vector<drm_groq_command> copies_in(DRM_GROQ_COMMANDS_MAX,
                                                  copy(DRM_GROQ_COMMAND_COPY_IN, in));
    const auto copy_out = copy(DRM_GROQ_COMMAND_COPY_OUT, out);
    for (std::uint64_t round = 1; round <= 50; ++round) {
        std::fill(in.bytes.begin(), in.bytes.end(), std::byte(round));
        const port_submission first{copies_in, round, 0, 0, {}, true};
        ASSERT_TRUE(card_->submit(other, {&first, 1}));
        const port_point after{other, round};
        const port_submission second{{&copy_out, 1}, ++point_, 0, 0, {&after, 1}};
        ASSERT_TRUE(card_->submit(queue_, {&second, 1}));
        wait();
        EXPECT_EQ(out.bytes[4 * vector_bytes - 1], std::byte(round));
    }
    card_->destroy_queue(other);
    card_->destroy_buffer(in);
    card_->destroy_buffer(out);
}

TEST_F(port, refuses_one_of_several_in_its_turn) {
    drm_groq_command nothing{}, unknown{};
    unknown.type = 99;
    const port_submission all[] = {{{&nothing, 1}, 1, 0, 0},
                                   {{&unknown, 1}, 2, 0, 0},
                                   {{&nothing, 1}, 3, results_.handle, 0},
                                   {{&unknown, 1}, 4, 0, 0}};
    results_.bytes[0] = std::byte{DRM_GROQ_STATUS_PENDING};
    EXPECT_EQ(card_->submit(queue_, all).value(), 4u);
    point_ = 4;
    wait();
    EXPECT_EQ(card_->signalled(queue_).value(), 4u);
    EXPECT_EQ(result_of(0).status, DRM_GROQ_STATUS_OK);
    for (const std::uint64_t point : {1, 3})
        EXPECT_TRUE(card_->refusal(queue_, point));
    for (const std::uint64_t point : {2, 4}) {
        const auto why = card_->refusal(queue_, point);
        ASSERT_FALSE(why);
        EXPECT_EQ(why.error(), errc::invalid) << why.error().message();
        EXPECT_TRUE(card_->refusal(queue_, point)) << "it is told once";
    }
}

} // namespace
} // namespace groq::contract
