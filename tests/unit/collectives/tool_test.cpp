// SPDX-License-Identifier: MIT
// groq-collective from the command line.
#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <groq/network.hpp>

#include "asm/check.hpp"
#include "asm/elf_file.hpp"

namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

struct outcome {
    int status;
    std::string output; // and errors
};

outcome run(const std::string &arguments) {
    FILE *pipe = popen((GROQ_COLLECTIVE " " + arguments + " 2>&1").c_str(), "r");
    std::string output;
    std::array<char, 4096> buffer;
    while (const std::size_t count = fread(buffer.data(), 1, buffer.size(), pipe))
        output.append(buffer.data(), count);
    return {WEXITSTATUS(pclose(pipe)), output};
}

class groq_collective : public testing::Test {
protected:
    groq_collective() {
        std::string name =
            (fs::temp_directory_path() / "groq-collective-XXXXXX").string();
        folder_ = mkdtemp(name.data());
    }
    ~groq_collective() override { fs::remove_all(folder_); }

    fs::path folder_;
};

TEST_F(groq_collective, writes_a_program_for_each_card_and_their_topology) {
    const fs::path to = folder_ / "new" / "sum";
    const outcome end = run("-n 4K -o " + to.string() + " all-reduce node4");
    EXPECT_EQ(end.status, 0);
    EXPECT_THAT(end.output, HasSubstr("all-reduce of 4096 bytes on 4 cards"));
    for (const char *card : {"card0.groq", "card1.groq", "card2.groq", "card3.groq"}) {
        const auto program =
            groq::assembly::read_elf(groq::assembly::read_file(to / card));
        for (const auto &found : groq::assembly::check(program))
            ADD_FAILURE() << groq::assembly::to_text(found);
        ASSERT_EQ(program.tensors.size(), 2U);
        EXPECT_EQ(program.tensors[0].columns, 1024U);
        EXPECT_EQ(program.entries[0].cycles, 0U); // nobody knows
    }
    const auto wires = groq::network::load((to / "topology").string());
    ASSERT_TRUE(wires);
    EXPECT_TRUE(*wires == groq::network::by_name("node4").value());
}

TEST_F(groq_collective, reports_and_writes_nothing_without_a_directory) {
    EXPECT_THAT(run("-t i8 -n 1 --target 1 send node2").output,
                HasSubstr("send of 1 bytes on 2 cards: "));
    EXPECT_EQ(run("-q -t f16 all-gather ring3").output, "");
    EXPECT_THAT(run("-a ring reduce-scatter node3").output, HasSubstr("cards, ring: "));
    EXPECT_THAT(run("all-reduce line4").output, HasSubstr("cards, tree: "));
}

TEST_F(groq_collective, refuses_what_cannot_be_done) {
    const outcome end = run("all-gather line4");
    EXPECT_EQ(end.status, 1);
    EXPECT_THAT(end.output, HasSubstr("line4: the cables make no ring of all cards"));
    EXPECT_EQ(run("-t i8 all-reduce node2").status, 1);
    EXPECT_EQ(run("-n 200M all-reduce node2").status, 1);
    EXPECT_EQ(run("--root 8 broadcast node8").status, 1);
}

TEST_F(groq_collective, explains_wrong_arguments) {
    const auto explains = [](const char *arguments, const char *why) {
        const outcome end = run(arguments);
        EXPECT_EQ(end.status, 2) << arguments;
        EXPECT_THAT(end.output, HasSubstr(why)) << arguments;
    };
    explains("", "an operation and a topology are needed");
    explains("sum node2", "no such operation: sum");
    explains("send node2 node3", "one operation and one topology");
    explains("-a star all-reduce node2", "no such algorithm: star");
    explains("-t i64 all-reduce node2", "no such type: i64");
    explains("-n 1G all-reduce node2", "not a number");
    explains("-n 0 all-reduce node2", "1 byte at least");
    explains("all-reduce node2 -n", "-n needs a value");
    explains("--sum", "unknown option --sum");
    explains("all-reduce nowhere", "nowhere");
    EXPECT_THAT(run("--help").output, HasSubstr("usage: groq-collective"));
    EXPECT_EQ(run("--version").status, 0);
}

} // namespace
