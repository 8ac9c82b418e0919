// SPDX-License-Identifier: MIT
//
// Who has which SRAM of a card.
#pragma once

#include <cstdint>
#include <map>
#include <optional>

namespace groq::sim {

struct sram_extent {
    std::uint64_t address;
    std::uint64_t size;

    std::uint64_t end() const { return address + size; }
};

class sram_map {
public:
    explicit sram_map(std::uint64_t bytes) : bytes_(bytes) {}

    std::uint64_t used() const { return used_; }

    // Nothing when it is taken, or past the end.
    std::optional<std::uint64_t> take_at(std::uint64_t address, std::uint64_t size);
    // The lowest place that is large enough.
    std::optional<std::uint64_t> take(std::uint64_t size);
    void give_back(std::uint64_t address);

private:
    std::uint64_t bytes_;
    std::uint64_t used_ = 0;
    std::map<std::uint64_t, std::uint64_t> taken_; // size by address
};

} // namespace groq::sim
