// SPDX-License-Identifier: MIT
//
// Memory for operations, which comes and goes with each job: what was freed is
// given out again.
#pragma once

#include <array>
#include <cstddef>
#include <mutex>
#include <new>

namespace groq::detail {

// Any thread may use it. It grows to the most that was in use at once.
class memory_pool {
public:
    memory_pool() = default;
    memory_pool(const memory_pool &) = delete;
    memory_pool &operator=(const memory_pool &) = delete;
    ~memory_pool() {
        for (block *first : free_)
            while (first) {
                block *const next = first->next;
                ::operator delete(first);
                first = next;
            }
    }

    void *allocate(std::size_t bytes) {
        const auto kind = kind_of(bytes);
        if (kind >= kinds)
            return ::operator new(bytes);
        {
            const std::lock_guard lock(lock_);
            if (block *const reused = free_[kind]) {
                free_[kind] = reused->next;
                return reused;
            }
        }
        return ::operator new((kind + 1) * step);
    }

    void deallocate(void *memory, std::size_t bytes) noexcept {
        const auto kind = kind_of(bytes);
        if (kind >= kinds)
            return ::operator delete(memory);
        const std::lock_guard lock(lock_);
        free_[kind] = new (memory) block{free_[kind]};
    }

private:
    struct block {
        block *next;
    };

    // Sizes in steps; what is larger than all of them is not kept.
    static constexpr std::size_t step = 64, kinds = 16;
    static constexpr std::size_t kind_of(std::size_t bytes) noexcept {
        return (bytes + (bytes == 0) - 1) / step;
    }

    std::mutex lock_;
    std::array<block *, kinds> free_{};
};

// Standard allocator over a pool, which outlives it.
template <class T>
class pool_allocator {
public:
    using value_type = T;

    explicit pool_allocator(memory_pool &pool) noexcept : pool_(&pool) {}
    template <class U>
    pool_allocator(const pool_allocator<U> &other) noexcept : pool_(&other.pool()) {}

    T *allocate(std::size_t count) {
        return static_cast<T *>(pool_->allocate(count * sizeof(T)));
    }
    void deallocate(T *memory, std::size_t count) noexcept {
        pool_->deallocate(memory, count * sizeof(T));
    }

    memory_pool &pool() const noexcept { return *pool_; }
    template <class U>
    friend bool operator==(const pool_allocator &a,
                           const pool_allocator<U> &b) noexcept {
        return &a.pool() == &b.pool();
    }

private:
    static_assert(alignof(T) <= __STDCPP_DEFAULT_NEW_ALIGNMENT__);

    memory_pool *pool_;
};

template <>
class pool_allocator<void> {
public:
    using value_type = void;

    explicit pool_allocator(memory_pool &pool) noexcept : pool_(&pool) {}
    template <class U>
    pool_allocator(const pool_allocator<U> &other) noexcept : pool_(&other.pool()) {}

    memory_pool &pool() const noexcept { return *pool_; }
    template <class U>
    friend bool operator==(const pool_allocator &a,
                           const pool_allocator<U> &b) noexcept {
        return &a.pool() == &b.pool();
    }

private:
    memory_pool *pool_;
};

} // namespace groq::detail
