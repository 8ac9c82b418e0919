// SPDX-License-Identifier: MIT
//
// NULL where the C interface wants something: refused by every function, which says
// so and changes nothing. Written from groq.h alone.
#include "card_under_test.hpp"

#include <array>
#include <functional>

#include <gmock/gmock.h>

namespace groq::contract {
namespace {

using ::testing::HasSubstr;

// Calls of which each lacks one argument; the others are good.
class null_argument : public card {
protected:
    void is_refused(const char *call, int returned) {
        EXPECT_EQ(returned, GROQ_ERROR_INVALID) << call;
        auto told = detail::sized<groq_error_info>();
        groq_last_error(&told);
        EXPECT_EQ(told.error, GROQ_ERROR_INVALID) << call;
        EXPECT_THAT(told.message, HasSubstr("NULL")) << call;
    }

    const groq::program program = load_program(adder(1, 1));
    const groq::image image{device, program};
    groq::job run_job{image};
    groq::job plain{device};
    const groq::buffer bytes{device, 640};
    std::array<std::byte, 640> host{};
    std::uint64_t number = 7;
    std::size_t count = 7;
    int file = -7;
};

#define REFUSED(call) is_refused(#call, call)

TEST_F(null_argument, of_devices_is_refused) {
    auto info = detail::sized<groq_device_info>();
    auto seen = detail::sized<groq_telemetry>();
    std::uint32_t events = 7;
    groq_device *opened = nullptr;
    groq_device_list *list = nullptr;
    const context common;
    REFUSED(groq_context_create(nullptr, nullptr));
    REFUSED(groq_context_open(nullptr, "sim:", &opened));
    REFUSED(groq_context_open(common.native(), nullptr, &opened));
    REFUSED(groq_context_open(common.native(), "sim:", nullptr));
    REFUSED(groq_device_open(nullptr, &opened));
    REFUSED(groq_device_open("sim:", nullptr));
    REFUSED(groq_device_get_info(nullptr, &info));
    REFUSED(groq_device_get_info(device.native(), nullptr));
    REFUSED(groq_device_event_fd(nullptr, &file));
    REFUSED(groq_device_event_fd(device.native(), nullptr));
    REFUSED(groq_device_read_events(nullptr, &events));
    REFUSED(groq_device_read_events(device.native(), nullptr));
    auto links = detail::sized<groq_link>();
    REFUSED(groq_links_read(nullptr, &links, 1, &count, &number));
    REFUSED(groq_links_read("accel:0", nullptr, 1, &count, &number));
    REFUSED(groq_links_read("accel:0", &links, 1, nullptr, &number));
    REFUSED(groq_device_read_links(nullptr, &links, 1, &count, &number));
    REFUSED(groq_device_read_links(device.native(), nullptr, 1, &count, &number));
    REFUSED(groq_device_read_links(device.native(), &links, 1, nullptr, &number));
    REFUSED(groq_device_align_link(nullptr, 0, 1, 0, nullptr));
    REFUSED(groq_telemetry_read(nullptr, &seen));
    REFUSED(groq_telemetry_read("accel:0", nullptr));
    REFUSED(groq_device_read_telemetry(nullptr, &seen));
    REFUSED(groq_device_read_telemetry(device.native(), nullptr));
    REFUSED(groq_device_list_create(nullptr));
    REFUSED(groq_device_list_get(nullptr, 0, &info));
    ASSERT_EQ(groq_device_list_create(&list), GROQ_OK);
    REFUSED(groq_device_list_get(list, 0, nullptr));
    groq_device_list_destroy(list);
    EXPECT_EQ(opened, nullptr);
    EXPECT_EQ(events, 7u);
    EXPECT_EQ(file, -7);
}

TEST_F(null_argument, of_memory_is_refused) {
    groq_buffer *buffer = nullptr;
    groq_region *region = nullptr;
    REFUSED(groq_buffer_create(nullptr, 320, &buffer));
    REFUSED(groq_buffer_create(device.native(), 320, nullptr));
    REFUSED(groq_buffer_pin(nullptr, host.data(), 4096, 0, &buffer));
    REFUSED(groq_buffer_pin(device.native(), host.data(), 4096, 0, nullptr));
    REFUSED(groq_buffer_pin(device.native(), nullptr, 4096, 0, &buffer));
    REFUSED(groq_buffer_export(nullptr, &file));
    REFUSED(groq_buffer_export(bytes.native(), nullptr));
    REFUSED(groq_buffer_import(nullptr, 0, &buffer));
    REFUSED(groq_buffer_import(device.native(), 0, nullptr));
    REFUSED(groq_region_create(nullptr, 320, &region));
    REFUSED(groq_region_create(device.native(), 320, nullptr));
    EXPECT_EQ(buffer, nullptr);
    EXPECT_EQ(region, nullptr);
    EXPECT_EQ(file, -7);
}

TEST_F(null_argument, of_programs_is_refused) {
    groq_program *made = nullptr;
    groq_image *loaded = nullptr;
    auto entry = detail::sized<groq_entry_info>();
    auto tensor = detail::sized<groq_tensor_info>();
    auto info = detail::sized<groq_image_info>();
    REFUSED(groq_program_load_file(nullptr, &made));
    REFUSED(groq_program_load_file("x", nullptr));
    REFUSED(groq_program_load(nullptr, 1, "x", &made));
    REFUSED(groq_program_load(host.data(), 1, nullptr, &made));
    REFUSED(groq_program_load(host.data(), 1, "x", nullptr));
    REFUSED(groq_program_get_entry(nullptr, 0, &entry));
    REFUSED(groq_program_get_entry(program.native(), 0, nullptr));
    REFUSED(groq_program_get_tensor(nullptr, 0, &tensor));
    REFUSED(groq_program_get_tensor(program.native(), 0, nullptr));
    REFUSED(groq_program_find_tensor(nullptr, "in", &count));
    REFUSED(groq_program_find_tensor(program.native(), nullptr, &count));
    REFUSED(groq_program_find_tensor(program.native(), "in", nullptr));
    auto *at = host.data();
    REFUSED(groq_tensor_pack(nullptr, 0, at, 320, at, 320));
    REFUSED(groq_tensor_pack(program.native(), 0, nullptr, 320, at, 320));
    REFUSED(groq_tensor_pack(program.native(), 0, at, 320, nullptr, 320));
    REFUSED(groq_tensor_unpack(nullptr, 0, at, 320, at, 320));
    REFUSED(groq_tensor_unpack(program.native(), 0, nullptr, 320, at, 320));
    REFUSED(groq_tensor_unpack(program.native(), 0, at, 320, nullptr, 320));
    REFUSED(groq_image_load(nullptr, program.native(), GROQ_FOREVER, &loaded));
    REFUSED(groq_image_load(device.native(), nullptr, GROQ_FOREVER, &loaded));
    REFUSED(groq_image_load(device.native(), program.native(), GROQ_FOREVER, nullptr));
    REFUSED(groq_image_load_file(nullptr, "x", GROQ_FOREVER, &loaded));
    REFUSED(groq_image_load_file(device.native(), nullptr, GROQ_FOREVER, &loaded));
    REFUSED(groq_image_load_file(device.native(), "x", GROQ_FOREVER, nullptr));
    REFUSED(groq_image_get_info(nullptr, &info));
    REFUSED(groq_image_get_info(image.native(), nullptr));
    EXPECT_EQ(made, nullptr);
    EXPECT_EQ(loaded, nullptr);
    EXPECT_EQ(count, 7u);
}

TEST_F(null_argument, of_jobs_is_refused) {
    groq_job *made = nullptr;
    void *packed = nullptr;
    auto shape = detail::sized<groq_copy>();
    shape.bytes = shape.rows = 1;
    auto *const job = plain.native();
    REFUSED(groq_job_create(nullptr, &made));
    REFUSED(groq_job_create(device.native(), nullptr));
    REFUSED(groq_job_create_run(nullptr, nullptr, &made));
    REFUSED(groq_job_create_run(image.native(), nullptr, nullptr));
    REFUSED(groq_job_clear(nullptr));
    REFUSED(groq_job_copy_in(nullptr, &shape));
    REFUSED(groq_job_copy_in(job, nullptr));
    REFUSED(groq_job_copy_in(job, &shape)); // its buffer
    REFUSED(groq_job_copy_out(nullptr, &shape));
    REFUSED(groq_job_copy_out(job, nullptr));
    REFUSED(groq_job_copy_out(job, &shape));
    REFUSED(groq_job_run(nullptr, image.native(), "main", 0));
    REFUSED(groq_job_run(job, nullptr, "main", 0));
    REFUSED(groq_job_run(job, image.native(), nullptr, 0));
    REFUSED(groq_job_set_input(nullptr, 0, host.data(), 320));
    REFUSED(groq_job_set_input(run_job.native(), 0, nullptr, 320));
    REFUSED(groq_job_get_output(nullptr, 1, host.data(), 320));
    REFUSED(groq_job_get_output(run_job.native(), 1, nullptr, 320));
    REFUSED(groq_job_tensor_data(nullptr, 0, &packed, &number));
    REFUSED(groq_job_tensor_data(run_job.native(), 0, nullptr, &number));
    REFUSED(groq_job_tensor_data(run_job.native(), 0, &packed, nullptr));
    EXPECT_EQ(made, nullptr);
    EXPECT_EQ(packed, nullptr);
    EXPECT_EQ(number, 7u);
    EXPECT_TRUE(queue.submit(plain).error() == errc::invalid) << "it is still empty";
}

TEST_F(null_argument, of_queues_is_refused) {
    groq_queue *made = nullptr;
    groq_job *job = nullptr;
    auto info = detail::sized<groq_queue_info>();
    auto end = detail::sized<groq_result>();
    groq_job *jobs[] = {run_job.native(), nullptr};
    std::uint64_t tickets[2] = {};
    auto *const to = queue.native();
    REFUSED(groq_queue_create(nullptr, nullptr, &made));
    REFUSED(groq_queue_create(device.native(), nullptr, nullptr));
    REFUSED(groq_queue_create_job(nullptr, &job));
    REFUSED(groq_queue_create_job(to, nullptr));
    REFUSED(groq_queue_submit(nullptr, run_job.native(), &number));
    REFUSED(groq_queue_submit(to, nullptr, &number));
    REFUSED(groq_queue_submit(to, run_job.native(), nullptr));
    REFUSED(groq_queue_submit_batch(nullptr, jobs, 1, tickets, &count));
    REFUSED(groq_queue_submit_batch(to, nullptr, 1, tickets, &count));
    REFUSED(groq_queue_submit_batch(to, jobs, 1, nullptr, &count));
    REFUSED(groq_queue_submit_batch(to, jobs, 1, tickets, nullptr));
    REFUSED(groq_queue_cancel(nullptr, 1));
    REFUSED(groq_queue_get_info(nullptr, &info));
    REFUSED(groq_queue_get_info(to, nullptr));
    REFUSED(groq_queue_wait(nullptr, 1, 0, nullptr));
    REFUSED(groq_queue_reap(nullptr, &end, 1, &count));
    REFUSED(groq_queue_reap(to, nullptr, 1, &count));
    REFUSED(groq_queue_reap(to, &end, 1, nullptr));
    REFUSED(groq_queue_fd(nullptr, &file));
    REFUSED(groq_queue_fd(to, nullptr));
    EXPECT_EQ(made, nullptr);
    EXPECT_EQ(job, nullptr);
    EXPECT_EQ(file, -7);
    EXPECT_EQ(queue.info().value().submitted, 0u);
}

// The job in front of it has been taken.
TEST_F(null_argument, in_a_batch_ends_it_there) {
    groq_job *jobs[] = {run_job.native(), nullptr};
    std::uint64_t tickets[2] = {};
    REFUSED(groq_queue_submit_batch(queue.native(), jobs, 2, tickets, &count));
    EXPECT_EQ(count, 1u);
    EXPECT_TRUE(queue.wait(tickets[0], ample));
}

TEST_F(null_argument, of_pipelines_is_refused) {
    pipeline line(image);
    groq_pipeline *made = nullptr;
    const void *in[] = {nullptr};
    void *out[] = {nullptr};
    REFUSED(groq_pipeline_create(nullptr, nullptr, &made));
    REFUSED(groq_pipeline_create(image.native(), nullptr, nullptr));
    REFUSED(groq_pipeline_push(nullptr, in, 1, 0, &number));
    REFUSED(groq_pipeline_push(line.native(), nullptr, 1, 0, &number));
    REFUSED(groq_pipeline_push(line.native(), in, 1, 0, &number));
    EXPECT_TRUE(line.push(std::as_bytes(std::span(host)).first(320), ample));
    REFUSED(groq_pipeline_pop(nullptr, out, 1, 0, nullptr));
    REFUSED(groq_pipeline_pop(line.native(), nullptr, 1, GROQ_FOREVER, nullptr));
    REFUSED(groq_pipeline_pop(line.native(), out, 1, GROQ_FOREVER, nullptr));
    REFUSED(groq_pipeline_fd(nullptr, &file));
    REFUSED(groq_pipeline_fd(line.native(), nullptr));
    EXPECT_EQ(made, nullptr);
    EXPECT_TRUE(line.pop(std::span(host).first(320), ample))
        << "the run is still there";
    EXPECT_EQ(host[0], std::byte(1));
}

#undef REFUSED

TEST(null_handle, has_nothing) {
    EXPECT_EQ(groq_device_list_count(nullptr), 0u);
    EXPECT_EQ(groq_buffer_data(nullptr), nullptr);
    EXPECT_EQ(groq_buffer_size(nullptr), 0u);
    EXPECT_EQ(groq_region_address(nullptr), 0u);
    EXPECT_EQ(groq_program_sram_bytes(nullptr), 0u);
    EXPECT_EQ(groq_program_entry_count(nullptr), 0u);
    EXPECT_EQ(groq_program_tensor_count(nullptr), 0u);
    EXPECT_EQ(groq_image_program(nullptr), nullptr);
}

TEST(null_handle, is_destroyed_in_vain) {
    groq_context_destroy(nullptr);
    groq_device_list_destroy(nullptr);
    groq_device_close(nullptr);
    groq_buffer_destroy(nullptr);
    groq_region_destroy(nullptr);
    groq_program_destroy(nullptr);
    groq_image_destroy(nullptr);
    groq_job_destroy(nullptr);
    groq_queue_destroy(nullptr);
    groq_pipeline_destroy(nullptr);
    groq_last_error(nullptr);
}

TEST(null_handle, description_of_a_fault_fits_its_room) {
    const groq_fault_info nothing{};
    const auto length = groq_fault_describe(&nothing, nullptr, 100);
    EXPECT_GT(length, 0u);
    EXPECT_EQ(groq_fault_describe(&nothing, nullptr, 0), length);
    std::string text(4, 'x');
    EXPECT_EQ(groq_fault_describe(&nothing, text.data(), 3), length);
    EXPECT_EQ(text[2], '\0');
    EXPECT_EQ(text[3], 'x');
    EXPECT_EQ(groq_fault_describe(nullptr, text.data(), 3), 0u);
    EXPECT_EQ(text[0], '\0');
}

} // namespace
} // namespace groq::contract
