// SPDX-License-Identifier: MIT
// What chips that are wired tell each other, groq_chip.h: a head, and behind it what
// its kind needs. Little endian. A message comes from anywhere: read_message() takes
// what can be one, and nothing in it is believed.
#ifndef GROQ_CHIP_MESSAGE_HPP
#define GROQ_CHIP_MESSAGE_HPP

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>

#include "../groq_chip.h"
#include "hw/groq_sram.h"

namespace groq::chip {

enum class message_kind : uint32_t {
    hello = 1, // training: who is here
    goodbye,   // this end is down
    open,      // a program has opened the link
    cancel,    // and did not begin after all
    close,     // and has ended
    time,      // nothing comes before this time
    vector,
    notification,
    align,        // the peer is to exchange counters,
    aligned,      // what came of it
    prbs,         // bits of the self-test
    prbs_checked, // how many of them came wrong
    refused,      // of align and prbs
};

// What FEC makes of a vector.
enum class wire_error : uint32_t { none, corrected, uncorrected };

struct message_head {
    message_kind kind;
    // vector: wire_error; align: samples; prbs: log2 of the bits
    uint32_t detail;
    uint64_t mine;  // number of the sender's training or session
    uint64_t yours; // that of the receiver, as the sender knows it; 0: it does not
    uint64_t time;  // fabric time of arrival, or of the promise
};

struct hello_body {
    uint64_t serial;
    uint32_t link;
    uint32_t lanes;
};

struct aligned_body {
    uint32_t least;
    uint32_t most;
    uint64_t sum;
    uint64_t squares;
    int64_t skew; // sum of the cycles there minus those back
    uint32_t base;
    uint32_t period;
};

struct message {
    message_head head;
    union {
        hello_body hello;
        aligned_body aligned;
        uint64_t errors; // prbs_checked
        uint8_t lanes[GROQ_VECTOR_BYTES];
    };
};
static_assert(sizeof(message) <= GROQ_LINK_MESSAGE_BYTES);

// The bytes of a message of @kind; 0: there is none.
constexpr size_t bytes_of(message_kind kind) {
    switch (kind) {
    case message_kind::hello:
        return sizeof(message_head) + sizeof(hello_body);
    case message_kind::aligned:
        return sizeof(message_head) + sizeof(aligned_body);
    case message_kind::prbs_checked:
        return sizeof(message_head) + sizeof(uint64_t);
    case message_kind::vector:
        return sizeof(message_head) + GROQ_VECTOR_BYTES;
    case message_kind::goodbye:
    case message_kind::open:
    case message_kind::cancel:
    case message_kind::close:
    case message_kind::time:
    case message_kind::notification:
    case message_kind::align:
    case message_kind::prbs:
    case message_kind::refused:
        return sizeof(message_head);
    }
    return 0;
}

// Later than any program comes to: sums of times do not overflow.
constexpr uint64_t last_time = uint64_t{1} << 62;

// Whether the fields can be what they say, by themselves.
constexpr bool is_sound(const message &m) {
    if (m.head.time > last_time)
        return false;
    switch (m.head.kind) {
    case message_kind::hello:
        return m.hello.link < GROQ_LINKS && m.hello.lanes >= 1 &&
               m.hello.lanes <= GROQ_LINK_LANES && m.head.mine != 0;
    case message_kind::vector:
        return m.head.detail <= static_cast<uint32_t>(wire_error::uncorrected);
    default:
        return true;
    }
}

inline std::optional<message> read_message(const void *data, size_t bytes) {
    message m;
    if (bytes < sizeof(m.head) || bytes > sizeof(m))
        return std::nullopt;
    std::memcpy(static_cast<void *>(&m), data, bytes);
    if (bytes != bytes_of(m.head.kind) || !is_sound(m))
        return std::nullopt;
    return m;
}

} // namespace groq::chip

#endif
