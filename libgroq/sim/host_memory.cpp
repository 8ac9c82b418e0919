// SPDX-License-Identifier: MIT
#include "host_memory.hpp"

#include <cstring>
#include <mutex>

#include <sys/mman.h>

namespace groq::sim {
namespace {

constexpr std::uint64_t page_bytes = 4096;

// Makes the pages present as the driver's pinning does, and says whether they can be. A
// kernel that has no such advice (before 5.14) is not asked.
bool make_present(std::span<std::byte> bytes, host_access access) {
    const int advice =
        access == host_access::full ? MADV_POPULATE_WRITE : MADV_POPULATE_READ;
    return ::madvise(nullptr, 0, advice) != 0 ||
           ::madvise(bytes.data(), bytes.size(), advice) == 0;
}

} // namespace

host_pages::host_pages(host_memory &memory, std::span<std::byte> bytes,
                       host_access access, bool is_own)
    : memory_(memory), bytes_(bytes), access_(access), is_own_(is_own),
      bus_address_(memory.add({bytes, access})) {}

host_pages::~host_pages() {
    memory_.remove(bus_address_);
    if (is_own_)
        ::munmap(bytes_.data(), bytes_.size());
}

std::shared_ptr<host_pages> host_memory::allocate(std::uint64_t size) {
    const auto rounded = (size + page_bytes - 1) / page_bytes * page_bytes;
    void *data = ::mmap(nullptr, rounded, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (data == MAP_FAILED)
        return nullptr;
    return std::make_shared<host_pages>(
        *this, std::span(static_cast<std::byte *>(data), rounded), host_access::full,
        true);
}

std::shared_ptr<host_pages> host_memory::pin(std::span<std::byte> bytes,
                                             host_access access) {
    if (!make_present(bytes, access))
        return nullptr;
    return std::make_shared<host_pages>(*this, bytes, access, false);
}

// With a page behind each that never exists. Addresses do not come again: there are
// more than a process lives for.
std::uint64_t host_memory::add(const block &added) {
    const std::lock_guard lock(lock_);
    const auto address = next_address_;
    blocks_.emplace(address, added);
    next_address_ += added.bytes.size() + page_bytes;
    return address;
}

void host_memory::remove(std::uint64_t address) {
    const std::lock_guard lock(lock_);
    blocks_.erase(address);
}

std::byte *host_memory::find_locked(std::uint64_t address, std::size_t bytes,
                                    host_access wanted) const {
    auto found = blocks_.upper_bound(address);
    if (found == blocks_.begin())
        return nullptr;
    --found;
    const auto &[all, access] = found->second;
    const auto offset = address - found->first;
    if (offset >= all.size() || bytes > all.size() - offset)
        return nullptr;
    if (wanted == host_access::full && access == host_access::read_only)
        return nullptr;
    return all.data() + offset;
}

bool host_memory::read(std::uint64_t address, void *data, std::size_t bytes) const {
    const std::shared_lock lock(lock_);
    const auto *from = find_locked(address, bytes, host_access::read_only);
    if (!from)
        return false;
    std::memcpy(data, from, bytes);
    return true;
}

bool host_memory::write(std::uint64_t address, const void *data, std::size_t bytes) {
    constexpr std::size_t word = sizeof(std::uint64_t);
    const std::shared_lock lock(lock_);
    auto *to = find_locked(address, bytes, host_access::full);
    if (!to)
        return false;
    if (bytes < word || (address + bytes) % word != 0) {
        std::memcpy(to, data, bytes);
        return true;
    }
    const auto head = bytes - word;
    std::memcpy(to, data, head);
    std::uint64_t last;
    std::memcpy(&last, static_cast<const std::byte *>(data) + head, word);
    __atomic_store_n(reinterpret_cast<std::uint64_t *>(to + head), last,
                     __ATOMIC_RELEASE);
    return true;
}

} // namespace groq::sim
