// SPDX-License-Identifier: MIT
// Runs programs on a chip model in process, with no windows but their own SRAM.
#pragma once

#include <cstddef>
#include <cstring>
#include <span>
#include <string>
#include <vector>

#include "../chip/card.hpp"
#include "asm/program.hpp"

namespace groq::assembly::test {

struct run_result {
    std::uint16_t status; // GROQ_COMPLETION_*
    std::uint64_t cycles;
    groq_fault fault; // of a run that failed
};

class chip_runner {
public:
    explicit chip_runner(const program &source) : source_(source), queue_(card_) {
        for (std::uint32_t i = 0; i < source.ranges.size(); ++i)
            queue_.open_window(i, source.ranges[i].address, source.ranges[i].size,
                               GROQ_WINDOW_READ | GROQ_WINDOW_WRITE |
                                   GROQ_WINDOW_EXECUTE);
        for (const segment &s : source.segments)
            std::memcpy(card_.sram.get() + s.address, s.bytes.data(), s.bytes.size());
    }

    run_result run(std::size_t entry = 0, std::uint64_t max_cycles = 100'000'000) {
        const entry_point &start = source_.entries.at(entry);
        const groq_completion end = queue_.execute(
            chip::test::run_command(start.launch, start.launch_count, max_cycles));
        return {end.status, end.result, queue_.last_fault()};
    }

    // A tensor's bytes, row major.
    void write(const std::string &name, std::span<const std::byte> host) {
        for_each_piece(name, [&](std::size_t at, std::byte &lane) { lane = host[at]; });
    }

    std::vector<std::byte> read(const std::string &name) {
        const tensor &t = find(name);
        std::vector<std::byte> host(std::size_t{t.rows} * t.columns *
                                    element_bytes(t.element));
        for_each_piece(name, [&](std::size_t at, std::byte &lane) { host[at] = lane; });
        return host;
    }

    std::span<std::byte> word(std::uint32_t address) {
        return {reinterpret_cast<std::byte *>(card_.sram.get()) + address,
                GROQ_VECTOR_BYTES};
    }

private:
    static std::size_t element_bytes(std::uint32_t element) {
        return element <= GROQ_ELEMENT_U8                                   ? 1
               : element == GROQ_ELEMENT_I16 || element == GROQ_ELEMENT_F16 ? 2
                                                                            : 4;
    }

    const tensor &find(const std::string &name) const {
        for (const tensor &t : source_.tensors)
            if (t.name == name)
                return t;
        throw std::invalid_argument("no tensor " + name);
    }

    // Calls visit(offset on the host, byte in SRAM) for every byte of every element.
    template <class F>
    void for_each_piece(const std::string &name, F visit) {
        const tensor &t = find(name);
        const std::size_t size = element_bytes(t.element);
        for (const groq_tensor_part &part : t.parts)
            for (std::size_t row = 0; row < t.rows; ++row)
                for (std::size_t lane = 0; lane < part.lanes; ++lane)
                    visit((row * t.columns + part.column + lane) * size + part.plane,
                          word(static_cast<std::uint32_t>(part.sram +
                                                          row * part.stride))[lane]);
    }

    program source_;
    chip::test::card card_;
    chip::test::driver_queue queue_;
};

} // namespace groq::assembly::test
