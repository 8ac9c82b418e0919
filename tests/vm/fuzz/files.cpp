// SPDX-License-Identifier: MIT
#include "files.hpp"

#include <filesystem>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace groq::fuzz {
namespace {

constexpr int first_fd = 200; // above all that others open

} // namespace

files::files(std::string address) : address_(std::move(address)) {
    for (auto &fd : fds_)
        fd = -1;
}

int files::open_card() const {
    std::error_code error;
    const std::filesystem::directory_iterator none;
    std::filesystem::directory_iterator accel(
        "/sys/bus/pci/devices/" + address_ + "/accel", error);
    if (error || accel == none)
        return -1;
    const std::string node = "/dev/accel/" + accel->path().filename().string();
    // No read() is to wait: another thread may put a new file in an old one's place.
    const int low = ::open(node.c_str(), O_RDWR | O_CLOEXEC | O_NONBLOCK);
    if (low < 0)
        return -1;
    const int high = fcntl(low, F_DUPFD_CLOEXEC, first_fd);
    ::close(low);
    return high;
}

void files::put(int slot, int fd) {
    if (const int before = fds_[slot].exchange(fd); before >= 0)
        ::close(before);
}

int files::some(dice &roll) {
    const int slot = static_cast<int>(roll.below(slots));
    if (fds_[slot] < 0)
        put(slot, open_card());
    return fds_[slot];
}

void files::close(dice &roll) {
    put(static_cast<int>(roll.below(slots)), -1);
}

void files::copy(dice &roll) {
    const int from = fds_[roll.below(slots)];
    if (from >= 0)
        put(static_cast<int>(roll.below(slots)),
            fcntl(from, F_DUPFD_CLOEXEC, first_fd));
}

void files::close_all() {
    for (int slot = 0; slot < slots; ++slot)
        put(slot, -1);
}

void files::remember_offset(std::uint64_t offset) {
    offsets_[next_offset_++ % offsets_.size()] = offset;
}

std::uint64_t files::some_offset(dice &roll) const {
    return offsets_[roll.below(offsets_.size())];
}

} // namespace groq::fuzz
