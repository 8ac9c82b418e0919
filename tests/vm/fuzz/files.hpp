// SPDX-License-Identifier: MIT
//
// The card, opened a few times; all threads use all of them and close them under each
// other. Descriptors of the program's own are never among them.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string>

#include "dice.hpp"

namespace groq::fuzz {

class files {
public:
    explicit files(std::string address);
    ~files() { close_all(); }

    int some(dice &roll);   // opened if it was not; -1 if there is no card
    void close(dice &roll); // one of them
    void copy(dice &roll);  // one is another's from now on
    void close_all();

    // Where buffers can be mmapped, of whichever file.
    void remember_offset(std::uint64_t offset);
    std::uint64_t some_offset(dice &roll) const;

private:
    static constexpr int slots = 6;

    void put(int slot, int fd);
    int open_card() const;

    std::string address_;
    std::array<std::atomic<int>, slots> fds_;
    std::array<std::atomic<std::uint64_t>, 16> offsets_{};
    std::atomic<unsigned> next_offset_ = 0;
};

} // namespace groq::fuzz
