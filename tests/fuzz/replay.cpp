// SPDX-License-Identifier: MIT
// Gives a fuzz target every file of the folders that are named, where libFuzzer is not.
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size);

int main(int count, char **folders) {
    int inputs = 0;
    for (int i = 1; i < count; ++i) {
        for (const auto &entry : std::filesystem::directory_iterator(folders[i])) {
            std::fprintf(stderr, "%s\n", entry.path().c_str());
            std::ifstream stream(entry.path(), std::ios::binary);
            const std::string input(std::istreambuf_iterator<char>(stream), {});
            LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t *>(input.data()),
                                   input.size());
            ++inputs;
        }
    }
    return inputs > 0 ? 0 : 1;
}
