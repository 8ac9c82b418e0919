// SPDX-License-Identifier: MIT
//
// Cables of simulated cards that lead to another process, which may end, be killed, or
// be something else altogether.
#include <groq/system.hpp>

#include <csignal>
#include <cstring>
#include <filesystem>
#include <functional>
#include <utility>

#include <asm/elf_file.hpp>
#include <collectives/collective.hpp>
#include <gmock/gmock.h>
#include <groq_cable_wire.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "linked_cards.hpp"

namespace groq::contract {
namespace {

using ::testing::HasSubstr;

constexpr std::uint64_t first_serial = 0xabc0;

// Another process, which does `what` and ends. It says bytes to us, and hears some.
// Made while this one has no threads.
class other_process {
public:
    explicit other_process(const std::function<bool(other_process &)> &what) {
        int there[2], back[2];
        if (::pipe(there) || ::pipe(back) || (pid_ = ::fork()) < 0)
            throw std::runtime_error("no other process");
        in_ = pid_ ? back[0] : there[0];
        out_ = pid_ ? there[1] : back[1];
        ::close(pid_ ? there[0] : back[0]);
        ::close(pid_ ? back[1] : there[1]);
        if (!pid_)
            ::_exit(what(*this) ? 0 : 1);
    }
    other_process(const other_process &) = delete;
    ~other_process() {
        kill();
        ::close(in_);
        ::close(out_);
    }

    void kill() {
        if (std::exchange(is_there_, false)) {
            ::kill(pid_, SIGKILL);
            ::waitpid(pid_, nullptr, 0);
        }
    }
    // Whether it did what it was to do.
    bool has_done() {
        int status = 0;
        is_there_ = false;
        return ::waitpid(pid_, &status, 0) == pid_ && WIFEXITED(status) &&
               WEXITSTATUS(status) == 0;
    }

    void say(std::uint64_t word) { (void)!::write(out_, &word, sizeof word); }
    // 0: the other one is gone.
    std::uint64_t hear() {
        std::uint64_t word = 0;
        return ::read(in_, &word, sizeof word) == sizeof word ? word : 0;
    }

private:
    pid_t pid_ = -1;
    int in_ = -1, out_ = -1;
    bool is_there_ = true;
};

// For each card; they add up what all have.
std::vector<program> sums(const network &wires) {
    const auto made = collectives::make_collective(
        wires, {.what = collectives::operation::ALL_REDUCE, .type = GROQ_TYPE_I32});
    std::vector<program> programs;
    for (const auto &each : made.programs)
        programs.push_back(load_program(assembly::write_elf(each)));
    return programs;
}

// The last number of a sum.
std::uint32_t sum_of(const job &work) {
    std::vector<std::uint32_t> numbers(320);
    work.get_output(1, std::as_writable_bytes(std::span(numbers))).value();
    return numbers.back();
}

std::string bytes_of(const auto &object) {
    return {reinterpret_cast<const char *>(&object), sizeof object};
}

// What the other end of a usual cable says first.
std::string hello(std::uint32_t latency = 217, std::uint32_t version = 1) {
    groq_hello hello{{}, version, latency, 4100, 4, 0, 0, 0, {1, 0}};
    std::memcpy(hello.magic, GROQ_HELLO_MAGIC, sizeof hello.magic);
    return bytes_of(hello);
}

std::string frame(const std::string &message) {
    return bytes_of(std::uint32_t(message.size())) + message;
}

std::string free_port() {
    const int probe = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    socklen_t bytes = sizeof address;
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto *generic = reinterpret_cast<sockaddr *>(&address);
    EXPECT_EQ(::bind(probe, generic, bytes), 0);
    EXPECT_EQ(::getsockname(probe, generic, &bytes), 0);
    ::close(probe);
    return std::to_string(ntohs(address.sin_port));
}

// Card 0 of a process, with one cable.
class end_of_a_cable {
public:
    end_of_a_cable(std::uint32_t link, const std::string &to, std::uint64_t number)
        : link_(link), file_("cards 1\ncable 0:" + std::to_string(link) + ' ' + to),
          card_(file_.uri(0) + "&serial=" + hex(first_serial + number)) {}

    device &card() { return card_; }
    link_info link() const { return card_.read_links().value().links[link_]; }
    bool is_up() const { return groq::is_up(link()); }
    void wait_up() const {
        wait_until([&] { return is_up(); });
    }
    void wait_down() const {
        wait_until([&] { return !is_up(); });
    }

    // Its part of the sum of both cards' numbers.
    job sum(const network &wires, std::size_t chip, std::uint32_t number) {
        const auto loaded = image::load(card_, sums(wires)[chip]).value();
        auto work = job::create(loaded).value();
        const std::vector<std::uint32_t> numbers(320, number);
        work.set_input(0, std::as_bytes(std::span(numbers))).value();
        return work;
    }

    static std::string hex(std::uint64_t number) {
        char text[20];
        std::snprintf(text, sizeof text, "%llx", (unsigned long long)number);
        return text;
    }

private:
    std::uint32_t link_;
    topology_file file_;
    device card_;
};

class outer_cable_of_a_card : public ::testing::Test {
protected:
    static constexpr std::uint32_t here = 1, there = 4; // links

    outer_cable_of_a_card() { std::filesystem::create_directories(folder_); }
    ~outer_cable_of_a_card() override { std::filesystem::remove_all(folder_); }

    std::string path() const { return folder_ / "way"; }
    std::string waiting() const { return "unix-listen:" + path(); }
    std::string going() const { return "unix:" + path(); }

    // A card at the other end: from when it is told to come until it is killed.
    static other_process card_there(const std::string &to) {
        return other_process([to](other_process &starter) {
            starter.hear();
            const end_of_a_cable end(there, to, 1);
            return starter.hear() == 0;
        });
    }

    // Its programs begin when the first card's do.
    other_process adder(const std::string &to) const {
        return other_process([this, to](other_process &starter) {
            end_of_a_cable end(there, to, 1);
            end.wait_up();
            if (!end.card().align_to(there, 1000))
                return false;
            starter.say(1);
            auto work = end.sum(wires, 1, 5);
            const auto done = queue(end.card()).run(work, ample);
            starter.say(done ? done->cycles : 0);
            starter.say(sum_of(work));
            return starter.hear() != 0;
        });
    }

    // Of both cards in this process.
    std::vector<std::uint64_t> cycles_here() const {
        const topology_file file(wires.to_text());
        auto together =
            groq::system::open(wires, {file.uri(0) + "&serial=abc0", file.uri(1)})
                .value();
        together.align().value();
        const auto programs = sums(wires);
        auto work = together.load(std::span<const program>(programs)).value();
        std::vector<std::uint64_t> cycles;
        for (const auto &chip : work.run(ample).value().chips)
            cycles.push_back(chip.cycles);
        return cycles;
    }

    // What the one who waits does with whoever sends this to it.
    void send_garbage(const std::string &bytes) const {
        sockaddr_un address{AF_UNIX, {}};
        std::strncpy(address.sun_path, path().c_str(), sizeof address.sun_path - 1);
        const int stranger = ::socket(AF_UNIX, SOCK_STREAM, 0);
        ASSERT_EQ(
            ::connect(stranger, reinterpret_cast<sockaddr *>(&address), sizeof address),
            0);
        (void)!::send(stranger, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        std::byte heard[512];
        while (::recv(stranger, heard, sizeof heard, 0) > 0)
            continue; // until it hangs up
        ::close(stranger);
    }

    const std::filesystem::path folder_ = std::filesystem::path(::testing::TempDir()) /
                                          ("cable-" + std::to_string(::getpid()));
    const network wires =
        network::parse("cards 2\ncable 0:1 1:4 seed=7 spread=6\n").value();
};

TEST_F(outer_cable_of_a_card, is_down_until_somebody_comes) {
    other_process second([&](other_process &starter) {
        starter.hear();
        const end_of_a_cable end(there, going(), 1);
        end.wait_up();
        starter.say(std::uint64_t(end.link().peer_serial));
        return starter.hear() == 0;
    });
    const end_of_a_cable first(here, waiting(), 0);
    EXPECT_EQ(state_of(first.link()), link_state::down);
    second.say(1);
    first.wait_up();
    EXPECT_EQ(second.hear(), first_serial);
    EXPECT_EQ(first.link().peer_serial, std::int64_t(first_serial + 1));
    EXPECT_EQ(first.link().peer_link, there);
}

TEST_F(outer_cable_of_a_card, goes_to_who_comes_to_wait_later) {
    auto second = card_there(waiting());
    const end_of_a_cable first(here, going(), 0);
    EXPECT_EQ(state_of(first.link()), link_state::down);
    second.say(1);
    first.wait_up();
}

TEST_F(outer_cable_of_a_card, goes_by_tcp) {
    const auto port = free_port();
    auto second = card_there("tcp:localhost:" + port);
    const end_of_a_cable first(here, "tcp-listen:127.0.0.1:" + port, 0);
    second.say(1);
    first.wait_up();
}

// Programs find both cards in one process, or in two.
TEST_F(outer_cable_of_a_card, makes_no_difference_to_programs) {
    const std::string settings = " seed=7 spread=6";
    std::vector<std::uint64_t> cycles;
    auto second = adder(going() + settings);
    {
        end_of_a_cable first(here, waiting() + settings, 0);
        ASSERT_EQ(second.hear(), 1u);
        auto work = first.sum(wires, 0, 3);
        const auto done = queue(first.card()).run(work, ample);
        ASSERT_TRUE(done) << done.error().message();
        EXPECT_EQ(sum_of(work), 8u);
        cycles = {done->cycles, second.hear()};
        EXPECT_EQ(second.hear(), 8u);
        second.say(1);
        EXPECT_TRUE(second.has_done());
    }
    EXPECT_EQ(cycles, cycles_here());
}

TEST_F(outer_cable_of_a_card, is_a_link_that_goes_down_when_the_other_is_killed) {
    auto second = card_there(going()), third = card_there(going());
    end_of_a_cable first(here, waiting(), 0);
    second.say(1);
    first.wait_up();
    auto work = first.sum(wires, 0, 1);
    queue own(first.card());
    const auto number = own.submit(work).value();
    EXPECT_TRUE(own.wait(number, now).error() == errc::timeout) << "it waits";
    second.kill();
    const auto failed = own.wait(number, ample);
    ASSERT_TRUE(!failed && failed.error().fault());
    EXPECT_TRUE(failed.error().fault()->is_link_down());
    EXPECT_EQ(failed.error().fault()->link(), here);
    EXPECT_FALSE(first.is_up());
    third.say(1);
    first.wait_up();
    EXPECT_EQ(first.link().downs, 1);
}

TEST_F(outer_cable_of_a_card, is_as_good_after_garbage) {
    auto second = card_there(going());
    const end_of_a_cable first(here, waiting(), 0);
    ::testing::internal::CaptureStderr();
    const auto greeting = frame(hello());
    for (const auto &garbage :
         {frame("GET / HTTP/1.1"), frame(""), std::string(100, '\xff'),
          greeting + frame("no message"), greeting + frame(std::string(513, 'x')),
          frame(hello(218)), frame(hello(217, 2))})
        send_garbage(garbage);
    const auto said = ::testing::internal::GetCapturedStderr();
    EXPECT_THAT(said, HasSubstr("cable of link 0:1 to " + waiting()));
    EXPECT_THAT(said, HasSubstr("no cable of a Groq card is at the other end"));
    EXPECT_THAT(said, HasSubstr("the other end sends what no chip sends"));
    EXPECT_THAT(said, HasSubstr("latency, spread, lanes, seed and errors"));
    EXPECT_THAT(said, HasSubstr("the other end is of another version"));
    second.say(1);
    first.wait_up();
}

TEST_F(outer_cable_of_a_card, says_where_it_cannot_be) {
    const auto refusal = [](const std::string &cables) {
        const topology_file file("cards 1\n" + cables);
        const auto opened = device::open(file.uri(0));
        return opened ? "it was opened" : opened.error().message();
    };
    EXPECT_THAT(refusal("cable 0:0 " + waiting() + "\ncable 0:1 " + waiting()),
                HasSubstr("cannot wait at " + waiting() + " for a cable"));
    EXPECT_THAT(refusal("cable 0:0 tcp-listen:localhost:7007"),
                HasSubstr("to wait needs an address of this host"));
    EXPECT_THAT(refusal("cable 0:12 " + going()),
                HasSubstr("no cable from 0:12 to " + going()));
}

// What a process that was killed has left does not stand in the way.
TEST_F(outer_cable_of_a_card, waits_where_a_killed_one_waited) {
    auto second = card_there(waiting());
    second.say(1);
    while (!std::filesystem::exists(path()))
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    second.kill();
    auto third = card_there(waiting());
    third.say(1);
    const end_of_a_cable first(here, going(), 0);
    first.wait_up();
}

} // namespace
} // namespace groq::contract
