// SPDX-License-Identifier: MIT
#include "coredump_file.hpp"

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <memory>
#include <string_view>
#include <vector>

namespace groq::smi {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view vendor = "0x1de0";
constexpr std::size_t most = 64u << 20; // the driver's dumps are far smaller

// "devcd12" is 12, the others -1. The kernel counts dumps from boot on.
long number_of(const fs::path &folder) {
    constexpr std::string_view prefix = "devcd";
    const auto name = folder.filename().string();
    long number = -1;
    if (name.starts_with(prefix))
        std::from_chars(name.data() + prefix.size(), name.data() + name.size(), number);
    return number;
}

bool is_of_our_card(const fs::path &folder) {
    std::ifstream file(folder / "failing_device/vendor");
    std::string id;
    return file >> id && id == vendor;
}

broken_dump system_error(const std::string &file) {
    return {file + ": " + std::strerror(errno)};
}

struct closer {
    void operator()(std::FILE *file) const {
        if (file != stdin)
            std::fclose(file);
    }
};

std::variant<std::vector<char>, broken_dump> read_all(const std::string &name) {
    const std::unique_ptr<std::FILE, closer> file(
        name == "-" ? stdin : std::fopen(name.c_str(), "rb"));
    if (!file)
        return system_error(name);
    std::vector<char> bytes;
    char piece[65536];
    while (const auto got = std::fread(piece, 1, sizeof piece, file.get())) {
        bytes.insert(bytes.end(), piece, piece + got);
        if (bytes.size() > most)
            return broken_dump{name + ": too large for a core dump"};
    }
    if (std::ferror(file.get()))
        return system_error(name);
    return bytes;
}

} // namespace

std::optional<fs::path> newest_coredump(const fs::path &folder) {
    std::optional<fs::path> newest;
    std::error_code none;
    for (const auto &entry : fs::directory_iterator(folder, none)) {
        const auto &path = entry.path();
        if (number_of(path) >= 0 && is_of_our_card(path) &&
            (!newest || number_of(path) > number_of(*newest)))
            newest = path;
    }
    return newest ? std::optional(*newest / "data") : std::nullopt;
}

std::variant<coredump, broken_dump> load_coredump(const std::string &file) {
    auto bytes = read_all(file);
    if (auto *why = std::get_if<broken_dump>(&bytes))
        return std::move(*why);
    auto dump = read_coredump(std::get<std::vector<char>>(bytes));
    if (auto *why = std::get_if<broken_dump>(&dump))
        why->text = (file == "-" ? "standard input" : file) + ": " + why->text;
    return dump;
}

} // namespace groq::smi
