// SPDX-License-Identifier: MIT
// BAR0 but for the queues' pages: docs/hardware.md sections 3 to 7.
#include <bit>

#include "card.hpp"

namespace groq::chip::test {
namespace {

using vectors = std::vector<unsigned int>;

struct registers : testing::Test, card {
    uint8_t byte_at(uint64_t offset) {
        return static_cast<uint8_t>(read32(offset & ~3ull) >> (offset & 3) * 8);
    }

    uint64_t composed(uint64_t offset, unsigned int bytes) {
        uint64_t value = 0;
        for (unsigned int i = 0; i < bytes; ++i)
            value |= uint64_t{byte_at(offset + i)} << i * 8;
        return value;
    }

    groq_mailbox_message ask(const groq_mailbox_message &request) {
        auto words = std::bit_cast<std::array<uint32_t, 16>>(request);
        for (uint32_t i = 0; i < words.size(); ++i)
            write32(GROQ_MAILBOX_REQUEST + 4 * i, words[i]);
        write32(GROQ_MAILBOX_DOORBELL, 1);
        for (uint32_t i = 0; i < words.size(); ++i)
            words[i] = read32(GROQ_MAILBOX_RESPONSE + 4 * i);
        return std::bit_cast<groq_mailbox_message>(words);
    }

    groq_mailbox_message set_power_cap(uint32_t milliwatts) {
        groq_mailbox_message request{};
        request.opcode = GROQ_MAILBOX_SET_POWER_CAP;
        request.payload[0] = milliwatts;
        return ask(request);
    }
};

TEST_F(registers, identify_the_card) {
    EXPECT_EQ(read32(GROQ_ID), uint32_t{GROQ_ID_MAGIC});
    EXPECT_EQ(read32(GROQ_VERSION), 0x10002u);
    EXPECT_EQ(read64(GROQ_FEATURES), 15u);
    EXPECT_EQ(read32(GROQ_QUEUE_COUNT), 32u);
    EXPECT_EQ(read32(GROQ_VECTOR_COUNT), 33u);
    EXPECT_EQ(read64(GROQ_SRAM_SIZE), 230686720u);
    EXPECT_EQ(read64(GROQ_SERIAL), serial);
    EXPECT_EQ(read32(GROQ_LINK_COUNT), 11u);
    EXPECT_EQ(read32(GROQ_CLOCK_KHZ), 900000u);
    EXPECT_EQ(read32(GROQ_STATUS), 0x9u);
}

TEST_F(registers, read_the_same_bytes_at_every_width_and_alignment) {
    write64(GROQ_QUEUE(5) + GROQ_QUEUE_SQ_BASE, 0x1122334455667788);
    write32(GROQ_SCRATCH, 0xa1b2c3d4);
    for (uint64_t offset : {0x0, 0x50, 0x1000, 0x2000, 0x4000, 0x15000, 0x40000}) {
        for (uint64_t at = offset; at < offset + 0x48; ++at)
            for (unsigned int bytes : {1, 2, 4, 8})
                ASSERT_EQ(groq_chip_read(chip.get(), at, bytes), composed(at, bytes))
                    << std::hex << at << " " << bytes;
    }
}

TEST_F(registers, end_where_the_bar_ends) {
    EXPECT_EQ(groq_chip_read(chip.get(), GROQ_BAR_REGS_BYTES - 1, 8), 0u);
    EXPECT_EQ(groq_chip_read(chip.get(), GROQ_BAR_REGS_BYTES, 4), 0u);
    EXPECT_EQ(groq_chip_read(chip.get(), ~0ull, 8), 0u);
    groq_chip_write(chip.get(), GROQ_BAR_REGS_BYTES - 1, ~0ull, 8);
    groq_chip_write(chip.get(), ~0ull, ~0ull, 8);
}

TEST_F(registers, take_only_words_that_a_write_covers_whole) {
    write32(GROQ_SCRATCH, 0x11111111);
    groq_chip_write(chip.get(), GROQ_SCRATCH, 0xff, 1);
    groq_chip_write(chip.get(), GROQ_SCRATCH, 0xffff, 2);
    groq_chip_write(chip.get(), GROQ_SCRATCH + 2, 0xffff, 2);
    groq_chip_write(chip.get(), GROQ_SCRATCH + 1, 0xffffffff, 4);
    groq_chip_write(chip.get(), GROQ_SCRATCH - 3, ~0ull, 4);
    EXPECT_EQ(read32(GROQ_SCRATCH), 0x11111111u);
    groq_chip_write(chip.get(), GROQ_SCRATCH - 1, 0x22333333333333ff, 8);
    EXPECT_EQ(read32(GROQ_SCRATCH), 0x33333333u);
    groq_chip_write(chip.get(), GROQ_SCRATCH - 4, 0x4444444400000000, 8);
    EXPECT_EQ(read32(GROQ_SCRATCH), 0x44444444u);
}

// Control, PRBS and its state, ALIGN: what link_test.cpp writes.
bool is_of_link_tests(uint64_t offset) {
    uint64_t at = offset % 0x40;
    bool in_page = offset >= GROQ_LINK(0) && offset < GROQ_LINK(GROQ_LINKS);
    bool in_alignment =
        offset >= GROQ_LINK_ALIGNMENT(0) && offset < GROQ_LINK_ALIGNMENT(GROQ_LINKS);
    return (in_page && (at == GROQ_LINK_CONTROL || at == GROQ_LINK_PRBS ||
                        at == GROQ_LINK_TEST_STATUS)) ||
           (in_alignment && at == GROQ_LINK_ALIGN);
}

TEST_F(registers, ignore_writes_to_what_is_read_only_or_unused) {
    for (uint64_t offset = 0; offset < GROQ_QUEUE(0); offset += 4) {
        bool is_writable = offset == GROQ_CONTROL || offset == GROQ_SCRATCH ||
                           offset == GROQ_INTR_ENABLE ||
                           offset == GROQ_ECC_INJECT_ADDRESS ||
                           offset == GROQ_ECC_INJECT_BITS ||
                           offset == GROQ_HAC_PERIOD || is_of_link_tests(offset) ||
                           (offset >= GROQ_MAILBOX_DOORBELL && offset < 0x2100);
        if (is_writable)
            continue;
        uint32_t before = read32(offset);
        write32(offset, ~before);
        ASSERT_EQ(read32(offset), before) << std::hex << offset;
    }
}

TEST_F(registers, count_time_from_power_on) {
    host.time_ns += 123456789;
    EXPECT_EQ(read64(GROQ_TIME), 123456789u);
}

TEST_F(registers, name_the_links_that_are_brought_out) {
    for (uint32_t link = 0; link < 16; ++link)
        EXPECT_EQ(read32(GROQ_LINK(link) + GROQ_LINK_STATE),
                  link < 11 ? uint32_t{GROQ_LINK_DOWN} : uint32_t{GROQ_LINK_ABSENT});
}

TEST_F(registers, send_the_device_vector_when_an_enabled_cause_appears) {
    ask({GROQ_MAILBOX_PING, 0, 1, {}});
    EXPECT_EQ(read32(GROQ_INTR_STATUS), uint32_t{GROQ_INTR_MAILBOX});
    EXPECT_EQ(host.take_interrupts(), vectors{});
    write32(GROQ_INTR_ENABLE, GROQ_INTR_MAILBOX);
    EXPECT_EQ(host.take_interrupts(), vectors{GROQ_VECTOR_DEVICE});
    ask({GROQ_MAILBOX_PING, 0, 2, {}});
    EXPECT_EQ(host.take_interrupts(), vectors{}) << "the cause was there already";
}

TEST_F(registers, send_the_device_vector_again_while_a_cause_is_left) {
    write32(GROQ_INTR_ENABLE, ~0u);
    EXPECT_EQ(read32(GROQ_INTR_ENABLE), uint32_t{GROQ_INTR_ALL});
    ask({GROQ_MAILBOX_PING, 0, 1, {}});
    driver_queue q(*this);
    q.ring_tail(1000);
    EXPECT_EQ(host.take_interrupts(), vectors{GROQ_VECTOR_DEVICE});
    write32(GROQ_INTR_STATUS, GROQ_INTR_MAILBOX);
    EXPECT_EQ(host.take_interrupts(), vectors{GROQ_VECTOR_DEVICE});
    write32(GROQ_INTR_STATUS, GROQ_INTR_QUEUE_ERROR);
    EXPECT_EQ(host.take_interrupts(), vectors{});
    EXPECT_EQ(read32(GROQ_INTR_STATUS), 0u);
}

TEST_F(registers, answer_mailbox_requests) {
    groq_mailbox_message ping{GROQ_MAILBOX_PING, 0, 77, {1, 2, 3}};
    groq_mailbox_message pong = ask(ping);
    EXPECT_EQ(read32(GROQ_MAILBOX_STATUS), uint32_t{GROQ_MAILBOX_DONE});
    EXPECT_EQ(std::memcmp(&ping, &pong, sizeof(ping)), 0);
    groq_mailbox_message version = ask({GROQ_MAILBOX_VERSION, 0, 78, {}});
    EXPECT_EQ(version.sequence, 78u);
    EXPECT_EQ(version.payload[0], read32(GROQ_TELEMETRY_FIRMWARE));
    EXPECT_EQ(ask({999, 0, 79, {}}).status, GROQ_MAILBOX_UNKNOWN);
}

TEST_F(registers, keep_the_mailbox_quiet_without_its_doorbell_bit) {
    write32(GROQ_MAILBOX_DOORBELL, 2);
    EXPECT_EQ(read32(GROQ_MAILBOX_STATUS), 0u);
    EXPECT_EQ(read32(GROQ_INTR_STATUS), 0u);
}

TEST_F(registers, accept_a_power_cap_only_within_its_limits) {
    EXPECT_EQ(set_power_cap(100'000).status, GROQ_MAILBOX_OK);
    EXPECT_EQ(read32(GROQ_TELEMETRY_POWER_CAP_MW), 100'000u);
    EXPECT_EQ(set_power_cap(74'999).status, GROQ_MAILBOX_BAD_ARGUMENT);
    EXPECT_EQ(set_power_cap(375'001).status, GROQ_MAILBOX_BAD_ARGUMENT);
    EXPECT_EQ(read32(GROQ_TELEMETRY_POWER_CAP_MW), 100'000u);
    groq_chip_reset(chip.get(), false);
    EXPECT_EQ(read32(GROQ_TELEMETRY_POWER_CAP_MW), 375'000u);
}

TEST_F(registers, report_an_idle_card_in_good_health) {
    host.time_ns += 5'000'000'000;
    EXPECT_EQ(read32(GROQ_TELEMETRY_UPTIME_S), 5u);
    EXPECT_EQ(read32(GROQ_TELEMETRY_HEARTBEAT), 50u);
    EXPECT_EQ(read32(GROQ_TELEMETRY_POWER_MW), 60'000u);
    EXPECT_EQ(read32(GROQ_TELEMETRY_CHIP_MC), 42'000u);
    EXPECT_EQ(read32(GROQ_TELEMETRY_CHIP_MAX_MC), 90'000u);
    EXPECT_EQ(read32(GROQ_TELEMETRY_CHIP_CRIT_MC), 105'000u);
    EXPECT_EQ(read32(GROQ_TELEMETRY_CLOCK_KHZ), 900'000u);
    EXPECT_EQ(read32(GROQ_TELEMETRY_THROTTLE), 0u);
    EXPECT_EQ(read64(GROQ_TELEMETRY_BUSY_NS), 0u);
    EXPECT_GT(read32(GROQ_TELEMETRY_CORE_MV), 0u);
    EXPECT_GT(read32(GROQ_TELEMETRY_CORE_MA), 0u);
}

TEST_F(registers, take_their_reset_values_and_keep_the_identity) {
    write32(GROQ_SCRATCH, 1);
    write32(GROQ_INTR_ENABLE, GROQ_INTR_ALL);
    ask({GROQ_MAILBOX_PING, 0, 1, {}});
    write32(GROQ_CONTROL, GROQ_CONTROL_RESET);
    EXPECT_EQ(read32(GROQ_STATUS),
              uint32_t{GROQ_STATUS_RESETTING | GROQ_STATUS_CONTROLLER});
    settle();
    EXPECT_EQ(read32(GROQ_STATUS), 0x9u);
    EXPECT_EQ(read32(GROQ_SCRATCH), 0u);
    EXPECT_EQ(read32(GROQ_INTR_ENABLE), 0u);
    EXPECT_EQ(read32(GROQ_INTR_STATUS), 0u);
    EXPECT_EQ(read32(GROQ_MAILBOX_STATUS), 0u);
    EXPECT_EQ(read64(GROQ_SERIAL), serial);
    EXPECT_EQ(read32(GROQ_LINK(0) + GROQ_LINK_STATE), uint32_t{GROQ_LINK_DOWN});
}

TEST_F(registers, belong_to_cards_with_less_sram_and_fewer_links_too) {
    card small(1, 0);
    EXPECT_EQ(small.read64(GROQ_SRAM_SIZE), uint64_t{GROQ_SLICE_BYTES});
    EXPECT_EQ(small.read32(GROQ_LINK_COUNT), 0u);
    EXPECT_EQ(small.read32(GROQ_LINK(0) + GROQ_LINK_STATE), uint32_t{GROQ_LINK_ABSENT});
}

struct creation : testing::Test {
    // The line that the chip logs when it refuses @config, or nothing.
    std::string refusal(const groq_chip_config &config) {
        groq_host callbacks = host.callbacks();
        groq_chip *chip = groq_chip_create(&config, &callbacks, &host);
        groq_chip_destroy(chip);
        std::vector<std::string> lines = host.take_log();
        EXPECT_EQ(chip == nullptr, lines.size() == 1);
        return lines.empty() ? "" : lines[0];
    }

    fake_host host;
    uint8_t sram = 0; // never touched when creation fails
    groq_chip_config good{sizeof(good), GROQ_SLICE_BYTES, &sram, 0, 16, 0};
};

TEST_F(creation, refuses_what_is_out_of_range_and_says_why) {
    groq_chip_config c = good;
    c.size = 8;
    EXPECT_NE(refusal(c).find("size"), std::string::npos);
    for (uint64_t bytes : {0ull, 1ull, GROQ_SRAM_BYTES + 2621440ull, 1ull << 40}) {
        c = good;
        c.sram_bytes = bytes;
        EXPECT_NE(refusal(c).find("multiple of 2621440"), std::string::npos);
    }
    c = good;
    c.sram = nullptr;
    EXPECT_NE(refusal(c).find("sram must point"), std::string::npos);
    c = good;
    c.links = 17;
    EXPECT_NE(refusal(c).find("links"), std::string::npos);
    for (int32_t ppb : {-200'001, 200'001}) {
        c = good;
        c.clock_ppb = ppb;
        EXPECT_NE(refusal(c).find("clock_ppb"), std::string::npos);
    }
    EXPECT_EQ(refusal(good), "");
}

} // namespace
} // namespace groq::chip::test
