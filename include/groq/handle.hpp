// SPDX-License-Identifier: MIT
//
// What the classes over the C interface share: the owner of a handle, sized
// structures, errors of a call, deadlines.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>

#include <groq/error.hpp>

namespace groq {

// An absolute time on the monotonic clock, made from one or from a duration. One that
// has passed asks without waiting.
class deadline {
public:
    using clock = std::chrono::steady_clock;

    constexpr explicit deadline(std::int64_t ns) noexcept : ns_(ns) {}
    constexpr deadline(clock::time_point time) noexcept
        : ns_(time.time_since_epoch() / std::chrono::nanoseconds(1)) {}
    // Too long for the clock: as forever. Negative: as now.
    template <class Rep, class Period>
    deadline(std::chrono::duration<Rep, Period> from_now) noexcept
        : ns_(groq_deadline_after(ns_of(from_now))) {}

    constexpr std::int64_t ns() const noexcept { return ns_; }

private:
    // Rounded up. No count of hours or of floating-point seconds runs over.
    template <class Rep, class Period>
    static constexpr std::int64_t
    ns_of(std::chrono::duration<Rep, Period> time) noexcept {
        using std::chrono::nanoseconds;
        using seconds = std::chrono::duration<double>;
        constexpr seconds longest{9.2e9}; // 292 years
        if (seconds(time) > longest)
            return GROQ_FOREVER;
        if (!(seconds(time) > seconds::zero()))
            return 0;
        return std::chrono::ceil<nanoseconds>(time).count();
    }

    std::int64_t ns_;
};

inline constexpr deadline forever{GROQ_FOREVER};
inline constexpr deadline now{std::int64_t{0}};

// A number of the C interface that may be unknown.
constexpr std::optional<std::int64_t> known(std::int64_t value) noexcept {
    return value == GROQ_UNKNOWN ? std::nullopt : std::optional(value);
}

namespace detail {

template <auto Destroy>
struct destroyer {
    template <class T>
    void operator()(T *object) const noexcept {
        Destroy(object);
    }
};

template <class T, auto Destroy>
using handle = std::unique_ptr<T, destroyer<Destroy>>;

template <class T>
T sized() noexcept {
    T structure{};
    structure.size = sizeof structure;
    return structure;
}

// The handle that `create(..., &handle)` makes, as an object of class Class.
template <class Class, class T, class Create>
result<Class> make(Create create) {
    T *raw = nullptr;
    if (create(&raw) != GROQ_OK)
        return error::last();
    return Class(raw);
}

inline result<void> check(int status) {
    if (status != GROQ_OK)
        return error::last();
    return {};
}

} // namespace detail
} // namespace groq
