// SPDX-License-Identifier: MIT
// The chip's state as bytes. Every block lists its fields once, in a function
// template `archive`; the same list measures, saves and loads.
#ifndef GROQ_CHIP_ARCHIVE_HPP
#define GROQ_CHIP_ARCHIVE_HPP

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

namespace groq::chip {

static_assert(std::endian::native == std::endian::little,
              "state, registers and descriptors are little endian");

class archive {
public:
    // Saving past @capacity goes on counting without writing.
    static archive saving(void *data, size_t capacity) {
        return archive(static_cast<std::byte *>(data), nullptr, capacity);
    }

    static archive loading(const void *data, size_t bytes) {
        return archive(nullptr, static_cast<const std::byte *>(data), bytes);
    }

    bool is_loading() const { return loads_; }
    bool good() const { return good_; }
    bool at_end() const { return used_ == capacity_; }
    size_t used() const { return used_; }

    // What must hold for a loaded state; a saved one holds it anyway.
    void require(bool condition) { good_ = good_ && (condition || !loads_); }

    void bytes(void *data, size_t size) {
        if (!loads_)
            save(data, size);
        else if (good_ && size <= capacity_ - used_)
            std::memcpy(data, source_ + used_, size);
        else
            good_ = false;
        used_ += good_ ? size : 0;
    }

    // Trivial types without padding.
    template <class T>
    void value(T &x) {
        static_assert(std::is_trivially_copyable_v<T>);
        bytes(&x, sizeof(x));
    }

    void value(bool &x) {
        uint8_t byte = x;
        bytes(&byte, 1);
        require(byte <= 1);
        x = byte == 1;
    }

    // An unsigned number that must stay below @limit.
    template <class T>
    void below(T &x, uint64_t limit) {
        T loaded = x;
        value(loaded);
        require(static_cast<uint64_t>(loaded) < limit);
        if (good_)
            x = loaded;
    }

    template <class... T>
    void values(T &...x) {
        (value(x), ...);
    }

private:
    archive(std::byte *target, const std::byte *source, size_t capacity)
        : target_(target), source_(source), capacity_(capacity),
          loads_(source != nullptr) {}

    void save(const void *data, size_t size) {
        if (used_ <= capacity_ && size <= capacity_ - used_)
            std::memcpy(target_ + used_, data, size);
    }

    std::byte *target_;
    const std::byte *source_;
    size_t capacity_;
    size_t used_ = 0;
    bool loads_;
    bool good_ = true;
};

} // namespace groq::chip

#endif
