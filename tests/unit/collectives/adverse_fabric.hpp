// SPDX-License-Identifier: MIT
// Cards that run programs over links as badly as hardware.md section 7 lets them: every
// vector takes a latency at random, the ends of the range most often, and chips are
// out of step by as much as alignment may leave. Of instructions it knows those that
// collectives are made of; it goes by docs/isa.md alone, not by the chip's code.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <deque>
#include <map>
#include <random>
#include <span>
#include <stdexcept>
#include <string>
#include <tuple>
#include <vector>

#include "asm/queue.hpp"
#include "asm/timeline.hpp"
#include "collectives/distributed_program.hpp"

namespace groq::collectives::test {

using namespace assembly;

using vector_bytes = std::array<std::uint8_t, GROQ_VECTOR_BYTES>;
using element_bytes = std::array<vector_bytes, 4>; // a value of up to four streams

// Calls visit(offset on the host, address in SRAM) for each byte of a tensor, if the
// program has it.
template <class F>
void for_each_byte(const program &source, const std::string &name, F visit) {
    for (const tensor &t : source.tensors)
        if (t.name == name)
            for (const groq_tensor_part &part : t.parts)
                for (std::uint32_t row = 0; row < t.rows; ++row)
                    for (std::uint32_t lane = 0; lane < part.lanes; ++lane)
                        visit((std::size_t{row} * t.columns + part.column + lane) *
                                      type_bytes(t.element) +
                                  part.plane,
                              part.sram + row * part.stride + lane);
}

class fabric_card {
public:
    explicit fabric_card(const program &source) {
        for (const segment &each : source.segments)
            for (std::size_t at = 0; at < each.bytes.size(); ++at)
                byte(static_cast<std::uint32_t>(each.address + at)) =
                    static_cast<std::uint8_t>(each.bytes[at]);
        findings found("main");
        timeline(source).follow(source.entries.at(0), found, [&](const issue &now) {
            if (now.code.opcode() == GROQ_OPCODE_NOTIFY && origin == 0)
                origin = now.cycle + GROQ_DELAY_SYNC;
            if (now.code.find_operation()->queue != queue_kind::ANY &&
                !aligns(now.code.opcode()) && now.code.opcode() != GROQ_OPCODE_TRANSMIT)
                issues.push_back(now);
        });
    }

    std::uint8_t &byte(std::uint32_t address) {
        return words_[address / GROQ_VECTOR_BYTES][address % GROQ_VECTOR_BYTES];
    }

    void execute(const issue &now);
    vector_bytes sample(const issue &now, unsigned stream) const;
    void drive(const issue &now, unsigned stream, unsigned delay,
               const vector_bytes &value);

    std::uint64_t origin = 0;
    std::vector<issue> issues;

private:
    static int along(const issue &now, unsigned stream) {
        return position_of(now.icu) * ((stream & GROQ_STREAM_IS_WEST) != 0 ? -1 : 1);
    }
    element_bytes operand(const issue &now, const char *name, unsigned bytes) const;
    void compute(const issue &now);

    std::map<std::uint32_t, vector_bytes> words_;
    // By stream and the cycle at which it passes position 0; there by place of the
    // drive.
    std::map<std::pair<unsigned, std::int64_t>, std::map<int, vector_bytes>> streams_;
    std::map<unsigned, std::map<std::uint64_t, element_bytes>> alus_; // when ready
};

inline vector_bytes fabric_card::sample(const issue &now, unsigned stream) const {
    const int place = along(now, stream);
    const auto found =
        streams_.find({stream, static_cast<std::int64_t>(now.cycle) - place});
    if (found != streams_.end())
        if (auto last = found->second.upper_bound(place); last != found->second.begin())
            return std::prev(last)->second;
    throw std::runtime_error("STREAM_EMPTY: " + queue_name(now.icu) + " in cycle " +
                             std::to_string(now.cycle));
}

inline void fabric_card::drive(const issue &now, unsigned stream, unsigned delay,
                               const vector_bytes &value) {
    const int place = along(now, stream);
    const auto key =
        std::pair(stream, static_cast<std::int64_t>(now.cycle + delay) - place);
    if (!streams_[key].emplace(place, value).second)
        throw std::runtime_error("STREAM_CONFLICT: " + queue_name(now.icu));
}

inline element_bytes fabric_card::operand(const issue &now, const char *name,
                                          unsigned bytes) const {
    const auto field = static_cast<unsigned>(get(now.code, name));
    if ((field & GROQ_OPERAND_KIND) == GROQ_OPERAND_ALU)
        return std::prev(alus_.at(field & GROQ_OPERAND_NUMBER).upper_bound(now.cycle))
            ->second;
    element_bytes value{};
    for (unsigned byte = 0; byte < bytes; ++byte)
        value[byte] = sample(now, field + byte);
    return value;
}

inline void fabric_card::compute(const issue &now) {
    const auto type = static_cast<unsigned>(get(now.code, "type"));
    const unsigned bytes = type_bytes(type);
    element_bytes result = operand(now, "a", bytes);
    if (now.code.opcode() == GROQ_OPCODE_ADD_MOD) {
        const element_bytes other = operand(now, "b", bytes);
        for (unsigned lane = 0; lane < GROQ_LANES; ++lane) {
            std::array<std::uint8_t, 4> a{}, b{};
            for (unsigned byte = 0; byte < bytes; ++byte)
                a[byte] = result[byte][lane], b[byte] = other[byte][lane];
            auto sum =
                std::bit_cast<std::uint32_t>(a) + std::bit_cast<std::uint32_t>(b);
            if (type == GROQ_TYPE_F32)
                sum = std::bit_cast<std::uint32_t>(std::bit_cast<float>(a) +
                                                   std::bit_cast<float>(b));
            a = std::bit_cast<std::array<std::uint8_t, 4>>(sum);
            for (unsigned byte = 0; byte < bytes; ++byte)
                result[byte][lane] = a[byte];
        }
    } else if (now.code.opcode() != GROQ_OPCODE_COPY) {
        throw std::logic_error("an operation that the fabric does not know");
    }
    alus_[now.icu - GROQ_ICU_VXM(0)][now.cycle + GROQ_DELAY_VXM_OP] = result;
    if (const auto to = static_cast<unsigned>(get(now.code, "target"));
        to != GROQ_OPERAND_NONE)
        for (unsigned byte = 0; byte < bytes; ++byte)
            drive(now, to + byte, GROQ_DELAY_VXM, result[byte]);
}

inline void fabric_card::execute(const issue &now) {
    const auto field = [&](const char *name) {
        return static_cast<unsigned>(get(now.code, name));
    };
    const auto read = [&](const char *stream, const char *word) {
        drive(now, field(stream), GROQ_DELAY_MEM_READ,
              words_[address_of(now.icu, field(word)) / GROQ_VECTOR_BYTES]);
    };
    const auto write = [&](const char *stream, const char *word) {
        words_[address_of(now.icu, field(word)) / GROQ_VECTOR_BYTES] =
            sample(now, field(stream));
    };
    switch (now.code.opcode()) {
    case GROQ_OPCODE_READ:
        return read("stream", "word");
    case GROQ_OPCODE_WRITE:
        return write("stream", "word");
    case GROQ_OPCODE_READ_WRITE:
        read("read_stream", "read_word");
        return write("write_stream", "write_word");
    default:
        return compute(now);
    }
}

class adverse_fabric {
public:
    adverse_fabric(const network &wires, const std::vector<program> &programs,
                   std::uint32_t seed)
        : wires_(wires), random_(seed) {
        const auto tree = spanning_tree(wires, 0);
        std::vector<std::int64_t> off(programs.size()); // from the parent
        for (std::int64_t &each : off)
            each = static_cast<std::int64_t>(random_() % 3) - 1;
        for (unsigned card = 0; card < programs.size(); ++card) {
            cards_.emplace_back(programs[card]);
            late_.push_back(0);
            for (unsigned at = card; tree[at].depth != 0;
                 at = wires.peer_of(at, tree[at].parent.link)->card)
                late_.back() += off[at];
        }
    }

    std::uint8_t &byte(unsigned card, std::uint32_t address) {
        return cards_[card].byte(address);
    }

    // Throws what a chip would fault with.
    void run() {
        std::vector<std::tuple<std::int64_t, unsigned, const issue *>> all;
        for (unsigned card = 0; card < cards_.size(); ++card)
            for (const issue &each : cards_[card].issues)
                all.emplace_back(static_cast<std::int64_t>(each.cycle) -
                                     static_cast<std::int64_t>(cards_[card].origin) +
                                     late_[card],
                                 card, &each);
        std::ranges::stable_sort(all, [](const auto &a, const auto &b) {
            return std::get<0>(a) < std::get<0>(b);
        });
        for (const auto &[time, card, now] : all)
            if (kind_of(now->icu) == queue_kind::C2C)
                transfer(time, card, *now);
            else
                cards_[card].execute(*now);
    }

private:
    struct way {
        std::deque<std::pair<std::int64_t, vector_bytes>> vectors; // when they come
        std::int64_t last = 0;
    };

    std::int64_t latency() {
        constexpr std::array likely{links::latency_min, links::latency_max};
        return random_() % 2 ? likely[random_() % 2]
                             : likely[0] + random_() % (likely[1] - likely[0] + 1);
    }

    void transfer(std::int64_t time, unsigned card, const issue &now) {
        const unsigned link = now.icu - GROQ_ICU_C2C(0);
        const auto stream = static_cast<unsigned>(get(now.code, "stream"));
        if (now.code.opcode() == GROQ_OPCODE_SEND) {
            way &to = ways_[*wires_.peer_of(card, link)];
            to.last = std::max(to.last, time + latency());
            to.vectors.emplace_back(to.last, cards_[card].sample(now, stream));
            return;
        }
        way &from = ways_[{card, link}];
        if (from.vectors.empty() || from.vectors.front().first > time)
            throw std::runtime_error("LINK_EMPTY: card " + std::to_string(card) + " " +
                                     queue_name(now.icu) + " in cycle " +
                                     std::to_string(now.cycle));
        if (from.vectors.size() > GROQ_LINK_FIFO &&
            from.vectors[GROQ_LINK_FIFO].first <= time)
            throw std::runtime_error("LINK_OVERFLOW: card " + std::to_string(card));
        cards_[card].drive(now, stream, GROQ_DELAY_LINK_RECEIVE,
                           from.vectors.front().second);
        from.vectors.pop_front();
    }

    const network &wires_;
    std::deque<fabric_card> cards_;
    std::mt19937 random_;
    std::vector<std::int64_t> late_; // each card's cycle 0
    std::map<link_end, way> ways_;   // by where they come
};

} // namespace groq::collectives::test
