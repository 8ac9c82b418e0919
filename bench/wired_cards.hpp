// SPDX-License-Identifier: MIT
//
// Simulated cards with cables between them, through the public interface of libgroq.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <asm/program.hpp>
#include <groq/system.hpp>

namespace bench {

// A program on each card, and what goes in and comes out by the names of tensors.
class wired_job {
public:
    wired_job(groq::system &cards, std::span<const groq::assembly::program> programs);

    std::size_t size() const { return programs_.size(); }
    void give(std::size_t card, const std::string &tensor,
              std::span<const std::byte> bytes);
    // Empty when the program has no such tensor.
    std::vector<std::byte> take(std::size_t card, const std::string &tensor) const;
    // The cycles of each card.
    std::vector<std::uint64_t> run();

private:
    std::vector<groq::program> programs_;
    groq::joint_job job_;
};

// All cards of a shape ("node8"), aligned. They live as long as this or a job of
// theirs, and the next ones are as new. Throws groq::failure.
class wired_cards {
public:
    explicit wired_cards(const std::string &shape);

    const groq::network &wires() const { return wires_; }
    wired_job load(std::span<const groq::assembly::program> programs) {
        return {together_, programs};
    }

private:
    groq::network wires_;
    groq::system together_;
};

// Cycles of the chips since all have begun: programs that exchange vectors first wait
// for one another, which takes the same cycles on new cards of a shape each time.
class stopwatch {
public:
    explicit stopwatch(const std::string &shape);

    // The longest of a job that was the first on new cards.
    std::uint64_t since(std::span<const std::uint64_t> cycles) const;
    std::uint64_t beginning() const;

private:
    std::vector<std::uint64_t> begun_; // in which cycle of its program, by card
};

} // namespace bench
