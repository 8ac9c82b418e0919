// SPDX-License-Identifier: MIT
#include "wired_cards.hpp"

#include <algorithm>

#include <asm/elf_file.hpp>
#include <collectives/distributed_program.hpp>
#include <ops/transfers.hpp>

namespace bench {

using namespace groq;

static std::vector<program> load(std::span<const assembly::program> programs) {
    std::vector<program> loaded;
    for (const auto &each : programs)
        loaded.push_back(program::load(assembly::write_elf(each), "program").value());
    return loaded;
}

static groq::system open(const std::string &shape, const network &wires) {
    std::vector<std::string> uris;
    for (unsigned card = 0; card < wires.cards(); ++card)
        uris.push_back("sim:" + std::to_string(card) + "?topology=" + shape);
    return groq::system::open(wires, uris).value();
}

wired_job::wired_job(groq::system &cards, std::span<const assembly::program> programs)
    : programs_(bench::load(programs)),
      job_(cards.load(std::span<const program>(programs_)).value()) {}

void wired_job::give(std::size_t card, const std::string &tensor,
                     std::span<const std::byte> bytes) {
    job_.chip(card)
        .set_input(programs_[card].find_tensor(tensor).value(), bytes)
        .value();
}

std::vector<std::byte> wired_job::take(std::size_t card,
                                       const std::string &tensor) const {
    const auto found = programs_[card].find_tensor(tensor);
    if (!found)
        return {};
    std::vector<std::byte> bytes(programs_[card].tensor(*found).value().bytes);
    job_.chip(card).get_output(*found, bytes).value();
    return bytes;
}

std::vector<std::uint64_t> wired_job::run() {
    std::vector<std::uint64_t> cycles;
    for (const auto &chip : job_.run(forever).value().chips)
        cycles.push_back(chip.cycles);
    return cycles;
}

wired_cards::wired_cards(const std::string &shape)
    : wires_(network::by_name(shape).value()), together_(bench::open(shape, wires_)) {
    together_.align().value();
}

// Programs that read a word in the first cycle that they have in common.
stopwatch::stopwatch(const std::string &shape) {
    wired_cards cards(shape);
    collectives::distributed_program programs(cards.wires());
    for (unsigned card = 0; card < cards.wires().cards(); ++card) {
        constexpr ops::word_place word{0, 0};
        programs.builder(card).reserve(word.address(), GROQ_VECTOR_BYTES);
        programs.at(card, 0, word.slice,
                    assembly::make<GROQ_OPCODE_READ>({0, word.word, 0}));
    }
    begun_ = cards.load(programs.link()).run();
}

std::uint64_t stopwatch::since(std::span<const std::uint64_t> cycles) const {
    std::uint64_t longest = 0;
    for (std::size_t card = 0; card < begun_.size(); ++card)
        longest = std::max(longest, cycles[card] - begun_[card]);
    return longest;
}

std::uint64_t stopwatch::beginning() const {
    return *std::ranges::max_element(begun_);
}

} // namespace bench
