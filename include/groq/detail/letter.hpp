// SPDX-License-Identifier: MIT
//
// What companions tell each other, as bytes. All of them are of one build, and
// structures are as they lie in memory.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <groq/companions.hpp>
#include <groq/queue.hpp>
#include <groq/topology.hpp>

namespace groq::detail {

// Is written, or read in the same order.
class letter {
public:
    letter() = default;
    explicit letter(std::string text) : text_(std::move(text)) {}

    const std::string &text() const noexcept { return text_; }
    bool is_read() const noexcept { return place_ == text_.size(); }

    template <class T>
    letter &put(const T &value) {
        static_assert(std::is_trivially_copyable_v<T>);
        text_.append(reinterpret_cast<const char *>(&value), sizeof value);
        return *this;
    }
    letter &put(const std::string &words) {
        put(words.size());
        text_ += words;
        return *this;
    }
    letter &put(const error &why) {
        put(why.code().value()).put(why.message()).put(why.os_error());
        return put(why.holder()).put(why.fault());
    }
    letter &put(const completion &end) {
        put(end.ticket).put(end.cycles).put(end.bytes).put(end.device_time.count());
        return put(end.failure).put(end.expected_cycles);
    }
    letter &put(const linked_card &card) {
        put(card.info).put(card.links.generation).put(card.links.links.size());
        for (const auto &link : card.links.links)
            put(link);
        return put(card.reason).put(card.owner);
    }
    template <class T>
    letter &put(const std::optional<T> &value) {
        put(value.has_value());
        return value ? put(*value) : *this;
    }

    template <class T>
    T take() {
        T value{};
        take(value);
        return value;
    }

private:
    template <class T>
    void take(T &value) {
        static_assert(std::is_trivially_copyable_v<T>);
        std::memcpy(&value, text_.data() + place_, sizeof value);
        place_ += sizeof value;
    }
    void take(std::string &words) {
        words.resize(take<std::size_t>());
        std::memcpy(words.data(), text_.data() + place_, words.size());
        place_ += words.size();
    }
    void take(error &why) {
        const auto code = errc(take<int>());
        auto message = take<std::string>();
        const auto os_error = take<int>(), holder = take<int>();
        const auto stop = take<std::optional<fault>>();
        why = stop ? error(code, std::move(message), *stop)
                   : error(code, std::move(message), os_error, holder);
    }
    void take(completion &end) {
        end.ticket = take<groq::ticket>();
        end.cycles = take<std::uint64_t>();
        end.bytes = take<std::uint64_t>();
        end.device_time = std::chrono::nanoseconds(take<std::int64_t>());
        take(end.failure);
        end.expected_cycles = take<std::uint64_t>();
    }
    void take(linked_card &card) {
        take(card.info);
        take(card.links.generation);
        card.links.links.resize(take<std::size_t>());
        for (auto &link : card.links.links)
            take(link);
        take(card.reason);
        take(card.owner);
    }
    template <class T>
    void take(std::optional<T> &value) {
        value.reset();
        if (take<bool>())
            value = take<T>();
    }

    std::string text_;
    std::size_t place_ = 0; // up to which it was read
};

inline std::vector<letter> exchange(companions &others, const letter &own) {
    std::vector<letter> all;
    for (auto &text : others.exchange(own.text()))
        all.emplace_back(std::move(text));
    return all;
}

// What each has, by rank; where one has an error, the first of those, at all.
template <class T>
result<std::vector<T>> share(companions &others, const result<T> &own) {
    letter said;
    said.put(own ? std::optional<error>() : std::optional(own.error()));
    if (own)
        said.put(*own);
    std::vector<T> all;
    std::optional<error> first;
    for (auto &each : exchange(others, said))
        if (auto why = each.take<std::optional<error>>(); !why)
            all.push_back(each.take<T>());
        else if (!first)
            first = std::move(why);
    if (first)
        return *first;
    return all;
}

// An error, with who had it.
inline error signed_by(const companions &who, const error &why) {
    if (who.size() == 1)
        return why;
    return {errc(why.code().value()), who.name() + ": " + why.message(), why.os_error(),
            why.holder()};
}

} // namespace groq::detail
