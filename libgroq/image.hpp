// SPDX-License-Identifier: MIT
//
// A program in the SRAM of a device.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include <groq/groq.h>

#include "device.hpp"
#include "image_cache.hpp"
#include "program.hpp"

// Any thread may use it. Several may share the same SRAM.
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
               std::shared_ptr<const groq_program> program, groq::image_lease sram,
               const groq_image_info &info);

    const std::shared_ptr<groq_device> &device() const { return device_; }
    const groq_program &program() const { return *program_; }
    const groq_image_info &info() const { return info_; }

    // Work of `user`, a queue or a pipeline, uses the image from here to leave():
    // errc::in_use while that of another does.
    groq::result<void> enter(const void *user);
    // Unless it went well nobody knows what SRAM holds: the next load copies all of it.
    void leave(bool went_well) noexcept;

private:
    std::shared_ptr<groq_device> device_;
    std::shared_ptr<const groq_program> program_;
    groq::image_lease sram_;
    groq_image_info info_;
};
