// SPDX-License-Identifier: MIT
// The topology file and what is made of it.
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <groq/network.hpp>

namespace groq {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

std::string refusal(std::string_view text) {
    const auto read = network::parse(text);
    if (read)
        return "it was taken";
    EXPECT_TRUE(read.error() == errc::invalid);
    return read.error().message();
}

TEST(network_file, is_read_with_comments_and_settings) {
    const auto read = network::parse("# three in a row\n"
                                     "cards 3\r\n"
                                     "\n"
                                     "  cable 0:0\t1:1   # usual\n"
                                     "cable 1:0 2:15 latency=230 spread=4.05 lanes=2 "
                                     "seed=18446744073709551615 corrected-every=7 "
                                     "uncorrected-at=1000 bit-errors=3");
    ASSERT_TRUE(read) << read.error().message();
    EXPECT_EQ(read->cards(), 3u);
    ASSERT_EQ(read->cables().size(), 2u);
    EXPECT_EQ(read->cables()[0], (cable{{0, 0}, {1, 1}}));
    EXPECT_EQ(read->cables()[1],
              (cable{{1, 0}, {2, 15}, UINT64_MAX, 230, 4050, 2, 7, 1000, 3}));
}

TEST(network_file, gives_cables_seeds_of_their_own) {
    const auto read =
        network::parse("cards 2\ncable 0:0 1:0\ncable 0:1 1:1 seed=9\ncable 0:2 1:2\n");
    ASSERT_TRUE(read);
    EXPECT_EQ(read->cables()[0].seed, 1u);
    EXPECT_EQ(read->cables()[1].seed, 9u);
    EXPECT_EQ(read->cables()[2].seed, 3u);
}

TEST(network_file, needs_no_cable) {
    const auto read = network::parse("cards 1");
    ASSERT_TRUE(read);
    EXPECT_EQ(read->cards(), 1u);
    EXPECT_TRUE(read->cables().empty());
}

TEST(network_file, may_wire_a_card_to_itself) {
    const auto read = network::parse("cards 1\ncable 0:2 0:3\n");
    ASSERT_TRUE(read) << read.error().message();
    EXPECT_EQ(read->peer_of(0, 2), (link_end{0, 3}));
    EXPECT_EQ(read->peer_of(0, 3), (link_end{0, 2}));
}

TEST(network_file, is_written_as_it_is_read) {
    constexpr auto text = "cards 3\n"
                          "cable 0:0 1:1\n"
                          "cable 1:0 2:15 latency=230 lanes=2 corrected-every=7 "
                          "uncorrected-at=1000 bit-errors=3 spread=4.050 seed=77\n"
                          "cable 2:0 2:1\n";
    const auto read = network::parse(text);
    ASSERT_TRUE(read) << read.error().message();
    EXPECT_EQ(read->to_text(), text);
}

TEST(network_file, is_refused_with_the_line) {
    EXPECT_EQ(refusal(""), "line 1: the file ends without \"cards N\"");
    EXPECT_EQ(refusal("# none\n\n"), "line 3: the file ends without \"cards N\"");
    EXPECT_EQ(refusal("cable 0:0 1:0\n"),
              "line 1: \"cards N\" comes before the first cable");
    EXPECT_EQ(refusal("cards 2\ncards 2\n"),
              "line 2: \"cards\" is there a second time");
    EXPECT_EQ(refusal("cards 2 3\n"), "line 1: \"3\" is too much after the number");
    EXPECT_EQ(refusal("cards 2\nwire 0:0 1:0\n"),
              "line 2: \"wire\" is neither \"cards\" nor \"cable\"");
}

TEST(network_file, is_refused_without_a_good_number_of_cards) {
    for (const auto *text : {"cards", "cards 0", "cards 16385", "cards -1", "cards 2.5",
                             "cards 99999999999999999999", "cards two"})
        EXPECT_EQ(refusal(text), "line 1: \"cards\" takes a number from 1 to 16384")
            << text;
}

TEST(network_file, is_refused_without_two_ends) {
    for (const auto *line :
         {"cable", "cable 0:0", "cable 0:0 latency=230", "cable 0 1",
          "cable 0:0 1:", "cable :0 1:0", "cable 0:0 1:x", "cable 0:0 1:0:1",
          "cable 0:0 1:-1", "cable 0:0 1:4294967296", "cable 0:+0 1:0"})
        EXPECT_EQ(refusal(std::string("cards 2\n") + line),
                  "line 2: a cable has two ends, card:link, as in \"cable 0:0 1:3\"")
            << line;
}

TEST(network_file, is_refused_where_a_cable_does_not_fit) {
    EXPECT_EQ(refusal("cards 2\ncable 0:0 2:0"),
              "line 2: there is no card 2: the last is 1");
    EXPECT_EQ(refusal("cards 2\ncable 0:16 1:0"),
              "line 2: there is no link 0:16: a chip has links 0 to 15");
    EXPECT_EQ(refusal("cards 2\ncable 0:0 0:0"),
              "line 2: both ends are in link 0:0: name another one");
    EXPECT_EQ(refusal("cards 3\ncable 0:0 1:0\n\ncable 2:0 1:0"),
              "line 4: link 1:0 has a cable already, to 0:0: a link takes one");
}

TEST(network_file, may_have_cables_to_other_processes) {
    constexpr auto text = "cards 2\n"
                          "cable 0:0 1:0\n"
                          "cable 0:1 tcp:node-b.example:7007\n"
                          "cable 0:2 tcp-listen:[::1]:65535 latency=230 seed=5\n"
                          "cable 1:2 unix:/run/way\n"
                          "cable 1:15 unix-listen:way\n";
    const auto read = network::parse(text);
    ASSERT_TRUE(read) << read.error().message();
    const auto outer = read->outer_cables();
    ASSERT_EQ(outer.size(), 4u);
    EXPECT_EQ(outer[0],
              (outer_cable{{0, 1}, {false, "node-b.example", 7007, ""}, cable{}}));
    EXPECT_EQ(outer[1].to, (outer_end{true, "::1", 65535, ""}));
    EXPECT_EQ(outer[1].numbers.latency, 230u);
    EXPECT_EQ(outer[1].numbers.seed, 5u);
    EXPECT_EQ(outer[2].to, (outer_end{false, "", 0, "/run/way"}));
    EXPECT_EQ(outer[3].to, (outer_end{true, "", 0, "way"}));
    EXPECT_EQ(read->to_text(), text);
}

TEST(network_file, knows_nobody_at_the_end_of_an_outer_cable) {
    const auto read = network::parse("cards 1\ncable 0:3 unix:way\n");
    ASSERT_TRUE(read);
    EXPECT_TRUE(read->cables().empty());
    EXPECT_EQ(read->peer_of(0, 3), std::nullopt);
    EXPECT_EQ(read->cable_at(0, 3), nullptr);
    EXPECT_EQ(read->degree(0), 0u);
    EXPECT_FALSE(*read == *network::parse("cards 1"));
}

TEST(network_file, is_refused_where_an_outer_cable_does_not_fit) {
    EXPECT_EQ(refusal("cards 1\ncable 0:0 unix:way\ncable 0:0 0:1"),
              "line 3: link 0:0 has a cable already, to unix:way: a link takes one");
    EXPECT_EQ(refusal("cards 1\ncable 0:0 0:1\ncable 0:0 unix:way"),
              "line 3: link 0:0 has a cable already, to 0:1: a link takes one");
    EXPECT_EQ(refusal("cards 1\ncable 1:0 tcp:host:1"),
              "line 2: there is no card 1: the last is 0");
    EXPECT_EQ(refusal("cards 1\ncable 0:0 tcp:host:1 lanes=5"),
              "line 2: lanes is from 1 to 4, not 5");
    for (const std::string end :
         {"tcp:", "tcp:host", "tcp:host:", "tcp::7007", "tcp:host:0", "tcp:host:65536",
          "tcp:::1:7007", "tcp-listen", "unix:", "unix", "unix-connect:way",
          "tcpx:a:1"})
        EXPECT_THAT(refusal("cards 1\ncable 0:0 " + end),
                    StartsWith("line 2: \"" + end + "\" is no end of a cable"));
    EXPECT_THAT(refusal("cards 1\ncable 0:0 unix:" + std::string(108, 'p')),
                HasSubstr("107 bytes"));
}

TEST(network_file, is_refused_with_bad_settings) {
    const auto of = [](const std::string &setting) {
        return refusal("cards 2\ncable 0:0 1:0 " + setting);
    };
    EXPECT_EQ(of("latency=63"), "line 2: latency is from 64 to 65535, not 63");
    EXPECT_EQ(of("latency=65536"), "line 2: latency is from 64 to 65535, not 65536");
    EXPECT_EQ(of("latency=x"), "line 2: latency takes a whole number, not \"x\"");
    EXPECT_EQ(of("latency"), "line 2: latency takes a whole number, not \"\"");
    EXPECT_EQ(of("latency=4294967296"),
              "line 2: latency takes a whole number, not \"4294967296\"");
    EXPECT_EQ(of("lanes=0"), "line 2: lanes is from 1 to 4, not 0");
    EXPECT_EQ(of("lanes=5"), "line 2: lanes is from 1 to 4, not 5");
    EXPECT_EQ(of("seed=18446744073709551616"),
              "line 2: seed takes a whole number, not \"18446744073709551616\"");
    EXPECT_EQ(of("lanes=2 lanes=2"), "line 2: \"lanes\" is there a second time");
    EXPECT_THAT(of("colour=red"),
                StartsWith("line 2: \"colour=red\" is no setting of a cable"));
}

TEST(network_file, is_refused_with_a_bad_spread) {
    for (const auto *value : {"", ".5", "4.", "4.1234", "-1", "4,1", "65536", "1.2.3"})
        EXPECT_THAT(refusal(std::string("cards 2\ncable 0:0 1:0 spread=") + value),
                    StartsWith("line 2: spread takes cycles with up to three decimals"))
            << value;
    EXPECT_EQ(refusal("cards 2\ncable 0:0 1:0 spread=20 latency=100"),
              "line 2: spread is at most a tenth of the latency of 100 cycles");
    EXPECT_TRUE(network::parse("cards 2\ncable 0:0 1:0 spread=10 latency=100"));
}

TEST(network_file, is_quoted_without_what_a_terminal_obeys) {
    const auto message = refusal("\033[2J" + std::string(100, 'x'));
    EXPECT_THAT(message, StartsWith("line 1: \"?[2Jxxx"));
    EXPECT_LT(message.size(), 100u);
}

TEST(network, tells_the_other_end_of_every_cable) {
    const auto made = network::make(2, std::vector{cable{{0, 3}, {1, 5}}});
    ASSERT_TRUE(made);
    EXPECT_EQ(made->peer_of(0, 3), (link_end{1, 5}));
    EXPECT_EQ(made->peer_of(1, 5), (link_end{0, 3}));
    EXPECT_EQ(made->cable_at(1, 5), &made->cables()[0]);
    EXPECT_EQ(made->degree(0), 1u);
    for (const auto end : {link_end{0, 5}, {2, 0}, {0, 16}, {UINT32_MAX, UINT32_MAX}}) {
        EXPECT_EQ(made->peer_of(end.card, end.link), std::nullopt);
        EXPECT_EQ(made->cable_at(end.card, end.link), nullptr);
    }
}

TEST(network, counts_outer_cables_after_the_others) {
    const std::vector cables{cable{{0, 0}, {1, 0}}};
    const std::vector outer{outer_cable{{0, 1}, {.path = "a"}},
                            outer_cable{{0, 1}, {.path = "b"}}};
    const auto made = network::make(2, cables, outer);
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().message(),
              "cable 3: link 0:1 has a cable already, to unix:a: a link takes one");
}

TEST(network, is_refused_with_the_number_of_the_cable) {
    const std::vector cables{cable{{0, 0}, {1, 0}}, cable{{0, 1}, {0, 0}}};
    const auto made = network::make(2, cables);
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().message(),
              "cable 2: link 0:0 has a cable already, to 1:0: a link takes one");
    EXPECT_FALSE(network::make(0, {}));
    EXPECT_FALSE(network::make(16'385, {}));
}

class network_path : public testing::Test {
protected:
    network_path() {
        folder_ = std::filesystem::path(testing::TempDir()) /
                  testing::UnitTest::GetInstance()->current_test_info()->name();
        std::filesystem::create_directories(folder_);
    }
    ~network_path() override { std::filesystem::remove_all(folder_); }

    std::string file(const std::string &name, const std::string &text) {
        std::ofstream(folder_ / name) << text;
        return folder_ / name;
    }

    std::filesystem::path folder_;
};

TEST_F(network_path, is_a_file_or_a_shape) {
    EXPECT_EQ(network::load(file("node8", "cards 5\n"))->cards(), 5u);
    EXPECT_EQ(network::load("node8")->cards(), 8u);
}

TEST_F(network_path, is_named_in_what_is_wrong) {
    const auto bad = file("bad", "cards 2\ncards 2\n");
    EXPECT_EQ(network::load(bad).error().message(),
              bad + ": line 2: \"cards\" is there a second time");
    const auto none = network::load("no/such");
    EXPECT_THAT(none.error().message(), StartsWith("there is no file no/such, and the "
                                                   "shapes are nodeN ringN"));
    EXPECT_EQ(none.error().os_error(), ENOENT);
    const auto folder = network::load(folder_);
    EXPECT_EQ(folder.error().message(), folder_.string() + ": Is a directory");
    EXPECT_THAT(network::load("node9").error().message(), HasSubstr("1 to 8 cards"));
}

TEST_F(network_path, is_not_read_without_end) {
    const auto endless = network::load("/dev/zero");
    ASSERT_FALSE(endless);
    EXPECT_EQ(endless.error().message(), "/dev/zero: too long for a topology file");
}

} // namespace
} // namespace groq
