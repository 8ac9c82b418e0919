// SPDX-License-Identifier: MIT
//
// Writes the contract suite's programs to a folder, for tests of tools.
#include <filesystem>
#include <fstream>

#include "programs.hpp"

int main(int, char **argv) {
    using namespace groq::contract;
    const std::pair<const char *, file> programs[] = {
        {"adder.groq", adder(4, 1)},
        {"faulty.groq", faulty()},
        {"larger.groq", for_larger_card()},
        {"lengthy.groq", lengthy()},
        {"split_adder.groq", split_adder(4, 1)},
    };
    std::filesystem::create_directories(argv[1]);
    for (const auto &[name, bytes] : programs) {
        std::ofstream stream(std::filesystem::path(argv[1]) / name, std::ios::binary);
        stream.write(reinterpret_cast<const char *>(bytes.data()),
                     std::streamsize(bytes.size()));
        if (!stream.flush())
            return 1;
    }
}
