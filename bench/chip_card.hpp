// SPDX-License-Identifier: MIT
//
// The chip model by itself: no QEMU, no driver, no runtime around it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include <asm/program.hpp>
#include <groq_chip.h>

namespace bench {

// A chip with one queue. One thread uses it.
class chip_card {
public:
    // Throws std::runtime_error.
    chip_card();
    ~chip_card();
    chip_card(const chip_card &) = delete;
    chip_card &operator=(const chip_card &) = delete;

    void load(const groq::assembly::program &program);

    // The yardstick of moving: memcpy of the first bank of a slice onto its second.
    void copy_bank(unsigned slice);

    // Runs an entry point of the loaded program to its end on the calling thread;
    // returns its cycles. Throws std::runtime_error when it faults.
    std::uint64_t run(const groq::assembly::entry_point &entry);
    // The same in pieces: begin, groq_chip_advance of chip() until it has ended, end.
    void begin(const groq::assembly::entry_point &entry);
    std::uint64_t end();

    groq_chip *chip() const { return chip_.get(); }

private:
    static const groq_host host;

    void set_up_queue();
    void write_register(std::uint64_t offset, std::uint64_t value);

    std::vector<std::byte> sram_;
    std::vector<std::byte> memory_; // of the host, bus address 0 on
    std::unique_ptr<groq_chip, decltype(&groq_chip_destroy)> chip_;
    unsigned position_ = 0; // in the rings
};

} // namespace bench
