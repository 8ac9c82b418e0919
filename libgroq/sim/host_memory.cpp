// SPDX-License-Identifier: MIT
#include "host_memory.hpp"

#include <cstring>
#include <mutex>

#include <sys/mman.h>

namespace groq::sim {
namespace {

constexpr std::uint64_t page_bytes = 4096;

} // namespace

host_pages::host_pages(host_memory &memory, std::span<std::byte> bytes)
    : memory_(memory), bytes_(bytes) {
    const std::lock_guard lock(memory_.lock_);
    memory_.blocks_.emplace(bus_address(), bus_address() + bytes.size());
}

host_pages::~host_pages() {
    {
        const std::lock_guard lock(memory_.lock_);
        memory_.blocks_.erase(bus_address());
    }
    ::munmap(bytes_.data(), bytes_.size());
}

std::shared_ptr<host_pages> host_memory::allocate(std::uint64_t size) {
    const auto rounded = (size + page_bytes - 1) / page_bytes * page_bytes;
    void *data = ::mmap(nullptr, rounded, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (data == MAP_FAILED)
        return nullptr;
    return std::make_shared<host_pages>(
        *this, std::span(static_cast<std::byte *>(data), rounded));
}

bool host_memory::holds_locked(std::uint64_t address, std::size_t bytes) const {
    auto block = blocks_.upper_bound(address);
    if (block == blocks_.begin())
        return false;
    --block;
    return address < block->second && bytes <= block->second - address;
}

bool host_memory::read(std::uint64_t address, void *data, std::size_t bytes) const {
    const std::shared_lock lock(lock_);
    if (!holds_locked(address, bytes))
        return false;
    std::memcpy(data, reinterpret_cast<const void *>(address), bytes);
    return true;
}

bool host_memory::write(std::uint64_t address, const void *data, std::size_t bytes) {
    constexpr std::size_t word = sizeof(std::uint64_t);
    const std::shared_lock lock(lock_);
    if (!holds_locked(address, bytes))
        return false;
    if (bytes < word || (address + bytes) % word != 0) {
        std::memcpy(reinterpret_cast<void *>(address), data, bytes);
        return true;
    }
    const auto head = bytes - word;
    std::memcpy(reinterpret_cast<void *>(address), data, head);
    std::uint64_t last;
    std::memcpy(&last, static_cast<const std::byte *>(data) + head, word);
    __atomic_store_n(reinterpret_cast<std::uint64_t *>(address + head), last,
                     __ATOMIC_RELEASE);
    return true;
}

} // namespace groq::sim
