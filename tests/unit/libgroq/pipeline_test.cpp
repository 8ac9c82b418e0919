// SPDX-License-Identifier: MIT
#include "pipeline.hpp"

#include <array>

#include <gmock/gmock.h>
#include <poll.h>

#include "card_fixture.hpp"

namespace groq {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// What programs do here: hand 4 rows of bytes on, one larger, from entry to entry.
class pipeline : public on_fake_card {
protected:
    static constexpr std::uint32_t in_at = 640, kept_at = 3200, made_at = 6400,
                                   out_at = 9600;
    static constexpr std::size_t bytes = 40;
    using tensor_data = std::array<std::byte, bytes>;

    static test::program_file program(bool is_split, std::uint32_t out = out_at) {
        test::program_file made;
        made.segments[0].data = test::filled(64);
        made.tensors = {test::make_tensor("in", GROQ_TENSOR_INPUT, GROQ_ELEMENT_U8, 4,
                                          10, {{0, 0, 10, in_at, 320}}),
                        test::make_tensor("out", GROQ_TENSOR_OUTPUT, GROQ_ELEMENT_U8, 4,
                                          10, {{0, 0, 10, out, 320}})};
        if (is_split)
            made.entries = {test::make_entry("take", GROQ_ENTRY_INPUT, 0),
                            test::make_entry("add", GROQ_ENTRY_COMPUTE, 16),
                            test::make_entry("give", GROQ_ENTRY_OUTPUT, 32)};
        return made;
    }

    pipeline() {
        card.on_run = [this](const drm_groq_command &run, drm_groq_result &result) {
            result.value = 7;
            if (run.sram == fault_at) {
                result.status = DRM_GROQ_STATUS_FAULT;
                fault_at = ~0u;
                return;
            }
            if (is_split && run.sram == 0)
                hand_on(in_at, kept_at, 0);
            if (is_split && run.sram == 16)
                hand_on(kept_at, made_at, 1);
            if (is_split && run.sram == 32)
                hand_on(made_at, out, 0);
            if (!is_split)
                hand_on(in_at, out, 1);
        };
    }

    void hand_on(std::uint32_t from, std::uint32_t to, unsigned addend) {
        for (unsigned i = 0; i < 4 * 320; ++i)
            card.sram[to + i] =
                std::byte(std::to_integer<unsigned>(card.sram[from + i]) + addend);
    }

    std::shared_ptr<groq_pipeline> make(std::uint32_t depth = 0) {
        image.reset();
        image = groq_image::load(device, load(program(is_split, out)), GROQ_FOREVER)
                    .value();
        card.log.clear();
        groq_pipeline_options options{};
        options.depth = depth;
        return groq_pipeline::create(image, options).value();
    }

    static tensor_data input(unsigned seed) {
        tensor_data made;
        for (std::size_t i = 0; i < made.size(); ++i)
            made[i] = std::byte(i * 3 + seed);
        return made;
    }
    static result<std::uint64_t> push(groq_pipeline &to, unsigned seed,
                                      std::int64_t deadline = GROQ_FOREVER) {
        const auto data = input(seed);
        const void *const inputs[] = {data.data()};
        return to.push(inputs, deadline);
    }
    // Its end, if its output is what `seed` gives.
    static result<groq_result> pop(groq_pipeline &from, unsigned seed,
                                   std::int64_t deadline = GROQ_FOREVER) {
        tensor_data got{};
        void *const outputs[] = {got.data()};
        auto end = from.pop(outputs, deadline);
        if (end && end->error == GROQ_OK) {
            EXPECT_EQ(got, input(seed + 1));
        }
        return end;
    }

    // A submission of the log as "queue.point(queue.point it waits for, ...)".
    std::vector<std::string> order() const {
        std::vector<std::string> all;
        for (const auto &each : card.log) {
            const auto name = [&](std::uint32_t queue, std::uint64_t point) {
                return std::string(1, "iro"[queue - first_queue()]) +
                       std::to_string(point);
            };
            std::string text = name(each.queue, each.point) + ":";
            for (const auto &wait : each.waits)
                text += " " + name(wait.queue.id, wait.point);
            all.push_back(text);
        }
        return all;
    }
    std::uint32_t first_queue() const { return card.last_queue - 2; }

    bool is_split = true;
    std::uint32_t out = out_at;
    std::uint64_t fault_at = ~0u; // launch table of the next run to fault
    std::shared_ptr<groq_device> device = open();
    std::shared_ptr<groq_image> image;
};

// i: copies in, r: runs (input, compute, output of the program), o: copies out.
TEST_F(pipeline, lets_copies_overlap_the_runs_of_a_program_in_three_parts) {
    const auto made = make();
    for (unsigned run = 0; run < 2; ++run)
        push(*made, run).value();
    EXPECT_THAT(order(), ElementsAre("i1:", "r1: i1", "r2:", "r3:", "o1: r3", //
                                     "i2: r1", "r4: i2", "r5:", "r6: o1", "o2: r6"));
}

TEST_F(pipeline, keeps_the_order_that_a_program_in_one_part_needs) {
    is_split = false;
    const auto made = make();
    for (unsigned run = 0; run < 2; ++run)
        push(*made, run).value();
    EXPECT_THAT(order(), ElementsAre("i1:", "r1: i1", "o1: r1", //
                                     "i2: r1", "r2: i2 o1", "o2: r2"));
}

TEST_F(pipeline, brings_no_input_where_an_output_still_lies) {
    out = in_at;
    const auto made = make();
    for (unsigned run = 0; run < 2; ++run)
        push(*made, run).value();
    EXPECT_THAT(order(), ElementsAre("i1:", "r1: i1", "r2:", "r3:", "o1: r3", //
                                     "i2: o1", "r4: i2", "r5:", "r6: o1", "o2: r6"));
}

TEST_F(pipeline, gives_outputs_in_the_order_of_inputs) {
    for (const bool split : {true, false}) {
        is_split = split;
        const auto made = make(4);
        unsigned pushed = 0, popped = 0;
        for (const unsigned some : {1, 4, 3, 2, 4, 1}) {
            for (unsigned i = 0; i < some; ++i, ++pushed)
                EXPECT_EQ(push(*made, pushed).value(), pushed);
            for (unsigned i = 0; i < some; ++i, ++popped) {
                const auto end = pop(*made, popped).value();
                EXPECT_EQ(end.ticket, popped);
                EXPECT_EQ(end.cycles, split ? 21u : 7u);
                EXPECT_EQ(end.bytes, 2u * 4 * 320);
            }
        }
    }
}

TEST_F(pipeline, gives_what_has_ended_though_an_earlier_stage_is_told_later) {
    const auto made = make();
    push(*made, 0).value();
    card.late_queue = first_queue() + 1;
    EXPECT_EQ(pop(*made, 0, 0).value().error, GROQ_OK);
}

TEST_F(pipeline, of_runs_that_failed_gives_the_next_unharmed) {
    const auto made = make();
    fault_at = 16; // compute: the second step of three, after the input
    for (unsigned run = 0; run < 3; ++run)
        push(*made, run).value();
    const auto end = pop(*made, 0).value();
    EXPECT_EQ(end.error, GROQ_ERROR_FAULT);
    EXPECT_EQ(end.step, 2u);
    for (unsigned run = 1; run < 3; ++run)
        EXPECT_EQ(pop(*made, run).value().error, GROQ_OK);
}

TEST_F(pipeline, is_full_with_as_many_runs_as_it_has_room_for) {
    const auto made = make(2);
    push(*made, 0).value();
    push(*made, 1).value();
    EXPECT_TRUE(push(*made, 2, 0).error() == errc::full);
    EXPECT_TRUE(push(*made, 2, groq_deadline_after(1000000)).error() == errc::timeout);
    pop(*made, 0).value();
    EXPECT_EQ(push(*made, 2, 0).value(), 2u);
    pop(*made, 1).value();
    pop(*made, 2).value();
}

TEST_F(pipeline, tells_when_nothing_is_to_be_had) {
    const auto made = make();
    EXPECT_TRUE(pop(*made, 0).error() == errc::not_found);
    card.holds_back = true;
    push(*made, 0).value();
    EXPECT_TRUE(pop(*made, 0, 0).error() == errc::timeout);
    EXPECT_EQ(pop(*made, 0).value().error, GROQ_OK);
    EXPECT_TRUE(pop(*made, 0).error() == errc::not_found);
}

TEST_F(pipeline, wants_all_tensors_and_no_others) {
    const auto made = make();
    EXPECT_THAT(made->push({}, 0).error().message(), HasSubstr("has 1 inputs"));
    EXPECT_THAT(made->pop({}, 0).error().message(), HasSubstr("has 1 outputs"));
    groq_pipeline_options options{};
    for (const unsigned depth : {1, 65}) {
        options.depth = depth;
        EXPECT_TRUE(groq_pipeline::create(image, options).error() == errc::invalid);
    }
}

TEST_F(pipeline, of_a_program_without_tensors_runs_it) {
    auto file = program(true);
    file.tensors.clear();
    const auto bare = groq_image::load(device, load(file), GROQ_FOREVER).value();
    const auto made = groq_pipeline::create(bare, {}).value();
    ASSERT_TRUE(made->push({}, GROQ_FOREVER));
    EXPECT_EQ(made->pop({}, GROQ_FOREVER).value().cycles, 21u);
}

TEST_F(pipeline, has_the_image_for_itself) {
    auto made = make();
    EXPECT_TRUE(groq_pipeline::create(image, {}).error() == errc::in_use);
    const auto job = groq_job::create_run(image, nullptr).value();
    const auto queue = groq_queue::create(device, 0).value();
    EXPECT_TRUE(queue->submit(job).error() == errc::in_use);
    made.reset();
    const auto ticket = queue->submit(job).value();
    EXPECT_TRUE(groq_pipeline::create(image, {}).error() == errc::in_use);
    ASSERT_TRUE(queue->wait(ticket, GROQ_FOREVER));
    EXPECT_TRUE(groq_pipeline::create(image, {}));
}

TEST_F(pipeline, ends_what_is_on_its_way_with_itself) {
    card.holds_back = true;
    auto made = make();
    push(*made, 0).value();
    push(*made, 1).value();
    made.reset();
    EXPECT_THAT(card.held, IsEmpty());
    card.holds_back = false;
    image.reset();
    image = groq_image::load(device, load(program(true)), GROQ_FOREVER).value();
    EXPECT_EQ(image->info().copied_bytes, 64u + 256) << "nobody knows what is there";
}

TEST_F(pipeline, ends_a_run_early_and_makes_its_copies) {
    const auto made = make();
    card.holds_back = true;
    for (unsigned run = 0; run < 3; ++run)
        push(*made, run).value();
    EXPECT_TRUE(made->cancel(1));
    std::vector<bool> canceled;
    for (const auto &each : card.held)
        canceled.push_back(each.is_canceled);
    EXPECT_THAT(canceled, ElementsAre(false, false, false, false, false, //
                                      false, true, true, true, false,    //
                                      false, false, false, false, false));
    EXPECT_EQ(pop(*made, 0).value().error, GROQ_OK);
    const auto end = pop(*made, 1).value();
    EXPECT_EQ(end.error, GROQ_ERROR_CANCELED);
    EXPECT_EQ(end.ticket, 1u);
    EXPECT_EQ(end.step, 1u) << "the copy before it was made";
    EXPECT_EQ(pop(*made, 2).value().error, GROQ_OK);
}

TEST_F(pipeline, ends_early_what_is_on_its_way_alone) {
    const auto made = make();
    EXPECT_TRUE(made->cancel(0).error() == errc::not_found);
    push(*made, 0).value();
    EXPECT_TRUE(made->cancel(0)) << "it has ended, but nobody has taken it";
    EXPECT_EQ(pop(*made, 0).value().error, GROQ_OK);
    const auto refused = made->cancel(0);
    EXPECT_TRUE(refused.error() == errc::not_found);
    EXPECT_EQ(refused.error().message(), "no run 0 is on its way");
    EXPECT_TRUE(made->cancel(1).error() == errc::not_found);
    EXPECT_EQ(groq_pipeline_cancel(nullptr, 0), GROQ_ERROR_INVALID);
}

TEST_F(pipeline, says_when_a_run_cannot_be_ended_early) {
    const auto made = make();
    card.holds_back = true;
    push(*made, 0).value();
    for (const int nth : {0, 1, 2}) {
        card.fail_at = card.calls + nth;
        EXPECT_TRUE(made->cancel(0).error() == errc::memory) << nth;
    }
    card.fail_at = -1;
    EXPECT_TRUE(made->cancel(0));
    EXPECT_EQ(pop(*made, 0).value().error, GROQ_ERROR_CANCELED);
}

TEST_F(pipeline, leaves_nothing_behind_wherever_it_cannot_be_made) {
    make();
    fail_at_every_call([&] { return !groq_pipeline::create(image, {}); });
    EXPECT_TRUE(groq_pipeline::create(image, {}));
}

TEST_F(pipeline, goes_on_wherever_a_run_could_not_begin) {
    const auto made = make(2);
    unsigned run = 0;
    for (int nth = 0;; ++nth) {
        push(*made, run).value();
        card.fail_at = card.calls + nth;
        const auto refused = push(*made, 99);
        const bool was_reached = card.calls > card.fail_at;
        card.fail_at = -1;
        ASSERT_EQ(!refused, was_reached) << "at call " << nth;
        ASSERT_EQ(pop(*made, run).value().error, GROQ_OK) << "before call " << nth;
        ++run;
        if (!was_reached)
            break;
        EXPECT_TRUE(pop(*made, 0).error() == errc::not_found);
    }
    EXPECT_EQ(pop(*made, 99).value().error, GROQ_OK);
    EXPECT_GT(run, 5u) << "a run is at least five calls";
}

TEST_F(pipeline, can_be_polled) {
    const auto made = make();
    const int file = made->event_file().value();
    const auto is_readable = [&] {
        pollfd polled{file, POLLIN, 0};
        return ::poll(&polled, 1, 0) == 1;
    };
    EXPECT_FALSE(is_readable());
    push(*made, 0).value();
    push(*made, 1).value();
    EXPECT_TRUE(is_readable());
    pop(*made, 0).value();
    EXPECT_TRUE(is_readable()) << "another one waits";
    pop(*made, 1).value();
    EXPECT_FALSE(is_readable());
}

TEST_F(pipeline, of_a_card_that_has_gone_says_so) {
    const auto made = make();
    card.holds_back = true;
    push(*made, 0).value();
    card.failure = {errc::device_lost, "gone"};
    card.fail_at = card.calls;
    EXPECT_EQ(pop(*made, 0).value().error, GROQ_ERROR_DEVICE_LOST);
    card.fail_at = -1;
    EXPECT_TRUE(push(*made, 1).error() == errc::device_lost);
    EXPECT_TRUE(pop(*made, 1).error() == errc::not_found);
}

} // namespace
} // namespace groq
