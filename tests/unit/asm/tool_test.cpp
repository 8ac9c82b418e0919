// SPDX-License-Identifier: MIT
// groq-as and groq-objdump from the command line.
#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "asm/elf_file.hpp"

namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

struct outcome {
    int status;
    std::string output; // and errors
};

outcome run(const std::string &command) {
    FILE *pipe = popen((command + " 2>&1").c_str(), "r");
    std::string output;
    std::array<char, 4096> buffer;
    while (const std::size_t count = fread(buffer.data(), 1, buffer.size(), pipe))
        output.append(buffer.data(), count);
    return {WEXITSTATUS(pclose(pipe)), output};
}

class tools : public testing::Test {
protected:
    tools() {
        std::string name = (fs::temp_directory_path() / "groq-tools-XXXXXX").string();
        folder_ = mkdtemp(name.data());
    }
    ~tools() override { fs::remove_all(folder_); }

    std::string path(const char *name) const { return (folder_ / name).string(); }

    std::string write(const char *name, const std::string &content) const {
        std::ofstream(folder_ / name) << content;
        return path(name);
    }

    std::string content(const char *name) const {
        std::ifstream in(folder_ / name, std::ios::binary);
        return {std::istreambuf_iterator<char>(in), {}};
    }

    outcome assemble(const std::string &arguments) const {
        return run(GROQ_AS " " + arguments);
    }
    outcome objdump(const std::string &arguments) const {
        return run(GROQ_OBJDUMP " " + arguments);
    }

    static constexpr const char *source = ".entry main\n"
                                          ".queue vxm.3\n"
                                          "@7 copy i8, 1\n"
                                          "repeat 2, 5\n";
    static constexpr const char *faulty = ".entry main\n"
                                          ".queue vxm.3\n"
                                          "copy i8, alu1\n";

private:
    fs::path folder_;
};

TEST_F(tools, go_there_and_back) {
    write("a.s", source);
    EXPECT_EQ(assemble(path("a.s")).status, 0);
    const outcome text = objdump("-s " + path("a.groq"));
    EXPECT_EQ(text.status, 0);
    write("b.s", text.output);
    EXPECT_EQ(assemble("-o " + path("c") + " " + path("b.s")).status, 0);
    EXPECT_EQ(content("c"), content("a.groq"));
    EXPECT_EQ(
        run("cat " + path("a.s") + " | " GROQ_AS " -o " + path("d") + " -").status, 0);
    EXPECT_EQ(content("d"), content("a.groq"));
}

TEST_F(tools, say_where_a_source_is_wrong) {
    const std::string name = write("a.s", "\n  .set x, (\n");
    const outcome end = assemble(name);
    EXPECT_EQ(end.status, 1);
    EXPECT_EQ(end.output, name + ":2:12: error: expected a number\n");
    EXPECT_FALSE(fs::exists(path("a.groq")));
}

TEST_F(tools, write_faulty_programs_when_told_to) {
    const std::string name = write("a.s", faulty);
    EXPECT_THAT(assemble(name).output,
                HasSubstr(":3:1: error: cycle 0: OPERAND_EMPTY"));
    EXPECT_EQ(assemble("--no-check " + name).status, 0);
    const outcome end = objdump("-c " + path("a.groq"));
    EXPECT_EQ(end.status, 1);
    EXPECT_THAT(end.output, HasSubstr("error: main: vxm.3, cycle 0: OPERAND_EMPTY"));
}

TEST_F(tools, warn_unless_told_not_to) {
    const std::string name =
        write("a.s", ".entry main\n.queue vxm.3\ncopy i8, 1 -> e0\n");
    const outcome end = assemble(name);
    EXPECT_EQ(end.status, 0);
    EXPECT_THAT(end.output,
                HasSubstr(":3:1: warning: cycle 0: nothing uses its value"));
    EXPECT_EQ(assemble("--no-warnings " + name).output, "");
}

TEST_F(tools, show_what_is_in_a_program) {
    assemble(write("a.s", source));
    EXPECT_THAT(objdump(path("a.groq")).output,
                HasSubstr("entry     main (monolithic): 1 queues, 38 cycles"));
    EXPECT_THAT(objdump("-d " + path("a.groq")).output,
                HasSubstr("copy i8, 1                              ; @7"));
    EXPECT_THAT(objdump("-t " + path("a.groq")).output,
                HasSubstr("function main.vxm.3"));
    const auto json =
        nlohmann::json::parse(objdump("-hdt --json " + path("a.groq")).output);
    EXPECT_EQ(json["entries"][0]["cycles"], 38);
    EXPECT_EQ(json["issues"].size(), 4U); // a NOP, and three times copy
    EXPECT_EQ(json["issues"][3]["cycle"], 17);
    EXPECT_EQ(json["symbols"][0]["name"], "main.vxm.3");
}

TEST_F(tools, refuse_files_that_are_no_programs) {
    const std::string name = write("a.groq", "not a program");
    const outcome end = objdump(name);
    EXPECT_EQ(end.status, 1);
    EXPECT_THAT(end.output, HasSubstr(name + ": ELF header"));
}

TEST_F(tools, never_overwrite_a_source) {
    const std::string name = write("a.groq", source);
    fs::create_hard_link(name, path("link"));
    for (const std::string &arguments :
         {name, "-o " + name + " " + name, "-o " + path("link") + " " + name,
          "-o " + name + " - < " + name}) {
        const outcome end = assemble(arguments);
        EXPECT_EQ(end.status, 2) << arguments;
        EXPECT_THAT(end.output, HasSubstr(" is the source"));
        EXPECT_EQ(content("a.groq"), source);
    }
}

TEST_F(tools, say_when_their_output_is_lost) {
    assemble(write("a.s", source));
    for (const char *command :
         {GROQ_AS " --help", GROQ_AS " --version", GROQ_OBJDUMP " --help",
          GROQ_OBJDUMP " --version", GROQ_OBJDUMP " -d ", GROQ_OBJDUMP " -s ",
          GROQ_OBJDUMP " -hdtc --json "}) {
        const outcome end =
            run(std::string("{ ") + command + " " + path("a.groq") + " >/dev/full; }");
        EXPECT_EQ(end.status, 1) << command;
        EXPECT_THAT(end.output, HasSubstr("cannot write the output: No space left"));
    }
}

TEST_F(tools, name_a_directory_that_is_no_file) {
    for (const char *tool : {GROQ_AS, GROQ_OBJDUMP}) {
        const outcome end = run(std::string(tool) + " " + path(""));
        EXPECT_EQ(end.status, 2);
        EXPECT_THAT(end.output, HasSubstr(path("") + ": Is a directory"));
    }
}

TEST_F(tools, end_their_options) {
    write("-odd.s", source);
    const std::string there = "cd " + path("") + " && ";
    EXPECT_EQ(run(there + GROQ_AS " -- -odd.s").status, 0);
    EXPECT_EQ(run(there + GROQ_OBJDUMP " -d -- -odd.groq").status, 0);
}

TEST_F(tools, write_json_of_names_that_are_no_text) {
    assemble(write("a.s", source));
    groq::assembly::program odd =
        groq::assembly::read_elf(groq::assembly::read_file(path("a.groq")));
    odd.entries.at(0).name = "\xff";
    groq::assembly::write_file(path("b.groq"), groq::assembly::write_elf(odd));
    const outcome end = objdump("--json " + path("b.groq"));
    EXPECT_EQ(end.status, 0) << end.output;
    EXPECT_EQ(nlohmann::json::parse(end.output)["entries"][0]["name"], "\ufffd");
}

TEST_F(tools, explain_their_use) {
    for (const char *tool : {GROQ_AS, GROQ_OBJDUMP}) {
        const outcome help = run(std::string(tool) + " --help");
        EXPECT_EQ(help.status, 0);
        EXPECT_THAT(help.output, HasSubstr("usage: groq-"));
        EXPECT_EQ(run(std::string(tool) + " --version").status, 0);
        EXPECT_EQ(run(tool).status, 2);
        EXPECT_EQ(run(std::string(tool) + " --frobnicate x").status, 2);
        EXPECT_EQ(run(std::string(tool) + " a b").status, 2);
        const outcome missing = run(std::string(tool) + " " + path("missing"));
        EXPECT_EQ(missing.status, 2);
        EXPECT_THAT(missing.output, HasSubstr("missing: No such file"));
    }
    EXPECT_EQ(assemble("-").status, 2);
    EXPECT_EQ(assemble("-o").status, 2);
    EXPECT_EQ(objdump("-s --json x").status, 2);
}

} // namespace
