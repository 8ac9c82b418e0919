// SPDX-License-Identifier: MIT
// ECC errors that copies and fills meet: docs/hardware.md section 4.5.
#include <algorithm>
#include <array>
#include <map>
#include <random>

#include "wrong_card.hpp"

namespace groq::chip::test {
namespace {

struct ecc_copies : testing::Test, wrong_card {
    static constexpr uint32_t base = 0x1000;

    ecc_copies() {
        std::mt19937 random(11);
        std::generate_n(sram.get() + base, 4096,
                        [&] { return static_cast<uint8_t>(random()); });
    }

    groq_completion copy_in(uint32_t address, uint32_t bytes, uint8_t with) {
        std::memset(host.at(buffer), with, bytes);
        return queue.execute(copy_command(GROQ_OP_COPY_IN, buffer, address, bytes));
    }

    void expect_fault_at(uint32_t address) {
        EXPECT_EQ(queue.last_fault().cause, uint32_t{GROQ_FAULT_ECC});
        EXPECT_EQ(queue.last_fault().address, address);
        EXPECT_EQ(queue.last_fault().unit, uint32_t{GROQ_FAULT_NO_UNIT});
    }
};

TEST_F(ecc_copies, correct_one_wrong_bit_every_time) {
    uint64_t count = 0;
    for (uint32_t bit : {0u, 1u, 63u, 64u, 127u, 128u, 136u}) {
        uint32_t address = base + 16 * bit;
        flip(address, {bit});
        for (int n = 0; n < 3; ++n) {
            EXPECT_EQ(copy_out(address, 16), truth(address, 16));
            EXPECT_EQ(last.status, GROQ_COMPLETION_OK);
            EXPECT_EQ(corrected(), ++count) << bit;
        }
    }
    EXPECT_EQ(uncorrected(), 0u);
}

TEST_F(ecc_copies, stop_at_sixteen_bytes_beyond_correction) {
    flip(base + 160, {3, 100});
    flip(base + 64, {7});
    std::memset(host.at(buffer), 0xee, 1000);
    std::vector<uint8_t> got = copy_out(base + 5, 1000);
    EXPECT_EQ(last.status, GROQ_COMPLETION_FAULT);
    EXPECT_EQ(last.result, 155u);
    expect_fault_at(base + 160);
    EXPECT_EQ(std::vector<uint8_t>(got.begin(), got.begin() + 155),
              truth(base + 5, 155));
    EXPECT_EQ(std::count(got.begin() + 155, got.end(), 0xee), 1000 - 155);
    EXPECT_EQ(corrected(), 1u);
    EXPECT_EQ(uncorrected(), 1u);
    EXPECT_EQ(read64(GROQ_BYTES_OUT), 155u);
    copy_out(base, 160);
    EXPECT_EQ(last.status, GROQ_COMPLETION_OK) << "up to there it is readable";
    copy_out(base + 176, 160);
    EXPECT_EQ(last.status, GROQ_COMPLETION_OK) << "and from there on";
}

TEST_F(ecc_copies, consume_all_sixteen_bytes_of_which_they_take_one) {
    flip(base, {0, 1});
    copy_out(base + 15, 1);
    EXPECT_EQ(last.status, GROQ_COMPLETION_FAULT);
    EXPECT_EQ(last.result, 0u);
    expect_fault_at(base);
    flip(base, {1});
    EXPECT_EQ(copy_out(base + 15, 1), truth(base + 15, 1));
    EXPECT_EQ(corrected(), 1u);
}

TEST_F(ecc_copies, hand_out_wrong_data_when_three_bits_look_like_one) {
    std::vector<uint8_t> expected = truth(base, 48);
    flip_data(expected.data() + 16, mistaken_error());
    flip(base + 16, mistaken_triple);
    EXPECT_EQ(copy_out(base, 48), expected);
    EXPECT_EQ(last.status, GROQ_COMPLETION_OK);
    EXPECT_EQ(corrected(), 1u);
    EXPECT_NE(expected, truth(base, 48)) << "SRAM itself keeps what was meant";
    flip(base + 512, found_triple);
    copy_out(base + 512, 16);
    expect_fault_at(base + 512);
}

TEST_F(ecc_copies, clear_what_they_replace) {
    flip(base, {1, 2});
    flip(base + 16, {1, 2});
    EXPECT_EQ(copy_in(base, 16, 0x11).status, GROQ_COMPLETION_OK);
    queue.execute(fill_command(base + 16, 16, 0x22222222));
    std::vector<uint8_t> got = copy_out(base, 32);
    EXPECT_EQ(last.status, GROQ_COMPLETION_OK);
    EXPECT_EQ(got, truth(base, 32));
    EXPECT_EQ(corrected() + uncorrected(), 0u) << "replaced, never read";
}

TEST_F(ecc_copies, read_the_rest_of_what_they_write_in_part) {
    flip(base, {77});
    EXPECT_EQ(copy_in(base + 4, 3, 0x11).status, GROQ_COMPLETION_OK);
    EXPECT_EQ(corrected(), 1u);
    copy_out(base, 16);
    EXPECT_EQ(corrected(), 1u) << "written back without the error";
    flip(base, {77});
    EXPECT_EQ(queue.execute(fill_command(base + 12, 8, 5)).status, GROQ_COMPLETION_OK);
    EXPECT_EQ(corrected(), 2u);
    flip(base + 32, {1, 2});
    std::vector<uint8_t> before = truth(base + 16, 32);
    EXPECT_EQ(copy_in(base + 16, 20, 0x33).status, GROQ_COMPLETION_FAULT);
    expect_fault_at(base + 32);
    EXPECT_EQ(truth(base + 16, 16), std::vector<uint8_t>(16, 0x33));
    EXPECT_EQ(truth(base + 32, 16),
              std::vector<uint8_t>(before.begin() + 16, before.end()));
    EXPECT_EQ(queue.execute(fill_command(base + 32, 4, 5)).status,
              GROQ_COMPLETION_FAULT);
    EXPECT_EQ(uncorrected(), 2u);
}

TEST_F(ecc_copies, keep_for_good_what_was_mistaken_when_they_write_in_part) {
    std::vector<uint8_t> expected = truth(base, 16);
    flip_data(expected.data(), mistaken_error());
    flip(base, mistaken_triple);
    expected[15] = 0x44;
    EXPECT_EQ(copy_in(base + 15, 1, 0x44).status, GROQ_COMPLETION_OK);
    EXPECT_EQ(truth(base, 16), expected);
    copy_out(base, 16);
    EXPECT_EQ(corrected(), 1u);
}

TEST_F(ecc_copies, make_nothing_of_numbers_out_of_range) {
    inject(base, 137, GROQ_ECC_INJECT_INTO_SRAM);
    inject(base, 0xff00, GROQ_ECC_INJECT_INTO_SRAM);
    inject(base + 8, 0x0100, GROQ_ECC_INJECT_INTO_SRAM);
    inject(sram_bytes, 0x0100, GROQ_ECC_INJECT_INTO_SRAM);
    inject(0xfffffff0, 0x0100, GROQ_ECC_INJECT_INTO_SRAM);
    inject(base, 0x0100, 0xfffffffc);
    inject(GROQ_TILES << 8, 0x0100, GROQ_ECC_INJECT_INTO_STREAM);
    copy_out(base, 1024);
    copy_out(sram_bytes - 1024, 1024);
    EXPECT_EQ(corrected() + uncorrected(), 0u);
}

TEST_F(ecc_copies, keep_their_registers_and_the_errors_in_sram) {
    inject(base, 0x8803, GROQ_ECC_INJECT_INTO_SRAM);
    EXPECT_EQ(read32(GROQ_ECC_INJECT_ADDRESS), base);
    EXPECT_EQ(read32(GROQ_ECC_INJECT_BITS), 0x8803u);
    EXPECT_EQ(read32(GROQ_ECC_INJECT), 0u);
    groq_chip_reset(chip.get(), false);
    settle();
    EXPECT_EQ(read64(GROQ_ECC_INJECT_ADDRESS), 0u);
    queue.set_up(4);
    queue.open_everything();
    queue.enable();
    copy_out(base, 16);
    expect_fault_at(base);
    EXPECT_EQ(uncorrected(), 1u);
    groq_chip_reset(chip.get(), true);
    settle();
    queue.set_up(4);
    queue.open_everything();
    queue.enable();
    copy_out(base, 16);
    EXPECT_EQ(last.status, GROQ_COMPLETION_OK);
    EXPECT_EQ(uncorrected(), 0u);
}

TEST_F(ecc_copies, hold_only_so_many_wrong_places) {
    write32(GROQ_ECC_INJECT_BITS, 0);
    for (uint32_t n = 0; n <= 65536; ++n) {
        write32(GROQ_ECC_INJECT_ADDRESS, n * 16);
        write32(GROQ_ECC_INJECT, GROQ_ECC_INJECT_INTO_SRAM);
    }
    copy_out(65536 * 16, 16);
    EXPECT_EQ(corrected(), 0u);
    copy_out(65535 * 16, 16);
    EXPECT_EQ(corrected(), 1u);
    queue.execute(fill_command(0, 65536 * 16, 0));
    copy_out(0, 65536 * 16);
    EXPECT_EQ(corrected(), 1u);
}

// The same in a few plain lines: what SRAM holds, and the errors of every 16.
struct reference_memory {
    static constexpr uint32_t bytes = 512;

    std::array<uint8_t, bytes> data{};
    std::map<uint32_t, codeword> errors;
    uint64_t corrected = 0, uncorrected = 0;

    // The first address of [at, end) that cannot be read, or end.
    uint32_t read(uint32_t at, uint32_t end, uint8_t *out) {
        for (; at < end; ++at) {
            std::array<uint8_t, 16> seen = decode(at, at % 16 == 0 || out == start);
            if (!readable)
                return at;
            *out++ = seen[at % 16];
        }
        return end;
    }

    // @with: what is written at @at, at @at + 1, ...
    template <class With>
    uint32_t write(uint32_t at, uint32_t end, With with) {
        for (uint32_t begin = at; at < end; ++at) {
            bool enters = at == begin || at % 16 == 0;
            bool is_whole = at % 16 == 0 && at + 16 <= end;
            if (enters && !is_whole && errors.contains(at / 16)) {
                std::array<uint8_t, 16> seen = decode(at, true);
                if (!readable)
                    return at;
                std::copy(seen.begin(), seen.end(), data.begin() + at / 16 * 16);
            }
            errors.erase(at / 16);
            data[at] = with(at - begin);
        }
        return end;
    }

    std::array<uint8_t, 16> decode(uint32_t at, bool counts) {
        codeword error = errors.contains(at / 16) ? errors[at / 16] : codeword();
        soundness s = correct_secded(error);
        corrected += counts && s == soundness::corrected;
        uncorrected += counts && s == soundness::uncorrectable;
        readable = s != soundness::uncorrectable;
        std::array<uint8_t, 16> seen;
        std::copy_n(data.begin() + at / 16 * 16, 16, seen.begin());
        flip_data(seen.data(), error);
        return seen;
    }

    const uint8_t *start = nullptr;
    bool readable = true;
};

TEST_F(ecc_copies, behave_as_the_reference_does_at_any_alignment_and_budget) {
    std::mt19937 random(17);
    reference_memory r;
    queue.execute(fill_command(0, r.bytes, 0));
    for (int round = 0; round < 4000; ++round) {
        uint32_t at = random() % r.bytes, end = at + 1 + random() % (r.bytes - at);
        uint32_t expected = end;
        groq_command command = copy_command(GROQ_OP_COPY_IN, buffer, at, end - at);
        std::array<uint8_t, reference_memory::bytes> wanted{};
        switch (random() % 5) {
        case 0:
            std::generate_n(host.at(buffer), r.bytes, std::ref(random));
            expected = r.write(at, end, [&](uint32_t i) { return host.at(buffer)[i]; });
            break;
        case 1:
            command.opcode = GROQ_OP_COPY_OUT;
            r.start = wanted.data();
            expected = r.read(at, end, wanted.data());
            break;
        case 2:
            at &= ~3u, end = (end + 3) & ~3u;
            command = fill_command(at, end - at, 0x04030201);
            expected = r.write(
                at, end, [&](uint32_t i) { return static_cast<uint8_t>(i % 4 + 1); });
            break;
        default:
            uint32_t bit = random() % codeword::bits;
            flip(at & ~15u, {bit});
            r.errors[at / 16] ^= codeword::single(bit);
            continue;
        }
        queue.last_index = queue.push(command);
        queue.ring();
        settle(1 + random() % 100);
        groq_completion c = queue.reap().value();
        queue.acknowledge();
        ASSERT_EQ(c.result, expected - at);
        ASSERT_EQ(c.status,
                  expected == end ? GROQ_COMPLETION_OK : GROQ_COMPLETION_FAULT);
        if (expected != end)
            expect_fault_at(expected & ~15u);
        if (command.opcode == GROQ_OP_COPY_OUT) {
            ASSERT_EQ(std::memcmp(host.at(buffer), wanted.data(), expected - at), 0);
        }
        ASSERT_EQ(std::memcmp(sram.get(), r.data.data(), r.bytes), 0);
        ASSERT_EQ(corrected(), r.corrected) << round;
        ASSERT_EQ(uncorrected(), r.uncorrected) << round;
    }
    EXPECT_GT(r.corrected, 100u);
    EXPECT_GT(r.uncorrected, 100u);
}

} // namespace
} // namespace groq::chip::test
