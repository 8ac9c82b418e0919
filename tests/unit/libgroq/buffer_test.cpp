// SPDX-License-Identifier: MIT
#include "buffer.hpp"

#include <cstring>

#include <sys/mman.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "card_fixture.hpp"
#include "job.hpp"

namespace groq {
namespace {

class buffer : public on_fake_card {
protected:
    static constexpr std::uint64_t page = 4096;

    ~buffer() override { ::munmap(memory.data(), memory.size()); }

    // Through a job, as a program would.
    result<void> copy(const std::shared_ptr<groq_buffer> &from,
                      drm_groq_command_type direction) {
        const auto job = std::make_shared<groq_job>(device);
        job->append_copy(direction, from, {0, 0, 320});
        groq_queue *queue = nullptr;
        std::uint64_t ticket = 0;
        EXPECT_EQ(groq_queue_create(device.get(), nullptr, &queue), GROQ_OK);
        const int status = groq_queue_submit(queue, job.get(), &ticket);
        groq_queue_destroy(queue);
        return status == GROQ_OK ? result<void>{} : error::last();
    }

    std::span<std::byte> memory{
        static_cast<std::byte *>(::mmap(nullptr, 4 * page, PROT_READ | PROT_WRITE,
                                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)),
        4 * page};
    std::shared_ptr<groq_device> device = open();
};

TEST_F(buffer, pins_memory_of_the_caller_where_it_is) {
    {
        const auto pinned = groq_buffer::pin(device, memory, 0).value();
        EXPECT_EQ(pinned->size(), memory.size());
        EXPECT_EQ(groq_buffer_data(pinned.get()), memory.data());
        memory[7] = std::byte{42};
        ASSERT_TRUE(copy(pinned, DRM_GROQ_COMMAND_COPY_IN));
        EXPECT_EQ(card.sram[7], std::byte{42});
    }
    EXPECT_TRUE(card.buffers.empty());
    EXPECT_EQ(memory[7], std::byte{42}) << "it stays the caller's";
}

TEST_F(buffer, tells_the_port_that_the_card_only_reads) {
    const auto pinned = groq_buffer::pin(device, memory, GROQ_BUFFER_READ_ONLY).value();
    EXPECT_TRUE(card.buffers.at(pinned->handle()).is_read_only);
    const auto written = groq_buffer::pin(device, memory, 0).value();
    EXPECT_FALSE(card.buffers.at(written->handle()).is_read_only);
}

TEST_F(buffer, pins_whole_pages) {
    const auto refused = [&](std::span<std::byte> bytes, std::uint32_t flags = 0) {
        return groq_buffer::pin(device, bytes, flags).error() == errc::invalid;
    };
    const int before = card.calls;
    EXPECT_TRUE(refused({}));
    EXPECT_TRUE(refused(memory.first(100)));
    EXPECT_TRUE(refused(memory.subspan(1, page)));
    EXPECT_TRUE(refused({memory.data(), DRM_GROQ_BO_SIZE_MAX + page}));
    for (std::uint32_t flag = 2; flag; flag <<= 1)
        EXPECT_TRUE(refused(memory, flag)) << flag;
    EXPECT_EQ(card.calls, before) << "the driver was asked";
}

TEST_F(buffer, shares_what_was_exported) {
    const auto made = groq_buffer::create(device, 100).value();
    const int file = made->export_file().value();
    const auto same = groq_buffer::import_file(device, file).value();
    ::close(file);
    EXPECT_EQ(same->size(), page) << "a dma-buf has whole pages";
    made->bytes()[9] = std::byte{5};
    EXPECT_EQ(same->bytes()[9], std::byte{5});
}

TEST_F(buffer, can_be_copied_from_where_it_cannot_be_mapped) {
    const auto made = groq_buffer::create(device, 2 * page).value();
    const int file = made->export_file().value();
    card.maps_imports = false;
    const auto unseen = groq_buffer::import_file(device, file).value();
    ::close(file);
    EXPECT_EQ(groq_buffer_size(unseen.get()), 2 * page);
    EXPECT_EQ(groq_buffer_data(unseen.get()), nullptr);
    made->bytes()[3] = std::byte{6};
    ASSERT_TRUE(copy(unseen, DRM_GROQ_COMMAND_COPY_IN));
    EXPECT_EQ(card.sram[3], std::byte{6});
    auto job = std::make_shared<groq_job>(device);
    groq_copy inside{sizeof inside, unseen.get(), page, 0, page, 1, 0, 0};
    EXPECT_EQ(groq_job_copy_in(job.get(), &inside), GROQ_OK);
    groq_copy outside{sizeof outside, unseen.get(), page + 1, 0, page, 1, 0, 0};
    EXPECT_EQ(groq_job_copy_in(job.get(), &outside), GROQ_ERROR_INVALID);
}

TEST_F(buffer, of_pinned_memory_is_not_exported) {
    const auto pinned = groq_buffer::pin(device, memory, 0).value();
    EXPECT_TRUE(pinned->export_file().error() == errc::unsupported);
}

TEST_F(buffer, failing_calls_leave_nothing) {
    const auto made = groq_buffer::create(device, 100).value();
    const int exported = made->export_file().value();
    fail_at_every_call([&] { return !groq_buffer::pin(device, memory, 0); });
    fail_at_every_call([&] { return !groq_buffer::import_file(device, exported); });
    fail_at_every_call([&] {
        const auto file = made->export_file();
        if (file)
            ::close(*file);
        return !file;
    });
    ::close(exported);
}

TEST_F(buffer, of_a_lost_card_says_so) {
    const auto made = groq_buffer::create(device, 100).value();
    card.failure = {errc::device_lost, {}};
    card.fail_at = card.calls;
    EXPECT_TRUE(groq_buffer::pin(device, memory, 0).error() == errc::device_lost);
    const int before = card.calls;
    EXPECT_TRUE(groq_buffer::pin(device, memory, 0).error() == errc::device_lost);
    EXPECT_TRUE(groq_buffer::import_file(device, 0).error() == errc::device_lost);
    EXPECT_TRUE(made->export_file().error() == errc::device_lost);
    EXPECT_EQ(card.calls, before);
}

TEST_F(buffer, the_interface_refuses_null) {
    const auto made = groq_buffer::create(device, 100).value();
    groq_buffer *out = nullptr;
    int file = 5;
    EXPECT_EQ(groq_buffer_pin(nullptr, memory.data(), page, 0, &out),
              GROQ_ERROR_INVALID);
    EXPECT_EQ(groq_buffer_pin(device.get(), memory.data(), page, 0, nullptr),
              GROQ_ERROR_INVALID);
    EXPECT_EQ(groq_buffer_pin(device.get(), nullptr, 0, 0, &out), GROQ_ERROR_INVALID);
    EXPECT_EQ(groq_buffer_export(nullptr, &file), GROQ_ERROR_INVALID);
    EXPECT_EQ(groq_buffer_export(made.get(), nullptr), GROQ_ERROR_INVALID);
    EXPECT_EQ(groq_buffer_import(nullptr, 0, &out), GROQ_ERROR_INVALID);
    EXPECT_EQ(groq_buffer_import(device.get(), 0, nullptr), GROQ_ERROR_INVALID);
    EXPECT_EQ(groq_buffer_import(device.get(), -1, &out), GROQ_ERROR_INVALID);
    EXPECT_EQ(out, nullptr);
    EXPECT_EQ(file, 5);
}

} // namespace
} // namespace groq
