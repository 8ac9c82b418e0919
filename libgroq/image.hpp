// SPDX-License-Identifier: MIT
//
// A program in the SRAM of a device.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include <groq/groq.h>

#include "device.hpp"
#include "program.hpp"

// Any thread may use it.
struct groq_image : groq::shared_handle<groq_image> {
public:
    static groq::result<std::shared_ptr<groq_image>>
    load(std::shared_ptr<groq_device> device,
         std::shared_ptr<const groq_program> program, std::int64_t deadline);

    // The program is read while it travels, and not kept.
    static groq::result<std::shared_ptr<groq_image>>
    load_file(std::shared_ptr<groq_device> device, const std::string &path,
              std::int64_t deadline);

    groq_image(std::shared_ptr<groq_device> device,
               std::shared_ptr<const groq_program> program);
    ~groq_image();

    const std::shared_ptr<groq_device> &device() const { return device_; }
    const groq_program &program() const { return *program_; }
    groq_image_info info() const;

    // A job of `queue` uses the image from here to leave(): errc::in_use while
    // jobs of another one do.
    groq::result<void> enter(const groq_queue &queue);
    void leave() noexcept;

private:
    groq::result<void> reserve();

    std::shared_ptr<groq_device> device_;
    std::shared_ptr<const groq_program> program_;
    std::vector<std::uint64_t> ranges_; // reserved; addresses
    std::uint64_t copied_bytes_ = 0;    // by the load
    std::int64_t load_ns_ = 0;

    std::mutex lock_;
    const groq_queue *user_ = nullptr; // lock_
    unsigned jobs_ = 0;                // of user_; lock_
};
