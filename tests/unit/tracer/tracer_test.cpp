// SPDX-License-Identifier: MIT
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>

#include "trace.hpp"
#include "tracer/json.hpp"

namespace groq::tracing::test {
namespace {

using namespace chip::test;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

struct tracer : testing::Test {
    tracer() { seen.watch(card); }

    void expect_slice(const json &slice, const char *name, uint64_t start,
                      uint64_t length) {
        EXPECT_EQ(slice["name"], name) << slice;
        EXPECT_EQ(slice["ts"], start) << slice;
        EXPECT_EQ(slice["dur"], length) << slice;
    }

    program_card card;
    trace seen;
};

TEST_F(tracer, leaves_a_whole_file_before_any_program) {
    EXPECT_THAT(seen.parsed()["traceEvents"], IsEmpty());
    EXPECT_THAT(seen.parsed()["otherData"]["time"].get<std::string>(),
                HasSubstr("1 us is 1 cycle"));
    EXPECT_EQ(seen.parsed()["otherData"]["clock_hz"], GROQ_CLOCK_HZ);
}

TEST_F(tracer, has_a_slice_for_each_instruction_in_the_row_of_its_queue) {
    uint32_t icu = mem(GROQ_EAST, 3);
    card.add(icu, {nop(5), read(7, east(1))});
    card.add(GROQ_ICU_VXM(2),
             {unary(GROQ_OPCODE_COPY, GROQ_TYPE_I8, nowhere, immediate, 0x2a)});
    ASSERT_EQ(card.run().status, GROQ_COMPLETION_OK);
    json slices = seen.slices("mem.e.3");
    ASSERT_EQ(slices.size(), 2u);
    expect_slice(slices[0], "nop", 0, 5);
    expect_slice(slices[1], "read", 5, 1);
    EXPECT_EQ(
        slices[1]["args"],
        json({{"stream", "e1"},
              {"word", 7},
              {"step", 0},
              {"text", hexadecimal_text(program_card::text_address(icu, 0) + 16)}}));
    slices = seen.slices("vxm.2");
    ASSERT_EQ(slices.size(), 1u);
    EXPECT_EQ(slices[0]["args"]["a"], "0x2a");
    EXPECT_EQ(slices[0]["args"]["target"], "none");
    EXPECT_EQ(slices[0]["args"]["type"], "i8");
}

TEST_F(tracer, shows_a_program_as_a_process) {
    card.add(0, {nop(5)});
    uint64_t cycles = card.run().result;
    json slices = seen.slices("program");
    ASSERT_EQ(slices.size(), 1u);
    expect_slice(slices[0], "program", 0, cycles);
    EXPECT_EQ(slices[0]["args"]["queue"], card.queue.number);
    EXPECT_EQ(slices[0]["args"]["cycles"], cycles);
    card.run();
    EXPECT_EQ(seen.slices("program", 1002).size(), 1u);
    EXPECT_EQ(seen.slices("mem.w.0", 1002).size(), 1u);
    std::vector<std::string> names;
    json all = seen.parsed();
    for (const json &each : all["traceEvents"])
        if (each["name"] == "process_name")
            names.push_back(each["args"]["name"]);
    EXPECT_THAT(names, ElementsAre("card program 1", "card program 2"));
}

TEST_F(tracer, shows_repetitions_as_one_slice_with_their_number) {
    card.add(0, {read(7, west(1), 1), repeat(9, 3), nop(2), read(7, west(1))});
    ASSERT_EQ(card.run().status, GROQ_COMPLETION_OK);
    json slices = seen.slices("mem.w.0");
    ASSERT_EQ(slices.size(), 3u);
    expect_slice(slices[0], "read", 0, 28);
    EXPECT_EQ(slices[0]["args"]["count"], 10);
    EXPECT_EQ(slices[0]["args"]["interval"], 3);
    expect_slice(slices[1], "nop", 28, 2);
    expect_slice(slices[2], "read", 30, 1);
    EXPECT_FALSE(slices[2]["args"].contains("count"));
}

TEST_F(tracer, shows_the_time_that_a_queue_is_parked) {
    card.add(0, {sync(), read(0, west(1))});
    card.add(1, {nop(5), notify()});
    ASSERT_EQ(card.run().status, GROQ_COMPLETION_OK);
    json slices = seen.slices("mem.w.0");
    ASSERT_EQ(slices.size(), 2u);
    expect_slice(slices[0], "sync", 0, 5 + GROQ_DELAY_SYNC);
    expect_slice(slices[1], "read", 5 + GROQ_DELAY_SYNC, 1);
    expect_slice(seen.slices("mem.w.1")[1], "notify", 5, 1);
}

TEST_F(tracer, shows_a_fault_where_it_happens) {
    card.add(mem(GROQ_EAST, 0), {nop(4), write(0, west(3))});
    card.add(mem(GROQ_EAST, 1), {nop(100)});
    card.add(mem(GROQ_EAST, 2), {sync()});
    ASSERT_EQ(card.run().status, GROQ_COMPLETION_FAULT);
    json faults = seen.events("i", "mem.e.0");
    ASSERT_EQ(faults.size(), 1u);
    EXPECT_EQ(faults[0]["name"], "STREAM_EMPTY");
    EXPECT_EQ(faults[0]["ts"], 4);
    EXPECT_EQ(faults[0]["s"], "t");
    EXPECT_EQ(faults[0]["args"]["detail"], west(3));
    EXPECT_THAT(faults[0]["args"]["instruction"].get<std::string>(),
                testing::StartsWith("11 23 00 00 "));
    expect_slice(seen.slices("mem.e.0")[1], "write", 4, 1);
    // The others get as far as the program does.
    expect_slice(seen.slices("mem.e.1")[0], "nop", 0, 4);
    expect_slice(seen.slices("mem.e.2")[0], "sync", 0, 4);
}

TEST_F(tracer, shows_an_instruction_that_is_none_by_its_fault_alone) {
    card.add(0, {chip::instruction_word{0xff, 0}});
    card.run();
    EXPECT_THAT(seen.slices("mem.w.0"), IsEmpty());
    EXPECT_EQ(seen.events("i", "mem.w.0")[0]["name"], "ILLEGAL");
}

TEST_F(tracer, shows_what_ends_the_program_as_a_whole_in_its_row) {
    card.add(0, {nop(60'000), nop(1)});
    card.run(50);
    json faults = seen.events("i", "program");
    ASSERT_EQ(faults.size(), 1u);
    EXPECT_EQ(faults[0]["name"], "CYCLE_LIMIT");
    EXPECT_EQ(faults[0]["ts"], 50);
    EXPECT_EQ(faults[0]["s"], "p");
    expect_slice(seen.slices("mem.w.0")[0], "nop", 0, 50);
}

TEST_F(tracer, says_where_a_loaded_program_comes_in) {
    card.add(0, {read(7, west(1)), repeat(9)});
    card.queue.push(card.build());
    card.queue.ring();
    groq_chip_work(card.chip.get(), GROQ_ENGINE_COPY, 1);
    groq_chip_advance(card.chip.get(), 4);
    std::vector<uint8_t> state(groq_chip_save(card.chip.get(), nullptr, 0));
    groq_chip_save(card.chip.get(), state.data(), state.size());
    ASSERT_TRUE(groq_chip_load(card.chip.get(), state.data(), state.size()));
    EXPECT_EQ(seen.events("i", "program")[0]["name"], "ABORTED");
    card.settle();
    json slices = seen.slices("mem.w.0", 1002);
    ASSERT_EQ(slices.size(), 1u);
    expect_slice(slices[0], "read", 4, 6);
    EXPECT_EQ(slices[0]["args"]["repetition"], 4);
    EXPECT_EQ(slices[0]["args"]["count"], 6);
}

TEST_F(tracer, changes_neither_bytes_nor_cycles) {
    dense_layer alone{30}, traced{30};
    seen.watch(traced);
    EXPECT_EQ(alone.run().result, traced.run().result);
    EXPECT_EQ(std::memcmp(alone.sram.get(), traced.sram.get(), alone.sram_bytes), 0);
    EXPECT_EQ(seen.slices("mxm.e.0.activations").size(), 3u);
}

TEST_F(tracer, writes_the_same_however_the_program_is_advanced) {
    dense_layer whole{30}, pieces{30};
    trace other;
    seen.watch(whole);
    other.watch(pieces);
    whole.run();
    pieces.queue.push(pieces.build());
    pieces.queue.ring();
    pieces.settle(1);
    EXPECT_EQ(seen.file.text(), other.file.text());
}

TEST_F(tracer, escapes_the_name_of_the_card) {
    const char *name = "a \"card\\\n\x01\x1f of \xc3\xa9t\xc3\xa9";
    trace named(name);
    EXPECT_EQ(named.parsed()["otherData"]["card"], name);
}

TEST_F(tracer, starts_a_file_anew) {
    card.add(0, {nop(5)});
    card.run();
    card.chip.reset();
    groq_tracer_destroy(std::exchange(seen.tracer, nullptr));
    EXPECT_GT(seen.file.text().size(), 500u);
    groq_tracer_destroy(
        groq_tracer_create(seen.file.name.c_str(), "card", trace::complain, &seen));
    EXPECT_THAT(seen.parsed()["traceEvents"], IsEmpty());
}

TEST_F(tracer, refuses_files_that_it_cannot_have) {
    auto refusal = [](const std::string &file) {
        std::string why = "none";
        auto note = [](void *to, const char *line) {
            *static_cast<std::string *>(to) = line;
        };
        EXPECT_EQ(groq_tracer_create(file.c_str(), "card", note, &why), nullptr);
        return why;
    };
    EXPECT_THAT(refusal("/no/folder/at/all"), HasSubstr("/no/folder/at/all: No such"));
    EXPECT_THAT(refusal("/dev/null"), HasSubstr("not a regular file"));
    temporary_file pipe;
    ASSERT_EQ(::mkfifo(pipe.name.c_str(), 0600), 0);
    EXPECT_THAT(refusal(pipe.name), HasSubstr(pipe.name));
    EXPECT_THAT(refusal(seen.file.name), HasSubstr("a file of its own"));
    EXPECT_THAT(seen.parsed()["traceEvents"], IsEmpty());
}

TEST_F(tracer, ends_after_the_last_whole_program_when_the_file_cannot_grow) {
    card.add(0, words(30, nop(5)));
    uint64_t cycles = card.run().result;
    json before_the_end = seen.parsed();
    EXPECT_EQ(before_the_end["whole"], true);
    rlimit before{};
    ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
    auto ignored = std::signal(SIGXFSZ, SIG_IGN);
    rlimit small{seen.file.text().size() + 100, before.rlim_max};
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
    for (int round = 0; round < 3; ++round)
        EXPECT_EQ(card.run().result, cycles);
    ::setrlimit(RLIMIT_FSIZE, &before);
    std::signal(SIGXFSZ, ignored);
    EXPECT_THAT(seen.complaints,
                ElementsAre(AllOf(HasSubstr("is not whole, it ends before program 2"),
                                  HasSubstr("File too large"))));
    json after = seen.parsed();
    EXPECT_EQ(after["whole"], false);
    EXPECT_EQ(after["traceEvents"], before_the_end["traceEvents"]);
}

} // namespace
} // namespace groq::tracing::test
