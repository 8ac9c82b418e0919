// SPDX-License-Identifier: MIT
// What the tool writes: matrix, text, JSON, DOT, SVG, options of QEMU.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "shape.hpp"
#include "topo/drawing.hpp"
#include "topo/published.hpp"
#include "topo/report.hpp"

namespace groq::topo {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

TEST(matrix, shows_links_hops_and_what_is_apart) {
    const auto of = network::parse("cards 4\ncable 0:0 1:1\ncable 0:2 1:3\n"
                                   "cable 1:0 2:0\ncable 3:4 3:5\n")
                        .value();
    EXPECT_EQ(matrix(of), "\ncard    0    1    2    3\n"
                          "   0    X L0,2   2h    -\n"
                          "   1 L1,3    X   L0    -\n"
                          "   2   2h   L0    X    -\n"
                          "   3    -    -    - L4,5\n"
                          "\nX: itself; L0,1: by its links 0 and 1; 2h: in 2 hops; "
                          "-: not at all\n");
    EXPECT_EQ(matrix(shape("ring25")), "");
}

TEST(text, tells_of_the_whole) {
    const auto shown = text(make_report("node8", shape("node8"), {320}));
    EXPECT_THAT(shown,
                StartsWith("node8\n\ncards        8, all alike one of the first 1\n"
                           "cables       28, on 7 links of a card\n"
                           "bisection    16 cables: 200.0 GB/s each way\n"
                           "hops         1 at most, mean 1.000\n"));
    EXPECT_THAT(shown, HasSubstr("start        1 level from card 0: 1 epoch of 252 "
                                 "cycles, 280 ns\n"));
    EXPECT_THAT(shown, HasSubstr("     320 B          271        301 ns"));
}

TEST(text, of_an_empty_network_is_short) {
    const auto shown = text(make_report("line1", shape("line1"), {}));
    EXPECT_THAT(shown, Not(HasSubstr("all-reduce")));
    EXPECT_THAT(shown, Not(HasSubstr("start")));
}

TEST(text, of_routes_tells_what_spreading_gains) {
    const auto shown = text(make_route_report(shape("node8"), 0, 1, 1, 32'000));
    EXPECT_THAT(shown, StartsWith("from card 0 to card 1: 7 routes\n"
                                  "   1 hops  0:0-1:6\n"));
    EXPECT_THAT(shown, HasSubstr("spread over 7 that share no link: "));
    EXPECT_EQ(text(make_route_report(shape("node8"), 3, 3, 1, 320)),
              "from card 3 to card 3: no route\n");
}

TEST(json, has_what_the_manual_says) {
    const auto shown =
        nlohmann::json::parse(json(make_report("node8", shape("node8"), {})));
    EXPECT_EQ(shown["cards"], 8);
    EXPECT_EQ(shown["cables"], 28);
    EXPECT_EQ(shown["diameter"], 1);
    EXPECT_EQ(shown["bisection_least"], 16);
    EXPECT_EQ(shown["pairs_by_hops"], (std::vector{8, 56}));
    EXPECT_EQ(shown["start"]["cycles"], 252);
    EXPECT_EQ(shown["all_reduce"].size(), 20u);
    EXPECT_EQ(shown["all_reduce"][0]["bytes"], 32);
    EXPECT_EQ(shown["all_reduce"][0]["way"], "staged");
    EXPECT_EQ(shown["all_reduce"][19]["bytes"], 16 << 20);
    const auto routes =
        nlohmann::json::parse(json(make_route_report(shape("node8"), 0, 1, 1, 320)));
    EXPECT_EQ(routes["routes"][0][0], "0:0");
    EXPECT_EQ(routes["hops_apart"].size(), 7u);
    EXPECT_EQ(nlohmann::json::parse(json(published()))["rows"].size(), 22u);
}

TEST(json, survives_a_name_that_is_no_text) {
    EXPECT_NO_THROW(
        nlohmann::json::parse(json(make_report("\xff", shape("node2"), {32}))));
}

TEST(dot, has_every_card_and_cable) {
    const auto text = dot(shape("line2"));
    EXPECT_THAT(text, StartsWith("graph network {\n"));
    EXPECT_THAT(text, HasSubstr("  0 [pos=\""));
    EXPECT_THAT(text, HasSubstr("  0 -- 1 [taillabel=0, headlabel=1];\n"));
    EXPECT_THAT(dot(shape("ring17")), HasSubstr("  16 -- 0;\n"));
}

TEST(qemu_options, name_devices_and_what_is_not_usual) {
    const auto of = network::parse("cards 2\ncable 0:0 1:3\n"
                                   "cable 0:1 1:4 latency=230 spread=4.5\n")
                        .value();
    EXPECT_EQ(qemu_options(of),
              "-object groq-cable,id=c0,a=card0:0,b=card1:3\n"
              "-object groq-cable,id=c1,a=card0:1,b=card1:4,latency=230,spread=4.500,"
              "seed=2\n");
}

// With a folder of its own in which programs are looked for.
class drawn : public testing::Test {
protected:
    drawn() : path_(std::getenv("PATH")) {
        folder_ = std::filesystem::path(testing::TempDir()) /
                  testing::UnitTest::GetInstance()->current_test_info()->name();
        std::filesystem::create_directories(folder_);
        setenv("PATH", folder_.c_str(), 1);
    }
    ~drawn() override {
        setenv("PATH", path_.c_str(), 1);
        std::filesystem::remove_all(folder_);
    }

    void install(const std::string &script) {
        const auto neato = folder_ / "neato";
        std::ofstream(neato) << "#!/bin/sh\n" << script;
        std::filesystem::permissions(neato, std::filesystem::perms::owner_all);
    }

    std::string path_;
    std::filesystem::path folder_;
};

TEST_F(drawn, gives_neato_the_graph_and_the_file) {
    install("[ \"$1 $2\" = '-n2 -Tsvg' ] && exec /bin/cat > \"${3#-o}\"\n");
    const auto file = folder_ / "out.svg";
    const auto done = draw(shape("node4"), file);
    ASSERT_TRUE(done) << done.error().message();
    std::ostringstream text;
    text << std::ifstream(file).rdbuf();
    EXPECT_EQ(text.str(), dot(shape("node4")));
}

TEST_F(drawn, says_what_to_install) {
    const auto done = draw(shape("node4"), folder_ / "out.svg");
    ASSERT_FALSE(done);
    EXPECT_TRUE(done.error() == errc::unsupported);
    EXPECT_THAT(done.error().message(), HasSubstr("install the package graphviz"));
}

TEST_F(drawn, says_that_neato_failed) {
    install("exit 1\n");
    const auto done = draw(shape("node4"), "out.svg");
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().message(), "neato could not write out.svg");
}

TEST_F(drawn, is_not_what_nobody_could_see) {
    EXPECT_TRUE(draw(shape("ring1025"), "out.svg").error() == errc::size);
}

} // namespace
} // namespace groq::topo
