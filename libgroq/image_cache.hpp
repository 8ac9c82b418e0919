// SPDX-License-Identifier: MIT
//
// The programs that lie in the SRAM of a device, with images that use them or without:
// what nobody uses stays until the room is wanted.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "program.hpp"
#include "upload.hpp"

struct groq_device;

namespace groq {

// Rows of bytes in SRAM.
struct sram_rows {
    std::uint64_t address;
    std::uint64_t bytes; // of a row
    std::uint64_t rows;
    std::uint64_t stride; // from row to row; of no meaning with a single one

    std::uint64_t end() const { return address + (rows - 1) * stride + bytes; }
    bool holds(const sram_rows &other) const;
};

// A program in SRAM. All of it belongs to the cache, under its lock.
struct resident_program {
    program_key key;
    std::vector<sram_range> wanted;        // by the program
    std::vector<sram_range> ranges;        // of those, that are reserved
    std::vector<sram_rows> inputs;         // that runs write before they read
    std::optional<content_hash> hash = {}; // when it has been loaded
    unsigned holders = 0;
    bool is_loading = true; // by one of them
    bool is_dirty = false;  // other than it was loaded, beside what it writes itself
    const void *user = nullptr; // queue or pipeline of the jobs
    unsigned jobs = 0;          // in work

    bool overlaps(std::uint64_t address, std::uint64_t end) const;
};

class image_cache;

// A share of a program in SRAM.
class image_lease {
public:
    image_lease(image_cache &cache, std::shared_ptr<resident_program> resident,
                sram_state state)
        : cache_(&cache), resident_(std::move(resident)), state_(state) {}
    image_lease(image_lease &&) = default;
    image_lease &operator=(image_lease &&) = delete;
    ~image_lease();

    // What is there: how much is to be loaded. Others who want the program wait for
    // settle(), or for the lease to go without it: the load has failed then.
    sram_state state() const { return state_; }
    const std::optional<content_hash> &hash() const { return resident_->hash; }
    void settle(const content_hash &hash);

    // Jobs of one user at a time: errc::in_use.
    result<void> enter(const void *user, const std::string &name);
    void leave(bool went_well) noexcept;

private:
    image_cache *cache_;
    std::shared_ptr<resident_program> resident_;
    sram_state state_;
};

// Any thread may use it.
class image_cache {
public:
    // `keeps`: what nobody uses stays; else it goes at once.
    image_cache(groq_device &device, bool keeps) : device_(device), keeps_(keeps) {}

    // A program that is there, with that hash if one is given, or new room for it.
    // Waits while another thread loads it. errc::timeout, errc::sram.
    result<image_lease> acquire(const program_contents &contents,
                                const program_key &key,
                                const std::optional<content_hash> &hash,
                                std::int64_t deadline);

    // Frees the SRAM of a program that nobody uses: one that is in the way, if there is
    // a way, else the oldest that can go. False when that does not help, and as long as
    // the device has work. The device holds its lock.
    bool make_room(const std::optional<sram_range> &range);
    // Of programs that nobody uses.
    std::uint64_t idle_bytes() const;

    // A copy of a job goes there.
    void note_write(const sram_rows &where) noexcept;

private:
    friend class image_lease;
    using residents = std::list<std::shared_ptr<resident_program>>;

    std::shared_ptr<resident_program>
    find_locked(const program_contents &contents, const program_key &key,
                const std::optional<content_hash> &hash) const;
    result<void> reserve(const program_contents &contents, resident_program &resident);
    void settle(resident_program &resident, const content_hash &hash);
    bool evict_locked(residents::iterator victim);
    void drop(const std::shared_ptr<resident_program> &resident,
              sram_state loading) noexcept;

    groq_device &device_;
    bool keeps_;
    mutable std::mutex lock_; // all below, and what it points to
    std::condition_variable settled_;
    residents residents_; // what was used last comes last
};

} // namespace groq
