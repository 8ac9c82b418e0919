// SPDX-License-Identifier: MIT
#include "smi/coredump.hpp"

#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "smi/coredump_file.hpp"
#include "smi/coredump_json.hpp"
#include "smi/coredump_text.hpp"
#include "smi/coredump_words.hpp"

namespace groq::smi {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

// "nop 5", in the encoding of docs/isa.md.
constexpr std::uint8_t nop[16] = {0x01, 0, 0x05};

class file_maker {
public:
    explicit file_maker(std::uint32_t sections) {
        header_.magic = GROQ_COREDUMP_MAGIC;
        header_.version = GROQ_COREDUMP_VERSION;
        header_.reason = GROQ_COREDUMP_FAULT;
        header_.time_ns = 1'700'000'000'123'000'000;
        header_.serial = 0x1234;
        header_.hw_version = 0x10002;
        header_.firmware = 0x01020003;
        header_.queue = 3;
        std::strcpy(header_.pci, "0000:01:00.0");
        std::strcpy(header_.driver, "0.1.0");
        std::strcpy(header_.kernel, "6.12.0");
        header_.section_count = sections;
        bytes_.resize(sizeof header_ + sections * sizeof(groq_coredump_section));
    }

    template <typename entry>
    file_maker &add(std::uint32_t type, const std::vector<entry> &entries,
                    std::uint32_t entry_bytes = sizeof(entry)) {
        const groq_coredump_section section{type, entry_bytes, entries.size(),
                                            bytes_.size()};
        std::memcpy(&bytes_[sizeof header_ + made_++ * sizeof section], &section,
                    sizeof section);
        for (const entry &one : entries) {
            bytes_.resize(bytes_.size() + entry_bytes);
            std::memcpy(&bytes_[bytes_.size() - entry_bytes], &one,
                        std::min<std::size_t>(entry_bytes, sizeof one));
        }
        return *this;
    }

    std::vector<char> bytes() {
        header_.bytes = bytes_.size();
        std::memcpy(bytes_.data(), &header_, sizeof header_);
        return bytes_;
    }

private:
    groq_coredump header_{};
    std::size_t made_ = 0;
    std::vector<char> bytes_;
};

groq_coredump_fault fault() {
    groq_coredump_fault fault{};
    fault.status = 2;
    fault.cause = 22; // STREAM_EMPTY
    fault.cycle = 10;
    fault.address = ~0ull;
    fault.unit = 44;
    fault.text = 640;
    fault.detail = 5;
    fault.queue = 3;
    fault.seqno = 17;
    fault.command = 1;
    fault.pid = 4321;
    std::strcpy(fault.comm, "trainer");
    std::memcpy(fault.instruction, nop, sizeof nop);
    return fault;
}

std::vector<char> sample() {
    groq_coredump_queue queue{};
    queue.index = 3;
    queue.state = 1;
    queue.status = 0x203;
    queue.pid = 4321;
    std::strcpy(queue.comm, "trainer");
    groq_coredump_queue own{};
    const groq_coredump_job job{3, 1, 18, 2, 1};
    const groq_coredump_command copy{1, 4, 100, 6400, 320, 0};
    const groq_coredump_command run{3, 2, 0, 12800, 1000, 99};
    return file_maker(5)
        .add<groq_coredump_register>(GROQ_COREDUMP_REGISTERS, {{0x44, 5}, {0x68, 9}})
        .add<groq_coredump_queue>(GROQ_COREDUMP_QUEUES, {own, queue})
        .add<groq_coredump_fault>(GROQ_COREDUMP_FAULTS, {fault()})
        .add<groq_coredump_job>(GROQ_COREDUMP_JOBS, {job})
        .add<groq_coredump_command>(GROQ_COREDUMP_COMMANDS, {copy, run})
        .bytes();
}

coredump whole(const std::vector<char> &bytes) {
    auto dump = read_coredump(bytes);
    if (const auto *why = std::get_if<broken_dump>(&dump)) {
        ADD_FAILURE() << why->text;
        return {};
    }
    return std::get<coredump>(std::move(dump));
}

std::string defect(const std::vector<char> &bytes) {
    const auto dump = read_coredump(bytes);
    const auto *why = std::get_if<broken_dump>(&dump);
    return why ? why->text : "whole";
}

template <typename type>
void put(std::vector<char> &bytes, std::size_t offset, type value) {
    std::memcpy(&bytes.at(offset), &value, sizeof value);
}

std::size_t section_at(std::size_t number, std::size_t member) {
    return sizeof(groq_coredump) + number * sizeof(groq_coredump_section) + member;
}

TEST(coredump, text_names_what_went_wrong_and_whose_it_was) {
    const auto text = coredump_text(whole(sample()));
    for (const char *part : {"a command failed",
                             "2023-11-14T22:13:20.123Z",
                             "0000:01:00.0",
                             "0000000000001234",
                             "interface 1.2",
                             "firmware 1.2.3",
                             "groq 0.1.0 on Linux 6.12.0",
                             "queue     3",
                             "FAULT, job 17 of queue 3",
                             "trainer (4321)",
                             "STREAM_EMPTY",
                             "mem.e.0",
                             "instruction nop 5",
                             "running, enabled, active, error DOORBELL",
                             "the driver itself",
                             "job 18 of queue 3, in the ring, 1 of 2 commands done",
                             "COPY_IN 320 bytes x 4",
                             "> 1   RUN",
                             "expected 99",
                             "00044: 00000005"})
        EXPECT_THAT(text, HasSubstr(part));
}

TEST(coredump, json_says_the_same_with_numbers) {
    const auto root = nlohmann::json::parse(coredump_json(whole(sample())));
    EXPECT_EQ(root["reason"], "fault");
    EXPECT_EQ(root["card"]["serial"], "0000000000001234");
    EXPECT_EQ(root["queue"], 3);
    EXPECT_EQ(root["faults"][0]["instruction"], "nop 5");
    EXPECT_EQ(root["faults"][0]["unit_name"], "mem.e.0");
    EXPECT_EQ(root["faults"][0]["address"], nullptr);
    EXPECT_EQ(root["faults"][0]["process"]["name"], "trainer");
    EXPECT_EQ(root["queues"][0]["process"], nullptr);
    EXPECT_EQ(root["jobs"][0]["commands"][1]["expected"], 99);
    EXPECT_EQ(root["registers"][1]["offset"], 0x68);
}

TEST(coredump, every_key_is_in_the_manual) {
    std::ifstream file(MANUAL);
    const std::string manual{std::istreambuf_iterator<char>(file), {}};
    const auto root = nlohmann::json::parse(coredump_json(whole(sample())));
    const std::function<void(const nlohmann::json &)> look = [&](const auto &value) {
        for (const auto &[key, member] : value.items()) {
            if (value.is_object()) {
                EXPECT_THAT(manual, HasSubstr(key));
            }
            if (member.is_structured())
                look(member);
        }
    };
    look(root);
}

TEST(coredump, bytes_that_are_no_instruction_are_not_disassembled) {
    auto wrong = fault();
    std::memset(wrong.instruction, 0xff, sizeof wrong.instruction);
    EXPECT_EQ(instruction_text(wrong), "");
    auto none = fault();
    none.text = ~0u;
    EXPECT_EQ(instruction_text(none), "");
    none.unit = ~0u;
    EXPECT_EQ(unit_text(none), "");
}

TEST(coredump, what_a_newer_driver_adds_is_skipped) {
    const auto bytes = file_maker(2)
                           .add<groq_coredump_register>(77, {{1, 2}})
                           .add<groq_coredump_register>(GROQ_COREDUMP_REGISTERS,
                                                        {{0x44, 5}, {0x48, 6}}, 24)
                           .bytes();
    const auto dump = whole(bytes);
    ASSERT_EQ(dump.registers.size(), 2u);
    EXPECT_EQ(dump.registers[1].offset, 0x48u);
}

TEST(coredump, numbers_without_a_name_stay_numbers) {
    auto bytes = sample();
    put<std::uint32_t>(bytes, offsetof(groq_coredump, reason), 4000);
    EXPECT_THAT(coredump_text(whole(bytes)), HasSubstr("reason 4000"));
    EXPECT_EQ(nlohmann::json::parse(coredump_json(whole(bytes)))["reason"], "4000");
}

TEST(coredump, text_of_the_file_cannot_harm_a_terminal) {
    auto bytes = sample();
    std::memset(&bytes[offsetof(groq_coredump, kernel)], '\033', 64);
    EXPECT_THAT(coredump_text(whole(bytes)), Not(HasSubstr("\033")));
    EXPECT_THAT(coredump_json(whole(bytes)), Not(HasSubstr("u001b")));
}

TEST(coredump, says_why_a_file_is_no_dump) {
    EXPECT_THAT(defect({}), HasSubstr("ends after 0 bytes"));
    EXPECT_THAT(defect(std::vector<char>(1000, 'x')), HasSubstr("not a core dump"));
    auto bytes = sample();
    put<std::uint32_t>(bytes, offsetof(groq_coredump, version), 2);
    EXPECT_THAT(defect(bytes), HasSubstr("version 2"));
    bytes = sample();
    bytes.push_back(0);
    EXPECT_THAT(defect(bytes), HasSubstr("the file"));
    bytes = sample();
    put<std::uint32_t>(bytes, offsetof(groq_coredump, section_count), ~0u);
    EXPECT_THAT(defect(bytes), Not("whole"));
}

TEST(coredump, says_which_section_is_wrong) {
    using section = groq_coredump_section;
    const struct {
        std::size_t member;
        std::uint64_t value;
        const char *why;
    } cases[] = {
        {offsetof(section, offset), ~0ull, "begins at"},
        {offsetof(section, offset), 1, "begins at"},
        {offsetof(section, count), ~0ull, "does not fit"},
        {offsetof(section, count), 1ull << 61, "does not fit"},
    };
    for (const auto &it : cases) {
        auto bytes = sample();
        put(bytes, section_at(1, it.member), it.value);
        EXPECT_THAT(defect(bytes), HasSubstr(it.why)) << it.member << " " << it.value;
        EXPECT_THAT(defect(bytes), HasSubstr("type 2"));
    }
    auto bytes = sample();
    put<std::uint32_t>(bytes, section_at(1, offsetof(section, entry_bytes)), 0);
    EXPECT_THAT(defect(bytes), HasSubstr("does not fit"));
    put<std::uint32_t>(bytes, section_at(1, offsetof(section, entry_bytes)), 8);
    EXPECT_THAT(defect(bytes), HasSubstr("too short"));
    bytes = sample();
    put<std::uint32_t>(bytes, section_at(1, offsetof(section, type)), 1);
    EXPECT_THAT(defect(bytes), HasSubstr("a second section of type 1"));
}

TEST(coredump, jobs_and_commands_must_agree) {
    const groq_coredump_command nothing{};
    const auto made = [&](std::uint32_t commands, std::uint32_t done) {
        return file_maker(2)
            .add<groq_coredump_job>(GROQ_COREDUMP_JOBS, {{1, 1, 5, commands, done}})
            .add<groq_coredump_command>(GROQ_COREDUMP_COMMANDS, {nothing, nothing})
            .bytes();
    };
    EXPECT_EQ(defect(made(2, 2)), "whole");
    EXPECT_THAT(defect(made(3, 0)), HasSubstr("job 5 of queue 1"));
    EXPECT_THAT(defect(made(2, 3)), HasSubstr("job 5 of queue 1"));
    EXPECT_THAT(defect(made(1, 0)), HasSubstr("no job"));
}

TEST(coredump, survives_every_cut) {
    const auto bytes = sample();
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        std::vector<char> cut(bytes.begin(), bytes.begin() + static_cast<long>(size));
        EXPECT_NE(defect(cut), "whole") << size;
        if (size >= sizeof(groq_coredump)) { // and says that this is all
            put<std::uint64_t>(cut, offsetof(groq_coredump, bytes), size);
            EXPECT_NE(defect(cut), "whole") << size;
        }
    }
}

TEST(coredump, survives_flipped_bits_and_bytes) {
    const auto bytes = sample();
    std::mt19937 random(1);
    for (int round = 0; round < 20000; ++round) {
        auto wrong = bytes;
        for (unsigned flips = random() % 4 + 1; flips; --flips)
            wrong[random() % wrong.size()] ^= static_cast<char>(random());
        const auto dump = read_coredump(wrong);
        if (const auto *read = std::get_if<coredump>(&dump)) {
            coredump_text(*read);
            EXPECT_TRUE(nlohmann::json::accept(coredump_json(*read)));
        } else {
            EXPECT_NE(defect(wrong), "");
        }
    }
}

class folder {
public:
    folder() : path_(fs::temp_directory_path() / "groq-coredump-XXXXXX") {
        auto name = path_.string();
        path_ = mkdtemp(name.data());
    }
    ~folder() { fs::remove_all(path_); }
    void add(const std::string &name, const std::string &vendor) const {
        fs::create_directories(path_ / name / "failing_device");
        std::ofstream(path_ / name / "failing_device/vendor") << vendor << "\n";
    }
    const fs::path &path() const { return path_; }

private:
    fs::path path_;
};

TEST(coredump, newest_is_that_of_our_cards_with_the_highest_number) {
    const folder place;
    EXPECT_FALSE(newest_coredump(place.path()));
    EXPECT_FALSE(newest_coredump(place.path() / "missing"));
    place.add("devcd9", "0x1de0");
    place.add("devcd10", "0x1de0");
    place.add("devcd11", "0x8086");
    place.add("disabled", "0x1de0");
    EXPECT_EQ(newest_coredump(place.path()), place.path() / "devcd10/data");
}

TEST(coredump, file_errors_name_the_file) {
    const auto missing = load_coredump("/nonexistent/dump");
    EXPECT_THAT(std::get<broken_dump>(missing).text,
                HasSubstr("/nonexistent/dump: No such file"));
    const auto wrong = load_coredump("/dev/null");
    EXPECT_THAT(std::get<broken_dump>(wrong).text,
                HasSubstr("/dev/null: the file ends"));
}

} // namespace
} // namespace groq::smi
