// SPDX-License-Identifier: MIT
//
// Commands for the card, prepared once, with the room for their results and with
// whatever they need to stay alive.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include <groq/groq.h>

#include "buffer.hpp"
#include "command_list.hpp"
#include "image.hpp"

// One thread at a time builds it; begin() and end() may come from any.
struct groq_job : groq::shared_handle<groq_job> {
public:
    explicit groq_job(std::shared_ptr<groq_device> device);
    static groq::result<std::shared_ptr<groq_job>>
    create_run(std::shared_ptr<groq_image> image, const char *entry);

    const std::shared_ptr<groq_device> &device() const { return device_; }

    // Each append makes one step. The copy lies inside the buffer.
    void append_copy(drm_groq_command_type direction,
                     std::shared_ptr<groq_buffer> buffer,
                     const groq::copy_shape &shape);
    // The copy in that was just appended is the caller's: images must know of it.
    void note_write(const groq::copy_shape &shape);
    void append_run(std::shared_ptr<groq_image> image, const groq::program_entry &entry,
                    std::uint64_t max_cycles);
    // The same of an image that whoever submits the job has entered.
    void append_launch(const groq::program_entry &entry, std::uint64_t max_cycles);
    // A tensor of a program, packed at `offset`: in or out, as it says.
    void append_tensor(const groq::program_tensor &tensor,
                       std::shared_ptr<groq_buffer> buffer, std::uint64_t offset);
    void append_nothing() { commands_.add_nothing(); }
    void clear();
    bool has_tensors() const { return image_ != nullptr; }
    std::size_t command_count() const { return commands_.size(); }

    groq::result<void> set_input(std::size_t tensor, std::span<const std::byte> data);
    groq::result<void> get_output(std::size_t tensor, std::span<std::byte> data) const;
    // Where it lies packed.
    groq::result<std::span<std::byte>> tensor_data(std::size_t tensor) const;

    // errc::in_use from begin() to end().
    groq::result<void> check_idle() const;
    groq::result<void> begin(const groq_queue &queue);
    void end() noexcept;
    // Without it, begin() makes some, and keeps it.
    bool has_room_for_results() const;

    // For the queue, between begin() and end().
    std::span<const drm_groq_command> commands() const { return commands_.commands(); }
    std::uint32_t result_buffer() const { return results_->handle(); }
    groq_result outcome() const { return commands_.outcome(results()); }

private:
    struct tensor_slot {
        std::uint64_t offset; // in tensors_
        std::uint64_t bytes;
    };

    groq::result<void> make_tensors();
    void append_tensors(std::uint32_t direction);
    void keep(std::shared_ptr<groq_buffer> buffer);
    groq::result<void> make_results();
    groq::result<const groq::program_tensor *> find_tensor(std::size_t tensor) const;
    groq::result<const tensor_slot *> slot(std::size_t tensor, std::uint32_t direction,
                                           std::uint64_t bytes) const;
    std::uint64_t result_bytes() const {
        return commands_.size() * sizeof(drm_groq_result);
    }
    std::span<drm_groq_result> results() const;
    groq::result<void> enter_images(const groq_queue &queue);

    std::shared_ptr<groq_device> device_;
    groq::command_list commands_;
    std::vector<std::shared_ptr<groq_buffer>> buffers_; // kept for the commands
    std::vector<std::shared_ptr<groq_image>> images_;   // each once
    std::vector<groq::sram_rows> writes_;               // by the caller's copies
    std::shared_ptr<groq_buffer> results_;

    // of create_run alone
    std::shared_ptr<groq_image> image_;
    std::shared_ptr<groq_buffer> tensors_; // packed
    std::vector<tensor_slot> slots_;       // by tensor

    std::atomic<bool> in_work_ = false;
};
