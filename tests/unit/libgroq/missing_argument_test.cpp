// SPDX-License-Identifier: MIT
//
// A NULL that nothing allows is told, whichever argument it is, and changes nothing.

#include <gmock/gmock.h>

#include "card_fixture.hpp"
#include "image.hpp"
#include "job.hpp"
#include "pipeline.hpp"
#include "queue.hpp"

namespace groq {
namespace {

class missing_argument : public on_fake_card {
protected:
    void SetUp() override { groq_job_create(device, &job); }
    ~missing_argument() override {
        groq_job_destroy(job);
        groq_queue_destroy(queue);
        groq_program_destroy(program);
        groq_device_close(device);
    }

    static void expect_refused(const std::vector<int> &answers) {
        groq_error_info error{};
        error.size = sizeof error;
        groq_last_error(&error);
        EXPECT_STREQ(error.message, "an argument is NULL");
        EXPECT_THAT(answers, ::testing::Each(GROQ_ERROR_INVALID));
    }

    std::shared_ptr<groq_device> opened = open();
    groq_device *device = groq_device::publish(opened);
    groq_program *program = groq_program::publish(load());
    groq_queue *queue = groq_queue::publish(groq_queue::create(opened, 0).value());
    groq_job *job = nullptr;
    groq_copy copy = [] {
        groq_copy made{};
        made.size = sizeof made;
        return made;
    }();
    std::uint64_t number = 0;
    std::size_t count = 0;
    int file = -1;
    char byte = 0;
    void *data = nullptr;
};

TEST_F(missing_argument, of_programs) {
    groq_program *made = nullptr;
    groq_entry_info entry{};
    groq_tensor_info tensor{};
    expect_refused({
        groq_program_load_file(nullptr, &made),
        groq_program_load_file("a.groq", nullptr),
        groq_program_load(nullptr, 1, "a.groq", &made),
        groq_program_load(&byte, 1, nullptr, &made),
        groq_program_load(&byte, 1, "a.groq", nullptr),
        groq_program_get_entry(nullptr, 0, &entry),
        groq_program_get_entry(program, 0, nullptr),
        groq_program_get_tensor(nullptr, 0, &tensor),
        groq_program_get_tensor(program, 0, nullptr),
        groq_program_find_tensor(nullptr, "in", &count),
        groq_program_find_tensor(program, nullptr, &count),
        groq_program_find_tensor(program, "in", nullptr),
        groq_tensor_pack(nullptr, 0, &byte, 1, &byte, 1),
        groq_tensor_pack(program, 0, nullptr, 1, &byte, 1),
        groq_tensor_pack(program, 0, &byte, 1, nullptr, 1),
        groq_tensor_unpack(nullptr, 0, &byte, 1, &byte, 1),
        groq_tensor_unpack(program, 0, nullptr, 1, &byte, 1),
        groq_tensor_unpack(program, 0, &byte, 1, nullptr, 1),
    });
    EXPECT_EQ(made, nullptr);
}

TEST_F(missing_argument, of_images) {
    groq_image *image = nullptr;
    groq_image_info info{};
    expect_refused({
        groq_image_load(nullptr, program, GROQ_FOREVER, &image),
        groq_image_load(device, nullptr, GROQ_FOREVER, &image),
        groq_image_load(device, program, GROQ_FOREVER, nullptr),
        groq_image_load_file(nullptr, "a.groq", GROQ_FOREVER, &image),
        groq_image_load_file(device, nullptr, GROQ_FOREVER, &image),
        groq_image_load_file(device, "a.groq", GROQ_FOREVER, nullptr),
        groq_image_get_info(nullptr, &info),
    });
    EXPECT_EQ(image, nullptr);
}

TEST_F(missing_argument, of_buffers) {
    groq_buffer *buffer = nullptr;
    groq_region *region = nullptr;
    expect_refused({
        groq_buffer_create(device, 1, nullptr),
        groq_buffer_pin(nullptr, &byte, 1, 0, &buffer),
        groq_buffer_pin(device, &byte, 1, 0, nullptr),
        groq_buffer_export(nullptr, &file),
        groq_buffer_import(nullptr, 0, &buffer),
        groq_buffer_import(device, 0, nullptr),
        groq_region_create(nullptr, 320, &region),
        groq_region_create(device, 320, nullptr),
    });
    EXPECT_EQ(buffer, nullptr);
}

TEST_F(missing_argument, of_jobs) {
    groq_job *made = nullptr;
    expect_refused({
        groq_job_create(nullptr, &made),
        groq_job_create(device, nullptr),
        groq_job_create_run(nullptr, nullptr, &made),
        groq_job_clear(nullptr),
        groq_job_copy_in(nullptr, &copy),
        groq_job_copy_in(job, nullptr),
        groq_job_copy_in(job, &copy), // of no buffer
        groq_job_copy_out(job, &copy),
        groq_job_run(job, nullptr, "main", 0),
        groq_job_set_input(nullptr, 0, &byte, 1),
        groq_job_set_input(job, 0, nullptr, 1),
        groq_job_get_output(nullptr, 0, &byte, 1),
        groq_job_get_output(job, 0, nullptr, 1),
        groq_job_tensor_data(nullptr, 0, &data, &number),
        groq_job_tensor_data(job, 0, nullptr, &number),
        groq_job_tensor_data(job, 0, &data, nullptr),
    });
    EXPECT_EQ(made, nullptr);
}

TEST_F(missing_argument, of_queues) {
    groq_queue *made = nullptr;
    groq_job *const jobs[] = {job, nullptr};
    std::uint64_t tickets[2];
    groq_queue_info info{};
    expect_refused({
        groq_queue_create(nullptr, nullptr, &made),
        groq_queue_create(device, nullptr, nullptr),
        groq_queue_create_job(nullptr, &job),
        groq_queue_create_job(queue, nullptr),
        groq_queue_submit(nullptr, job, &number),
        groq_queue_submit(queue, nullptr, &number),
        groq_queue_submit(queue, job, nullptr),
        groq_queue_submit_batch(nullptr, jobs, 1, tickets, &count),
        groq_queue_submit_batch(queue, nullptr, 1, tickets, &count),
        groq_queue_submit_batch(queue, jobs, 1, nullptr, &count),
        groq_queue_submit_batch(queue, jobs, 1, tickets, nullptr),
        groq_queue_submit_batch(queue, jobs, 2, tickets, &count),
        groq_queue_cancel(nullptr, 1),
        groq_queue_get_info(nullptr, &info),
        groq_queue_get_info(queue, nullptr),
        groq_queue_wait(nullptr, 1, 0, nullptr),
        groq_queue_reap(nullptr, nullptr, 0, &count),
        groq_queue_reap(queue, nullptr, 1, &count),
        groq_queue_reap(queue, nullptr, 0, nullptr),
        groq_queue_fd(nullptr, &file),
        groq_queue_fd(queue, nullptr),
    });
    EXPECT_TRUE(card.log.empty());
}

TEST_F(missing_argument, of_pipelines) {
    groq_pipeline *pipeline = nullptr;
    expect_refused({
        groq_pipeline_create(nullptr, nullptr, &pipeline),
        groq_pipeline_push(nullptr, nullptr, 0, 0, nullptr),
        groq_pipeline_pop(nullptr, nullptr, 0, 0, nullptr),
        groq_pipeline_fd(nullptr, &file),
    });
    EXPECT_EQ(pipeline, nullptr);
}

TEST_F(missing_argument, of_cards) {
    groq_context *context = nullptr;
    groq_device_info info{};
    std::uint32_t events = 0;
    expect_refused({
        groq_device_list_create(nullptr),
        groq_device_list_get(nullptr, 0, &info),
        groq_device_open("sim:", nullptr),
        groq_device_open(nullptr, &device),
        groq_context_create(nullptr, nullptr),
        groq_context_open(context, "sim:", nullptr),
        groq_device_event_fd(nullptr, &file),
        groq_device_event_fd(device, nullptr),
        groq_device_read_events(nullptr, &events),
        groq_device_read_events(device, nullptr),
        groq_telemetry_read("sim:", nullptr),
        groq_device_read_telemetry(device, nullptr),
    });
}

} // namespace
} // namespace groq
