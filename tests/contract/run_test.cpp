// SPDX-License-Identifier: MIT
//
// Programs: loading them, running them, and how they fail.
#include "card_under_test.hpp"

#include <limits>

#include <gmock/gmock.h>

namespace groq::contract {
namespace {

using ::testing::HasSubstr;

std::vector<std::byte> sum(std::span<const std::byte> bytes, unsigned addend) {
    std::vector<std::byte> made;
    for (const auto byte : bytes)
        made.push_back(std::byte(std::to_integer<unsigned>(byte) + addend));
    return made;
}

TEST_F(card, program_computes_what_it_says_in_the_cycles_it_says) {
    const auto program = load_program(adder(100, 7));
    const image image(device, program);
    job job(image);
    const auto expected_cycles = program.entry(0).value().cycles;
    ASSERT_GT(expected_cycles, 100u);
    for (unsigned seed = 0; seed < 3; ++seed) {
        const auto in = filled(32000, seed);
        job.set_input(program.find_tensor("in").value(), in).value();
        const auto end = queue.run(job, ample).value();
        EXPECT_EQ(end.cycles, expected_cycles);
        EXPECT_EQ(end.bytes, 64000u);
        std::vector<std::byte> out(32000);
        job.get_output(program.find_tensor("out").value(), out).value();
        EXPECT_EQ(out, sum(in, 7));
    }
}

TEST_F(card, program_takes_and_gives_elements_of_several_bytes) {
    constexpr unsigned rows = 5, columns = 33;
    const auto program = load_program(wide_adder(rows, columns, 1000));
    const image image(device, program);
    job job(image);
    std::int32_t in[rows * columns], out[rows * columns];
    for (int i = 0; i < int(rows * columns); ++i)
        in[i] = i * 123457 - 9999999;
    in[0] = std::numeric_limits<std::int32_t>::max() - 1;
    job.set_input(0, std::as_bytes(std::span(in))).value();
    run(job);
    job.get_output(1, std::as_writable_bytes(std::span(out))).value();
    EXPECT_EQ(out[0], std::numeric_limits<std::int32_t>::max());
    for (unsigned i = 1; i < rows * columns; ++i)
        EXPECT_EQ(out[i], in[i] + 1000);
}

TEST_F(card, program_in_three_parts_hands_its_data_on) {
    const auto program = load_program(split_adder(10, 3));
    const image image(device, program);
    job job(image);
    const auto in = filled(3200, 1);
    job.set_input(0, in).value();
    const auto end = queue.run(job, ample).value();
    std::uint64_t cycles = 0;
    for (std::size_t i = 0; i < program.entry_count(); ++i)
        cycles += program.entry(i).value().cycles;
    EXPECT_EQ(end.cycles, cycles);
    std::vector<std::byte> out(3200);
    job.get_output(1, out).value();
    EXPECT_EQ(out, sum(in, 3));
}

TEST_F(card, program_can_run_one_of_its_parts) {
    const auto program = load_program(split_adder(10, 3));
    const image image(device, program);
    EXPECT_EQ(groq::job::create(image, "nothing").error().code(), errc::not_found);
    job job(image, "add");
    EXPECT_EQ(queue.run(job, ample).value().cycles, program.entry(1).value().cycles);
}

TEST_F(card, program_keeps_its_inputs_and_its_sram_from_run_to_run) {
    const image image(device, load_program(adder(4, 1)));
    job job(image);
    const auto in = filled(1280, 5);
    job.set_input(0, in).value();
    std::vector<std::byte> out(1280);
    for (int i = 0; i < 20; ++i) {
        run(job);
        job.get_output(1, out).value();
        ASSERT_EQ(out, sum(in, 1));
    }
}

TEST_F(card, program_with_two_jobs_overlaps_host_and_card) {
    const image image(device, load_program(adder(16, 9)));
    job jobs[] = {job(image), job(image)};
    std::uint64_t tickets[2] = {};
    std::vector<std::byte> out(16 * 320);
    for (unsigned i = 0; i < 20; ++i) {
        auto &job = jobs[i % 2];
        if (i >= 2) {
            queue.wait(tickets[i % 2], ample).value();
            job.get_output(1, out).value();
            ASSERT_EQ(out, sum(filled(out.size(), i - 2), 9));
        }
        job.set_input(0, filled(out.size(), i)).value();
        tickets[i % 2] = queue.submit(job).value();
    }
}

TEST_F(card, program_is_refused_sram_that_another_one_has) {
    const auto other = load_program(adder(1, 2));
    {
        const image first(device, load_program(adder(1, 1)));
        const auto second = image::load(device, other);
        ASSERT_FALSE(second);
        EXPECT_TRUE(second.error() == errc::sram);
        EXPECT_THAT(second.error().message(), HasSubstr("0x"));
    }
    EXPECT_TRUE(image::load(device, other));
}

TEST_F(card, program_for_a_larger_card_is_refused) {
    const auto refused = image::load(device, load_program(for_larger_card()));
    ASSERT_FALSE(refused);
    EXPECT_TRUE(refused.error() == errc::sram);
    EXPECT_THAT(refused.error().message(), HasSubstr("bytes of SRAM"));
}

TEST_F(card, program_sees_none_of_the_one_before_it) {
    const auto in = filled(320, 1);
    {
        const image first(device, load_program(adder(1, 1)));
        job job(first);
        job.set_input(0, in).value();
        run(job);
    }
    const image second(device, load_program(adder(1, 0)));
    job job(second);
    run(job);
    std::vector<std::byte> out(320, std::byte{1});
    job.get_output(1, out).value();
    EXPECT_EQ(out, std::vector<std::byte>(320));
}

TEST_F(card, faulting_program_says_where_and_the_next_one_runs) {
    {
        const image image(device, load_program(faulty()));
        job job(image);
        const auto end = queue.run(job, ample);
        ASSERT_FALSE(end);
        EXPECT_TRUE(end.error() == errc::fault);
        EXPECT_THAT(end.error().message(), HasSubstr("STREAM_EMPTY"));
        EXPECT_THAT(end.error().message(), HasSubstr("stream 7 east"));
        EXPECT_THAT(end.error().message(), HasSubstr("VXM ALU 3"));
        ASSERT_TRUE(end.error().fault());
        EXPECT_EQ(end.error().fault()->cycle, fault_cycle);
        EXPECT_EQ(end.error().fault()->unit, 88u + 3);
        EXPECT_EQ(end.error().fault()->instruction[0], 0x20) << "copy";
        EXPECT_NE(end.error().fault()->text, ~0u);
    }
    const image image(device, load_program(adder(1, 1)));
    job job(image);
    run(job);
}

TEST_F(card, failed_step_is_named_and_takes_the_rest_of_the_job_with_it) {
    const image image(device, load_program(faulty()));
    const region region(device, 320);
    const buffer in(device, 320), out(device, 320);
    fill(in.bytes(), 1);
    job job(device);
    job.copy_in({in, 0, region.address(), 320}).value();
    job.run(image, "main").value();
    job.copy_out({out, 0, region.address(), 320}).value();
    const auto ticket = queue.submit(job).value();
    groq_result end{};
    end.size = sizeof end;
    EXPECT_EQ(groq_queue_wait(queue.native(), ticket, forever.ns(), &end),
              GROQ_ERROR_FAULT);
    EXPECT_EQ(end.step, 1u);
    EXPECT_EQ(out.bytes()[1], std::byte{0}) << "the copy after the fault was made";
    EXPECT_EQ(in.bytes()[0], std::byte{1});
}

TEST_F(card, program_that_takes_longer_than_it_may_is_ended) {
    const image image(device, load_program(adder(100, 1)));
    job job(device);
    job.run(image, "main", 50).value();
    const auto end = queue.run(job, ample);
    ASSERT_FALSE(end);
    EXPECT_TRUE(end.error() == errc::fault);
    EXPECT_THAT(end.error().message(), HasSubstr("CYCLE_LIMIT"));
    EXPECT_EQ(end.error().fault()->cycle, 50u);
}

TEST_F(card, same_program_and_input_take_the_same_cycles_on_every_queue) {
    const image image(device, load_program(adder(64, 5)));
    std::uint64_t first = 0;
    for (int i = 0; i < 4; ++i) {
        groq::queue another(device);
        job job(image);
        const auto cycles = another.run(job, ample).value().cycles;
        EXPECT_EQ(cycles, first ? first : cycles);
        first = cycles;
    }
}

TEST_F(card, wrong_tensor_sizes_are_refused) {
    const image image(device, load_program(adder(2, 1)));
    job job(image);
    std::vector<std::byte> bytes(641);
    EXPECT_TRUE(job.set_input(0, bytes).error() == errc::size);
    EXPECT_TRUE(job.set_input(0, std::span(bytes).first(639)).error() == errc::size);
    EXPECT_TRUE(job.get_output(1, bytes).error() == errc::size);
    EXPECT_TRUE(job.set_input(1, std::span(bytes).first(640)).error() == errc::invalid);
    EXPECT_TRUE(job.set_input(0, std::span(bytes).first(640)));
}

} // namespace
} // namespace groq::contract
