// SPDX-License-Identifier: MIT
//
// The commands that jobs are made of.
#include "job.hpp"

#include "card_fixture.hpp"
#include "queue.hpp"
#include "tensor.hpp"

namespace groq {
namespace {

class job : public on_fake_card {
protected:
    std::shared_ptr<groq_buffer> make_buffer(std::uint64_t size) {
        return groq_buffer::create(device, size).value();
    }
    groq_copy copy_of(groq_buffer &buffer) {
        return {sizeof(groq_copy), &buffer, 0, 0, 320, 1, 0, 0};
    }
    std::shared_ptr<groq_image> load_image(const test::program_file &file = {}) {
        return groq_image::load(device, load(file), GROQ_FOREVER).value();
    }
    // What is submitted for a job.
    std::vector<drm_groq_command> submitted(std::shared_ptr<groq_job> made) {
        const auto queue = groq_queue::create(device, 0).value();
        card.log.clear();
        const auto ticket = queue->submit(std::move(made)).value();
        EXPECT_TRUE(queue->wait(ticket, GROQ_FOREVER));
        std::vector<drm_groq_command> all;
        for (const auto &each : card.log)
            all.insert(all.end(), each.commands.begin(), each.commands.end());
        return all;
    }

    std::shared_ptr<groq_device> device = open();
};

TEST_F(job, of_a_program_copies_in_runs_and_copies_out) {
    const auto commands =
        submitted(groq_job::create_run(load_image(), nullptr).value());
    ASSERT_EQ(commands.size(), 3u);
    const auto &in = commands[0], &run = commands[1], &out = commands[2];
    EXPECT_EQ(in.type, std::uint32_t{DRM_GROQ_COMMAND_COPY_IN});
    EXPECT_EQ(in.rows, 4u);
    EXPECT_EQ(in.size, 320u);
    EXPECT_EQ(in.bo_stride, 320u);
    EXPECT_EQ(in.sram_stride, 640u);
    EXPECT_EQ(in.sram, test::program_file::in_at);
    EXPECT_EQ(run.type, std::uint32_t{DRM_GROQ_COMMAND_RUN});
    EXPECT_EQ(run.rows, 2u);
    EXPECT_EQ(run.sram, test::program_file::launch_at);
    EXPECT_GE(run.size, 1235u);
    EXPECT_EQ(run.bo, 0u);
    // Four planes one after another in SRAM are one copy.
    EXPECT_EQ(out.type, std::uint32_t{DRM_GROQ_COMMAND_COPY_OUT});
    EXPECT_EQ(out.rows, 1u);
    EXPECT_EQ(out.size, 16u * 320);
    EXPECT_EQ(out.sram, test::program_file::out_at);
    EXPECT_EQ(out.bo_stride, 0u);
}

TEST_F(job, of_a_split_program_runs_its_entry_points_in_order) {
    test::program_file file;
    file.entries = {test::make_entry("c", GROQ_ENTRY_OUTPUT, 48),
                    test::make_entry("a", GROQ_ENTRY_INPUT, 16),
                    test::make_entry("b", GROQ_ENTRY_COMPUTE, 32)};
    const auto image = load_image(file);
    const auto all = submitted(groq_job::create_run(image, nullptr).value());
    ASSERT_EQ(all.size(), 5u);
    EXPECT_EQ(all[1].sram, 16u);
    EXPECT_EQ(all[2].sram, 32u);
    EXPECT_EQ(all[3].sram, 48u);
    const auto one = submitted(groq_job::create_run(image, "b").value());
    ASSERT_EQ(one.size(), 3u);
    EXPECT_EQ(one[1].sram, 32u);
    EXPECT_TRUE(groq_job::create_run(image, "d").error() == errc::not_found);
}

TEST_F(job, without_a_known_length_has_a_limit_all_the_same) {
    test::program_file file;
    file.entries[0].cycles = 0;
    const auto unknown =
        submitted(groq_job::create_run(load_image(file), nullptr).value());
    EXPECT_GT(unknown[1].size, 1000000000u);
}

TEST_F(job, tells_the_card_and_its_result_the_cycles_that_it_should_take) {
    const auto image = load_image();
    const auto made = groq_job::create_run(image, nullptr).value();
    const auto cycles = image->program().contents().entries[0].cycles;
    ASSERT_NE(cycles, 0u);
    const auto all = submitted(made);
    EXPECT_EQ(all[0].expected, 0u);
    EXPECT_EQ(all[1].expected, cycles);
    EXPECT_EQ(made->outcome().expected_cycles, cycles);
    made->append_run(image, image->program().contents().entries[0], 0);
    submitted(made);
    EXPECT_EQ(made->outcome().expected_cycles, 2 * cycles);
}

TEST_F(job, does_not_know_what_to_expect_when_one_program_does_not_say) {
    test::program_file file;
    file.entries[0].cycles = 0;
    const auto image = load_image();
    const auto made = groq_job::create_run(image, nullptr).value();
    made->append_run(image, load(file)->contents().entries[0], 0);
    submitted(made);
    EXPECT_EQ(made->outcome().expected_cycles, 0u);
}

TEST_F(job, tells_an_old_driver_nothing_that_it_does_not_know) {
    card.features = 0;
    device = open(true);
    const auto made = groq_job::create_run(load_image(), nullptr).value();
    EXPECT_EQ(submitted(made)[1].expected, 0u);
    EXPECT_NE(made->outcome().expected_cycles, 0u);
}

TEST_F(job, shows_where_its_tensors_lie_packed) {
    const auto image = load_image();
    const auto made = groq_job::create_run(image, nullptr).value();
    const auto &tensors = image->program().contents().tensors;
    const auto in = image->program().find_tensor("in").value();
    std::vector<std::byte> data(tensors[in].bytes(), std::byte{7});
    ASSERT_TRUE(made->set_input(in, data));
    const auto packed = made->tensor_data(in).value();
    ASSERT_EQ(packed.size(), tensors[in].packed_bytes());
    std::vector<std::byte> wanted(packed.size());
    pack(tensors[in], data, wanted);
    EXPECT_TRUE(std::equal(packed.begin(), packed.end(), wanted.begin()));
    for (std::size_t i = 0; i < tensors.size(); ++i)
        EXPECT_EQ(made->tensor_data(i).value().size(), tensors[i].packed_bytes());
}

TEST_F(job, shows_no_tensor_that_is_none_or_is_in_work) {
    const auto image = load_image();
    const auto made = groq_job::create_run(image, nullptr).value();
    EXPECT_FALSE(made->tensor_data(99));
    EXPECT_TRUE(std::make_shared<groq_job>(device)->tensor_data(0).error() ==
                errc::invalid);
    card.holds_back = true;
    const auto queue = groq_queue::create(device, 0).value();
    const auto ticket = queue->submit(made).value();
    void *packed = nullptr;
    std::uint64_t bytes = 0;
    EXPECT_EQ(groq_job_tensor_data(made.get(), 0, &packed, &bytes), GROQ_ERROR_IN_USE);
    ASSERT_TRUE(queue->wait(ticket, GROQ_FOREVER));
    EXPECT_EQ(groq_job_tensor_data(made.get(), 0, &packed, &bytes), GROQ_OK);
    EXPECT_EQ(packed, made->tensor_data(0).value().data());
}

TEST_F(job, takes_the_limit_it_is_given) {
    const auto image = load_image();
    const auto made = std::make_shared<groq_job>(device);
    made->append_run(image, image->program().contents().entries[0], 77);
    EXPECT_EQ(submitted(made)[0].size, 77u);
}

TEST_F(job, makes_rows_without_gaps_one_piece) {
    const auto made = std::make_shared<groq_job>(device);
    made->append_copy(DRM_GROQ_COMMAND_COPY_IN, make_buffer(6400),
                      {0, 0, 320, 20, 320, 320});
    const auto commands = submitted(made);
    ASSERT_EQ(commands.size(), 1u);
    EXPECT_EQ(commands[0].rows, 1u);
    EXPECT_EQ(commands[0].size, 6400u);
    EXPECT_EQ(commands[0].sram_stride, 0u);
}

TEST_F(job, splits_copies_with_more_pieces_than_a_command_can_have) {
    card.sram.resize(64 << 20);
    const auto made = std::make_shared<groq_job>(device);
    const std::uint64_t rows = 100000;
    made->append_copy(DRM_GROQ_COMMAND_COPY_IN, make_buffer(rows * 320),
                      {0, 640, 320, rows, 320, 640});
    const auto commands = submitted(made);
    std::uint64_t done = 0;
    for (const auto &each : commands) {
        EXPECT_LE(each.rows * 2u, 65536u) << "a row may lie on two pages";
        EXPECT_EQ(each.bo_offset, done * 320);
        EXPECT_EQ(each.sram, 640 + done * 640);
        done += each.rows;
    }
    EXPECT_EQ(done, rows);
}

TEST_F(job, keeps_steps_apart_that_follow_each_other_in_memory) {
    const auto made = std::make_shared<groq_job>(device);
    const auto buffer = make_buffer(640);
    made->append_copy(DRM_GROQ_COMMAND_COPY_IN, buffer, {0, 0, 320});
    made->append_copy(DRM_GROQ_COMMAND_COPY_IN, buffer, {320, 320, 320});
    EXPECT_EQ(submitted(made).size(), 2u);
}

TEST_F(job, with_more_commands_than_a_submission_can_have_is_several) {
    const auto made = std::make_shared<groq_job>(device);
    const auto buffer = make_buffer(320);
    for (int i = 0; i < 150; ++i)
        made->append_copy(DRM_GROQ_COMMAND_COPY_IN, buffer, {0, 0, 320});
    EXPECT_EQ(submitted(made).size(), 150u);
    ASSERT_EQ(card.log.size(), 3u);
    EXPECT_EQ(card.log[0].commands.size(), 64u);
    EXPECT_EQ(card.log[2].commands.size(), 22u);
    EXPECT_EQ(card.log[2].result_offset, 128 * sizeof(drm_groq_result));
}

TEST_F(job, carries_tensors_in_and_out) {
    const auto image = load_image();
    const auto made = groq_job::create_run(image, nullptr).value();
    // The "program" hands the first bytes of the input rows to plane 0 of the output.
    card.on_run = [&](const auto &, auto &result) {
        for (unsigned row = 0; row < 4; ++row)
            std::memcpy(&card.sram[test::program_file::out_at + row * 320],
                        &card.sram[test::program_file::in_at + row * 640], 5);
        result.value = 1234;
    };
    const auto input = test::filled(40);
    ASSERT_TRUE(made->set_input(0, input));
    submitted(made);
    std::int32_t output[20];
    ASSERT_TRUE(made->get_output(1, std::as_writable_bytes(std::span(output))));
    for (int row = 0; row < 4; ++row)
        for (int column = 0; column < 5; ++column)
            EXPECT_EQ(output[row * 5 + column], 1 + row * 10 + column);
}

TEST_F(job, refuses_wrong_tensors_and_sizes) {
    const auto made = groq_job::create_run(load_image(), nullptr).value();
    test::bytes data(40);
    EXPECT_TRUE(made->set_input(2, data).error() == errc::invalid);
    EXPECT_TRUE(made->set_input(1, data).error() == errc::invalid);
    EXPECT_TRUE(made->get_output(0, data).error() == errc::invalid);
    EXPECT_TRUE(made->set_input(0, std::span(data).first(39)).error() == errc::size);
    EXPECT_TRUE(made->get_output(1, data).error() == errc::size);
    const auto empty = std::make_shared<groq_job>(device);
    EXPECT_TRUE(empty->set_input(0, data).error() == errc::invalid);
}

TEST_F(job, refuses_wrong_copies) {
    const auto buffer = make_buffer(1000);
    const auto made = std::make_shared<groq_job>(device);
    const auto status = [&](auto change) {
        auto copy = copy_of(*buffer);
        change(copy);
        return groq_job_copy_in(made.get(), &copy);
    };
    EXPECT_EQ(status([](auto &) {}), GROQ_OK);
    EXPECT_EQ(status([](auto &c) { c.bytes = 1000; }), GROQ_OK);
    EXPECT_EQ(status([](auto &c) { c.buffer = nullptr; }), GROQ_ERROR_INVALID);
    EXPECT_EQ(status([](auto &c) { c.bytes = 0; }), GROQ_ERROR_INVALID);
    EXPECT_EQ(status([](auto &c) { c.bytes = 1001; }), GROQ_ERROR_INVALID);
    EXPECT_EQ(status([](auto &c) { c.buffer_offset = 681; }), GROQ_ERROR_INVALID);
    EXPECT_EQ(status([](auto &c) { c.buffer_offset = ~0ull; }), GROQ_ERROR_INVALID);
    EXPECT_EQ(status([](auto &c) { c.rows = 0; }), GROQ_ERROR_INVALID);
    EXPECT_EQ(status([](auto &c) { c.rows = 1ull << 32; }), GROQ_ERROR_INVALID);
    EXPECT_EQ(status([](auto &c) { c.buffer_stride = 320; }), GROQ_ERROR_INVALID);
    const auto with_rows = [&](std::uint64_t rows, std::uint64_t buffer_stride,
                               std::uint64_t sram_stride) {
        return status([&](auto &c) {
            c.rows = rows;
            c.buffer_stride = buffer_stride;
            c.sram_stride = sram_stride;
        });
    };
    EXPECT_EQ(with_rows(3, 340, 320), GROQ_OK);
    EXPECT_EQ(with_rows(3, 341, 320), GROQ_ERROR_INVALID);
    EXPECT_EQ(with_rows(2, 319, 320), GROQ_ERROR_INVALID);
    EXPECT_EQ(with_rows(2, 320, 319), GROQ_ERROR_INVALID);
    EXPECT_EQ(with_rows(3, 1ull << 63, 320), GROQ_ERROR_INVALID);
    EXPECT_EQ(with_rows(UINT32_MAX, ~0ull, 320), GROQ_ERROR_INVALID);
}

TEST_F(job, refuses_what_is_of_another_device) {
    const auto other = open(true);
    const auto buffer = groq_buffer::create(other, 1000).value();
    const auto made = std::make_shared<groq_job>(device);
    auto copy = copy_of(*buffer);
    EXPECT_EQ(groq_job_copy_out(made.get(), &copy), GROQ_ERROR_INVALID);
    const auto image = groq_image::load(other, load(), GROQ_FOREVER).value();
    EXPECT_EQ(groq_job_run(made.get(), image.get(), "main", 0), GROQ_ERROR_INVALID);
    const auto queue = groq_queue::create(other, 0).value();
    EXPECT_TRUE(queue->submit(made).error() == errc::invalid);
}

TEST_F(job, cannot_be_touched_while_it_is_in_work) {
    card.holds_back = true;
    const auto image = load_image();
    const auto buffer = make_buffer(1000);
    auto copy = copy_of(*buffer);
    test::bytes data(40), logits(80);
    const auto made = groq_job::create_run(image, nullptr).value();
    const auto queue = groq_queue::create(device, 0).value();
    const auto ticket = queue->submit(made).value();
    EXPECT_TRUE(queue->submit(made).error() == errc::in_use);
    EXPECT_TRUE(made->set_input(0, data).error() == errc::in_use);
    EXPECT_TRUE(made->get_output(1, logits).error() == errc::in_use);
    EXPECT_EQ(groq_job_copy_in(made.get(), &copy), GROQ_ERROR_IN_USE);
    EXPECT_EQ(groq_job_run(made.get(), image.get(), "main", 0), GROQ_ERROR_IN_USE);
    ASSERT_TRUE(queue->wait(ticket, GROQ_FOREVER));
    EXPECT_TRUE(made->set_input(0, data));
    EXPECT_TRUE(queue->submit(made));
}

TEST_F(job, adds_up_what_its_steps_did) {
    card.on_run = [](const auto &, auto &result) { result.value = 500; };
    const auto made = groq_job::create_run(load_image(), nullptr).value();
    const auto queue = groq_queue::create(device, 0).value();
    const auto end = queue->wait(queue->submit(made).value(), GROQ_FOREVER).value();
    EXPECT_EQ(end.error, GROQ_OK);
    EXPECT_EQ(end.cycles, 500u);
    EXPECT_EQ(end.bytes, 4u * 320 + 16 * 320);
    EXPECT_EQ(end.device_time_ns, end.ticket * 1000 + 2);
}

TEST_F(job, ends_as_its_first_failing_step) {
    const std::pair<drm_groq_status, int> endings[] = {
        {DRM_GROQ_STATUS_FAULT, GROQ_ERROR_FAULT},
        {DRM_GROQ_STATUS_ACCESS, GROQ_ERROR_ACCESS},
        {DRM_GROQ_STATUS_DMA, GROQ_ERROR_DMA},
        {DRM_GROQ_STATUS_INVALID, GROQ_ERROR_INVALID},
        {DRM_GROQ_STATUS_TIMEOUT, GROQ_ERROR_HUNG},
        {DRM_GROQ_STATUS_CANCELED, GROQ_ERROR_CANCELED},
        {DRM_GROQ_STATUS_RESET, GROQ_ERROR_RESET},
        {DRM_GROQ_STATUS_PENDING, GROQ_ERROR_SYSTEM},
        {DRM_GROQ_STATUS_LOST, GROQ_ERROR_DEVICE_LOST},
    };
    const auto made = groq_job::create_run(load_image(), nullptr).value();
    const auto queue = groq_queue::create(device, 0).value();
    for (const auto &[status, expected] : endings) {
        card.on_run = [&](const auto &, auto &result) {
            result.status = status;
            result.fault_cause = 21;
            result.fault_unit = 3;
            result.fault_cycle = 99;
            result.fault_instruction[2] = 7;
        };
        const auto end = queue->wait(queue->submit(made).value(), GROQ_FOREVER).value();
        EXPECT_EQ(end.error, expected);
        EXPECT_EQ(end.step, 1u);
        EXPECT_EQ(end.fault.unit, 3u);
        EXPECT_EQ(end.fault.cycle, 99u);
        EXPECT_EQ(end.fault.instruction[2], 7u);
    }
    EXPECT_TRUE(queue->submit(made).error() == errc::device_lost);
}

} // namespace
} // namespace groq
