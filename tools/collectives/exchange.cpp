// SPDX-License-Identifier: MIT
#include "collectives/exchange.hpp"

#include <algorithm>
#include <stdexcept>

#include "asm/queue.hpp"

namespace groq::collectives {

using namespace assembly;

namespace {

// Between two sends of a full link are 22 idle cycles and more; two are for Ifetch.
constexpr unsigned burst_vectors = 20;
// A slice that reads fewer may read for another shipment between them.
constexpr unsigned most_interleaved = 64;

int edge_of(unsigned link) {
    return GROQ_LINK_HEMISPHERE(link) == GROQ_WEST ? -GROQ_POSITION_C2C
                                                   : GROQ_POSITION_C2C;
}

// Every link has a stream of its own in each direction: 0..7 go out by the links of an
// edge, 8..15 come in.
unsigned outward_stream(unsigned link) {
    return edge_of(link) < 0 ? west(link / 2) : east(link / 2);
}
unsigned inward_stream(unsigned link) {
    constexpr unsigned links_of_edge = GROQ_LINKS / 2;
    return edge_of(link) < 0 ? east(links_of_edge + link / 2)
                             : west(links_of_edge + link / 2);
}

unsigned step_of(unsigned count) {
    return count > 1 ? 1 : 0;
}

// Cycles from the read to the link, and from the link to the write.
unsigned way_out(unsigned slice, unsigned link) {
    return GROQ_DELAY_MEM_READ + hops(position_of(slice), edge_of(link));
}
unsigned way_in(unsigned slice, unsigned link) {
    return GROQ_DELAY_LINK_RECEIVE + hops(edge_of(link), position_of(slice));
}

} // namespace

void exchange::ship(unsigned card, word_place words, unsigned count,
                    std::vector<destination> to) {
    for (const destination &way : to)
        if (edge_of(way.link) != edge_of(to.front().link))
            throw std::logic_error("links of both edges");
    while (count != 0) { // a slice at a time, at either end
        unsigned piece = std::min<unsigned>(count, GROQ_SLICE_WORDS - words.word);
        for (const destination &way : to)
            piece = std::min<unsigned>(piece, GROQ_SLICE_WORDS - way.to.word);
        shipments_.push_back({card, words, piece, to});
        words = words + piece;
        for (destination &way : to)
            way.to = way.to + piece;
        count -= piece;
    }
}

std::uint64_t exchange::emit(std::uint64_t ready) {
    end_ = ready;
    for (shipment &each : shipments_)
        send(each, ready);
    // When all sends are known, receives find their place between them.
    for (const shipment &each : shipments_)
        receive(each);
    shipments_.clear();
    return end_;
}

void exchange::send(shipment &each, std::uint64_t ready) {
    for (const destination &way : each.to)
        each.interval =
            std::max(each.interval, program_.interval({each.card, way.link}));
    const unsigned first_link = each.to.front().link;
    const unsigned lead = way_out(each.words.slice, first_link);
    each.sent = first_send(each, ready);
    const repetition again{each.count - 1, each.interval};
    const std::uint64_t last = std::uint64_t{again.times} * again.interval;
    program_.at(each.card, each.sent - lead, each.words.slice,
                make<GROQ_OPCODE_READ>(
                    {outward_stream(first_link), each.words.word, step_of(each.count)}),
                again);
    interval_set &slice = busy_[{each.card, each.words.slice}];
    if (each.count > most_interleaved)
        slice.take(each.sent - lead, each.sent - lead + last + 1);
    for (std::uint64_t cycle = 0; cycle <= last; cycle += each.interval)
        slice.take(each.sent - lead + cycle, each.sent - lead + cycle + 1);
    for (const destination &way : each.to) {
        interval_set &link = busy_[{each.card, GROQ_ICU_C2C(way.link)}];
        program_.at(each.card, each.sent, GROQ_ICU_C2C(way.link),
                    make<GROQ_OPCODE_SEND>({outward_stream(first_link)}), again);
        for (std::uint64_t cycle = 0; cycle <= last; cycle += each.interval)
            link.take(each.sent + cycle, each.sent + cycle + 1);
        wires_[{each.card, way.link}] = each.sent + last + each.interval;
    }
}

// As soon as all wires, and the slice for every read, are free.
std::uint64_t exchange::first_send(const shipment &each, std::uint64_t ready) {
    const unsigned lead = way_out(each.words.slice, each.to.front().link);
    std::uint64_t cycle = ready + lead;
    for (const destination &way : each.to)
        cycle = std::max(cycle, wires_[{each.card, way.link}]);
    const interval_set &slice = busy_[{each.card, each.words.slice}];
    const auto is_free = [&](std::uint64_t sent) {
        if (each.count > most_interleaved)
            return slice.is_free(
                sent - lead, sent - lead + std::uint64_t{each.count} * each.interval);
        for (unsigned i = 0; i < each.count; ++i) {
            const std::uint64_t read = sent - lead + std::uint64_t{i} * each.interval;
            if (!slice.is_free(read, read + 1))
                return false;
        }
        return true;
    };
    while (!is_free(cycle))
        ++cycle;
    return cycle;
}

void exchange::receive(const shipment &each) {
    for (const destination &way : each.to)
        receive(each, way);
}

void exchange::receive(const shipment &each, const destination &way) {
    const link_end from{each.card, way.link};
    const link_end at = *program_.wires().peer_of(from.card, from.link);
    for (unsigned done = 0; done < each.count;) {
        const unsigned count = std::min(burst_vectors, each.count - done);
        const std::uint64_t last =
            each.sent + std::uint64_t{done + count - 1} * each.interval;
        receive(at, way.to + done, count, program_.arrival(from, last));
        done += count;
    }
}

// Of a burst the last one has come when its turn comes, the others long before.
void exchange::receive(link_end at, word_place to, unsigned count, std::uint64_t come) {
    const unit link{at.card, GROQ_ICU_C2C(at.link)};
    const unit slice{at.card, to.slice};
    const unsigned way = way_in(to.slice, at.link);
    std::uint64_t &order = received_[at];
    const std::uint64_t first =
        first_receive(link, slice, way, std::max(order, come - (count - 1)), count);
    const repetition again{count - 1, 1};
    program_.at(at.card, first, link.second,
                make<GROQ_OPCODE_RECEIVE>({inward_stream(at.link)}), again);
    program_.at(
        at.card, first + way, to.slice,
        make<GROQ_OPCODE_WRITE>({inward_stream(at.link), to.word, step_of(count)}),
        again);
    busy_[link].take(first, first + count);
    busy_[slice].take(first + way, first + way + count);
    order = first + count;
    end_ = std::max(end_, first + way + count - 1 + GROQ_DELAY_MEM_WRITE);
}

// As soon as the link's queue neither sends nor receives, and the slice is free.
std::uint64_t exchange::first_receive(unit link, unit slice, unsigned way,
                                      std::uint64_t cycle, unsigned count) const {
    const auto free_from = [&](unit which, std::uint64_t from) {
        const auto used = busy_.find(which);
        return used == busy_.end() ? from : used->second.first_free(from, count);
    };
    while (true) {
        const std::uint64_t of_link = free_from(link, cycle);
        const std::uint64_t of_slice = free_from(slice, of_link + way) - way;
        if (of_slice == of_link)
            return of_link;
        cycle = of_slice;
    }
}

} // namespace groq::collectives
