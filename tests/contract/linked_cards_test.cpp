// SPDX-License-Identifier: MIT
//
// Programs on two cards with a cable between them.
#include "linked_cards.hpp"

#include <cstdio>

#include <asm/assembler.hpp>
#include <asm/elf_file.hpp>
#include <gmock/gmock.h>

namespace groq::contract {
namespace {

constexpr unsigned first_link = 1, second_link = 4; // an east one, and a west one

// A vector, and the notification that it has been sent.
constexpr const char *sender = R"(
        .text   e.2
        .tensor in, input, i8, 1, 320
        .part   0, 0, 320, e.0[0], 320
        .entry  main
        .queue  mem.e.0
        read    e0, 0
        .queue  c2c.1
        @13     send e0
        @44     transmit
)";

// The notification releases the slice, and the vector is taken when it can write it.
constexpr const char *receiver = R"(
        .text   w.2
        .tensor out, output, i8, 1, 320
        .part   0, 0, 320, w.0[0], 320
        .entry  main
        .queue  c2c.4
        await   4, 1
        @1      notify
        @23     receive e0
        .queue  mem.w.0
        sync
        @36     write e0, 0
)";

program assembled(const char *source) {
    auto made = assembly::assemble(source, {.checked = false});
    for (const auto &said : made.diagnostics)
        EXPECT_FALSE(said.error) << said.line << ": " << said.message;
    return load_program(assembly::write_elf(made.image.value()));
}

class card_pair {
public:
    card_pair() {
        wait_until(
            [&] { return is_up(first, first_link) && is_up(second, second_link); });
    }

private:
    static bool is_up(const device &card, unsigned link) {
        return std::uint64_t(card.read_telemetry().value().links_up) >> link & 1;
    }

    static std::string uri(const topology_file &file, unsigned which) {
        const char *chosen = std::getenv("GROQ_TEST_LINKED");
        if (!chosen)
            return file.uri(which);
        const std::string both = chosen;
        const auto apart = both.find(' ');
        return which == 0 ? both.substr(0, apart) : both.substr(apart + 1);
    }

    topology_file file_{"cards 2\ncable 0:1 1:4\n"};

public:
    const device first{uri(file_, 0)}, second{uri(file_, 1)};
};

struct side {
    side(const device &device, const char *source)
        : program(assembled(source)), image(device, program), job(image),
          queue(device) {}

    groq::program program;
    groq::image image;
    groq::job job;
    groq::queue queue;
};

// Passes a vector on; returns the cycles of both. Whoever begins first waits.
std::pair<std::uint64_t, std::uint64_t> pass_on(side &from, side &to, unsigned seed,
                                                bool sender_first) {
    const auto in = filled(320, seed);
    from.job.set_input(0, in).value();
    auto &early = sender_first ? from : to, &late = sender_first ? to : from;
    const auto ticket = early.queue.submit(early.job).value();
    const auto late_end = late.queue.run(late.job, ample).value();
    const auto early_end = early.queue.wait(ticket, ample).value();
    std::vector<std::byte> out(320);
    to.job.get_output(0, out).value();
    EXPECT_EQ(out, in) << seed;
    return sender_first ? std::pair(early_end.cycles, late_end.cycles)
                        : std::pair(late_end.cycles, early_end.cycles);
}

TEST(linked_cards, pass_vectors_on) {
    const card_pair cards;
    side from(cards.first, sender), to(cards.second, receiver);
    for (unsigned seed = 0; seed < 8; ++seed)
        pass_on(from, to, seed, seed % 2);
}

int64_t open_of(const device &card, unsigned link) {
    return card.read_links().value().links[link].open;
}

// With nobody at the other end. What is too late names that end.
TEST(linked_cards, tell_whom_a_program_waits_for) {
    const card_pair cards;
    side alone(cards.first, sender), other(cards.second, receiver);
    alone.job.set_input(0, filled(320, 1)).value();
    EXPECT_EQ(open_of(cards.first, first_link), GROQ_LINK_OPEN_CLOSED);
    const auto ticket = alone.queue.submit(alone.job).value();
    wait_until([&] { return open_of(cards.first, first_link) == GROQ_LINK_OPEN_HERE; });
    const auto late = alone.queue.wait(ticket, std::chrono::milliseconds(1)).error();
    EXPECT_TRUE(late == errc::timeout);
    const auto serial = std::uint64_t(cards.second.info().value().serial);
    char end[64];
    std::snprintf(end, sizeof end,
                  "waits for link %u, at whose other end (card %016llx", first_link,
                  static_cast<unsigned long long>(serial));
    EXPECT_THAT(late.message(), ::testing::HasSubstr(end));
    EXPECT_EQ(open_of(cards.second, second_link), GROQ_LINK_OPEN_CLOSED);
    EXPECT_TRUE(other.queue.run(other.job, ample));
    EXPECT_TRUE(alone.queue.wait(ticket, ample));
    EXPECT_EQ(open_of(cards.first, first_link), GROQ_LINK_OPEN_CLOSED);
}

TEST(linked_cards, take_the_same_cycles_in_every_life) {
    if (std::getenv("GROQ_TEST_LINKED"))
        GTEST_SKIP() << "a card that is not simulated lives on";
    const auto life = [](bool sender_first) {
        const card_pair cards;
        side from(cards.first, sender), to(cards.second, receiver);
        return pass_on(from, to, 1, sender_first);
    };
    const auto once = life(false);
    EXPECT_GT(once.second, 202u) << "the least that a cable takes";
    for (const bool sender_first : {true, false, true})
        EXPECT_EQ(life(sender_first), once);
}

} // namespace
} // namespace groq::contract
