// SPDX-License-Identifier: MIT
// An open card, seen through its ioctls and nothing else. Calls return 0 or errno.
#ifndef GROQ_TESTS_VM_DRIVER_CARD_HPP
#define GROQ_TESTS_VM_DRIVER_CARD_HPP

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <drm/groq_accel.h>

namespace groq::test {

// Of enum drm_groq_status.
inline constexpr std::array status_names{"PENDING", "OK",      "FAULT",   "ACCESS",
                                         "DMA",     "INVALID", "TIMEOUT", "CANCELED",
                                         "RESET",   "LOST"};

constexpr int patience_seconds = 60; // against hanging, not an expectation

class card {
public:
    // Ends the program with 77 where there is no such card.
    explicit card(int number = 0);
    card(card &&other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    card &operator=(card &&) = delete;
    ~card() { close(); }

    int fd() const { return fd_; }
    void close();

    template <typename argument>
    int call(unsigned long request, argument &data) const {
        return call_raw(request, &data);
    }
    int call_raw(unsigned long request, void *data) const;

    std::uint64_t parameter(drm_groq_param which) const;
    std::uint32_t create_context(std::uint32_t flags = 0) const;
    int destroy_context(std::uint32_t id) const;
    std::uint32_t create_queue(std::uint32_t context, std::uint32_t priority = 0) const;
    int destroy_queue(std::uint32_t id) const;
    // Fails the test if nothing is to be had.
    std::uint64_t reserve(std::uint32_t context, std::uint64_t size) const;
    int reserve_at(std::uint32_t context, std::uint64_t address,
                   std::uint64_t size) const;
    int release(std::uint32_t context, std::uint64_t address) const;

    std::uint32_t create_sync(bool signaled = false) const;
    void signal_sync(std::uint32_t handle, std::uint64_t point) const;
    // Point 0: a binary one. ETIME when it takes longer.
    int wait(std::uint32_t handle, std::uint64_t point = 0,
             double seconds = patience_seconds) const;
    // 0 or errno of the fence in a binary sync, which must have signalled. (The
    // kernel does not tell the error of a point of a timeline.)
    int error_of(std::uint32_t handle) const;

private:
    int fd_;
};

// Host memory that the card can reach, mapped.
class buffer {
public:
    buffer(const card &owner, std::uint64_t size);
    buffer(const buffer &) = delete;
    buffer &operator=(const buffer &) = delete;
    ~buffer();

    std::uint32_t handle() const { return handle_; }
    std::uint64_t size() const { return bytes_.size(); }
    std::span<std::uint8_t> bytes() const { return bytes_; }
    template <typename type>
    type *as(std::uint64_t offset = 0) const {
        return reinterpret_cast<type *>(bytes_.data() + offset);
    }
    void fill(std::uint32_t seed) const; // with bytes that depend on place and seed

private:
    const card &owner_;
    std::uint32_t handle_ = 0;
    std::span<std::uint8_t> bytes_;
};

// What is submitted, with the fields that matter to be changed by the test.
struct job {
    std::vector<drm_groq_command> commands;
    std::vector<drm_groq_sync> waits;
    std::vector<drm_groq_sync> signals;
    drm_groq_submit submit{};

    job &nop();
    job &copy_in(const buffer &from, std::uint64_t offset, std::uint64_t sram,
                 std::uint64_t size);
    job &copy_out(const buffer &to, std::uint64_t offset, std::uint64_t sram,
                  std::uint64_t size);
    job &run(std::uint64_t launch, std::uint32_t entries, std::uint64_t max_cycles);
    job &after(std::uint32_t sync, std::uint64_t point = 0);
    job &then(std::uint32_t sync, std::uint64_t point = 0);
    job &results(const buffer &where, std::uint64_t offset = 0);

    // Sets queue, pointers and counts.
    const drm_groq_submit &fill(std::uint32_t queue);
    // And submits.
    int push(const card &target, std::uint32_t queue);
};

// A card with a context, a queue and a way to do one job after another.
class bench {
public:
    explicit bench(int number = 0);

    const card &device() const { return card_; }
    std::uint32_t context() const { return context_; }
    std::uint32_t queue() const { return queue_; }
    std::uint64_t reserve(std::uint64_t size) const {
        return card_.reserve(context_, size);
    }

    // Submits and waits; the error of the submission, or else of the fence.
    int execute(job &work);
    const drm_groq_result &result(std::size_t command = 0) const;
    // By way of a buffer of their own.
    void write(std::uint64_t sram, std::span<const std::uint8_t> bytes);
    std::vector<std::uint8_t> read(std::uint64_t sram, std::uint64_t size);

private:
    card card_;
    std::uint32_t context_, queue_, sync_;
    buffer results_;
};

// sysfs of card `number`; with a newline at the end taken off.
std::string address_of(int number = 0); // of the PCI device
std::string attribute(const std::string &name, int number = 0);
std::string read_file(const std::string &path);
void write_file(const std::string &path, const std::string &text);
// A module parameter that has its old value again at the end.
class parameter_set_to {
public:
    parameter_set_to(const std::string &name, const std::string &value);
    ~parameter_set_to() { write_file(path_, before_); }

private:
    std::string path_, before_;
};

} // namespace groq::test

#endif
