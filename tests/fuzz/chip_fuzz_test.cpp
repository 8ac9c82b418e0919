// SPDX-License-Identifier: MIT
// A guest that does anything at all: random registers, random commands, random
// programs, host memory that fails. The chip must not crash, hang or touch what
// is not its own, and after a reset it must work as if nothing had happened.
// Sanitizers watch; build with -DGROQ_SANITIZE=address,undefined.
#include <cstdlib>
#include <random>

#include "chip/decoder.hpp"
#include "dense_layer.hpp"

namespace groq::chip::test {
namespace {

uint64_t from_environment(const char *name, uint64_t otherwise) {
    const char *text = std::getenv(name);
    return text ? std::strtoull(text, nullptr, 0) : otherwise;
}

struct chip_fuzz : testing::Test {
    static constexpr uint32_t queue_count = 4; // that get most of the attention

    chip_fuzz() {
        for (uint32_t n = 2; n < 2 + queue_count; ++n)
            queues.push_back(std::make_unique<driver_queue>(card, n, 1 + n % 4));
        list = card.host.allocate(1 << 16);
        memory = card.host.allocate(1 << 20);
    }

    uint64_t below(uint64_t limit) { return random() % limit; }
    bool one_in(uint64_t n) { return below(n) == 0; }

    // Mostly small, sometimes huge, sometimes at an edge.
    uint64_t number() {
        switch (below(4)) {
        case 0:
            return below(64);
        case 1:
            return random() >> below(64);
        case 2:
            return (uint64_t{1} << below(64)) - below(3);
        default:
            return 320 * below(720'896);
        }
    }

    uint64_t offset() {
        uint64_t queue = 2 + below(queue_count);
        constexpr uint64_t blocks[] = {GROQ_CONTROL, GROQ_TELEMETRY,
                                       GROQ_MAILBOX_DOORBELL, GROQ_MAILBOX_REQUEST,
                                       GROQ_LINK(0)};
        switch (below(6)) {
        case 5:
            return blocks[below(std::size(blocks))] + below(0x40);
        case 0:
            return below(0x4400);
        case 1:
            return GROQ_QUEUE(queue) + below(0x40);
        case 2:
            return GROQ_QUEUE(queue) + GROQ_QUEUE_WINDOW(0) + below(0x100);
        case 3:
            return GROQ_DOORBELL(queue) + below(8);
        default:
            return number();
        }
    }

    void touch_register() {
        constexpr unsigned int widths[] = {1, 2, 4, 8};
        unsigned int bytes = widths[below(4)];
        uint64_t at = one_in(3) ? offset() : offset() & ~uint64_t{bytes - 1};
        if (one_in(2))
            groq_chip_read(card.chip.get(), at, bytes);
        else if (at / 4 != GROQ_CONTROL / 4 || one_in(20))
            groq_chip_write(card.chip.get(), at, number(), bytes);
    }

    // In what programs use, most of the time.
    void make_wrong() {
        uint64_t slice = below(2 * GROQ_SLICES), granule = below(64 * GROQ_TILES);
        uint64_t at = slice * GROQ_SLICE_BYTES + granule * GROQ_TILE_LANES;
        card.write32(GROQ_ECC_INJECT_ADDRESS,
                     static_cast<uint32_t>(one_in(8) ? number() : at));
        card.write32(GROQ_ECC_INJECT_BITS,
                     static_cast<uint32_t>(below(138) | below(138) << 8));
        card.write32(GROQ_ECC_INJECT, static_cast<uint32_t>(1 + below(3)));
        is_wrong = true;
    }

    driver_queue &some_queue() { return *queues[below(queues.size())]; }

    void set_up_queue() {
        driver_queue &q = some_queue();
        q.disable();
        q.set_up(1 + static_cast<uint32_t>(below(4)));
        if (one_in(2))
            q.open_everything();
        else
            q.open_window(static_cast<uint32_t>(below(16)),
                          static_cast<uint32_t>(320 * below(720'896)),
                          static_cast<uint32_t>(320 * below(10'000)),
                          static_cast<uint32_t>(below(8)));
        q.enable(static_cast<uint32_t>(below(4)));
    }

    groq_command some_copy(uint8_t opcode) {
        auto length = static_cast<uint32_t>(1 + below(one_in(10) ? 1 << 20 : 4096));
        auto at = static_cast<uint32_t>(below(GROQ_SRAM_BYTES));
        if (one_in(2))
            return copy_command(opcode, memory + below(4096), at, length);
        auto count = static_cast<uint32_t>(1 + below(300));
        for (uint32_t i = 0; i < count; ++i)
            card.host.store(list + i * sizeof(groq_scatter),
                            groq_scatter{memory + below(1 << 19),
                                         static_cast<uint32_t>(below(GROQ_SRAM_BYTES)),
                                         static_cast<uint32_t>(below(1000))});
        return list_command(opcode, list, count);
    }

    groq_command some_command() {
        switch (below(5)) {
        case 0:
            return nop_command(random());
        case 1:
            return some_copy(GROQ_OP_COPY_IN);
        case 2:
            return some_copy(GROQ_OP_COPY_OUT);
        case 3:
            return fill_command(static_cast<uint32_t>(below(GROQ_SRAM_BYTES) & ~3ull),
                                static_cast<uint32_t>(4 + 4 * below(1000)),
                                static_cast<uint32_t>(random()));
        default:
            return one_in(3)   ? mutated_layer()
                   : one_in(2) ? random_program()
                               : fed_program();
        }
    }

    // The program of the layer with some of its bits turned.
    groq_command mutated_layer() {
        groq_command command = card.build(1 + below(2000));
        for (uint64_t n = below(4); n-- > 0;) {
            auto queue = std::next(card.queues.begin(),
                                   static_cast<long>(below(card.queues.size())));
            uint64_t byte = below(queue->second.size() * GROQ_INSTRUCTION_BYTES);
            card.sram.get()[card.text_address(queue->first, 0) + byte] ^= 1 << below(8);
        }
        return command;
    }

    uint32_t small(uint64_t limit) { return static_cast<uint32_t>(below(limit)); }
    uint32_t stream() {
        return direction && !one_in(3) ? *direction | small(GROQ_STREAMS) : small(64);
    }
    uint32_t operand() {
        switch (below(3)) {
        case 0:
            return stream() & ~3u;
        case 1:
            return alu(static_cast<uint32_t>(below(16)));
        default:
            return immediate;
        }
    }

    int32_t stride() { return static_cast<int32_t>(below(5)) - 2; }
    uint32_t type() { return one_in(20) ? 6 : small(GROQ_TYPES); }
    uint32_t group(uint32_t size) {
        return one_in(20) ? stream() : stream() & ~(size - 1);
    }
    uint32_t target() { return one_in(2) ? nowhere : group(4); }

    instruction_word some_control() {
        switch (below(6)) {
        case 0:
            return repeat(1 + small(50), 1 + small(4));
        case 1:
            return one_in(4) ? ifetch(640 * small(360'448)) : nop(1);
        case 2:
            return one_in(2) ? sync() : notify();
        case 3:
            return config(one_in(9) ? small(32) : 1 + small(20));
        default:
            return nop(1 + small(30));
        }
    }

    instruction_word some_of_memory() {
        switch (below(6)) {
        case 0:
            return write(small(8192), stream(), stride());
        case 1:
            return read_write(small(4096), stream(), 4096 + small(4096), stream(), 1,
                              1);
        case 2:
            return gather(stream(), small(8192), group(2));
        case 3:
            return scatter(stream(), small(8192), group(2));
        default:
            return read(small(8192), stream(), stride());
        }
    }

    instruction_word some_of_vectors() {
        auto opcode = static_cast<groq_opcode>(0x20 + below(0x28));
        switch (below(4)) {
        case 0:
            return unary(opcode, type(), target(), operand(), small(128));
        case 1:
            return ternary(opcode, type(), target(), operand(), operand(), operand(),
                           small(128));
        case 2:
            return convert(type(), type(), target(), operand());
        default:
            return binary(opcode, type(), target(), operand(), operand(), small(128));
        }
    }

    instruction_word some_of_matrices() {
        switch (below(5)) {
        case 0:
            return load_weights(group(16), small(20), small(3));
        case 1:
            return stream_weights(group(16), small(20), small(3));
        case 2:
            return install();
        case 3:
            return activate(group(2), one_in(4) ? GROQ_TYPE_F16 : small(2));
        default:
            return accumulate(small(512), one_in(2), group(4), 1);
        }
    }

    instruction_word some_of_lanes() {
        uint32_t from = group(4), to = group(4), map = group(2);
        switch (below(7)) {
        case 0:
            return shift(GROQ_OPCODE_SHIFT_UP, from, to, type(), small(330));
        case 1:
            return shift(GROQ_OPCODE_SHIFT_DOWN, from, to, type(), small(330));
        case 2:
            return select(from, group(4), group(4), map, to, type());
        case 3:
            return permute(from, map, to, type());
        case 4:
            return distribute(from, map, to, type());
        case 5:
            return rotate(from, group(16), 2 + small(3));
        default:
            return transpose(group(16), group(16));
        }
    }

    // Most often one that queue @icu may execute.
    instruction_word some_instruction(uint32_t icu) {
        if (one_in(30))
            return {random(), one_in(2) ? random() : 0};
        if (one_in(30))
            icu = small(GROQ_ICUS_ALL);
        if (one_in(3))
            return some_control();
        if (icu < GROQ_ICU_VXM(0))
            return some_of_memory();
        if (icu < GROQ_ICU_SXM(GROQ_WEST, 0))
            return some_of_vectors();
        return icu < GROQ_ICU_MXM(GROQ_WEST, 0) ? some_of_lanes() : some_of_matrices();
    }

    // One that the decoder takes, if it is found soon.
    instruction_word legal_instruction(uint32_t icu) {
        instruction_word word = some_instruction(icu);
        instruction decoded;
        for (int tries = 0; tries < 20 && !decode(word, icu, decoded); ++tries)
            word = some_instruction(icu);
        return word;
    }

    void put_text(uint32_t icu, const words &text) {
        std::memcpy(card.sram.get() + card.text_address(icu, 0), text.data(),
                    text.size() * sizeof(instruction_word));
    }

    void launch(uint32_t index, uint32_t icu, uint32_t count) {
        groq_launch entry{static_cast<uint16_t>(icu), 0, card.text_address(icu, 0),
                          count, 0};
        std::memcpy(card.sram.get() + card.launch_address + index * sizeof(entry),
                    &entry, sizeof(entry));
    }

    // Mostly text that goes on for a while.
    words some_text(uint32_t icu, words text = {nop(1)}) {
        while (text.size() < GROQ_TEXT_INSTRUCTIONS) {
            instruction_word next = legal_instruction(icu);
            bool repeats = (next.low & 0xff) == GROQ_OPCODE_REPEAT;
            if (one_in(50))
                text.push_back(some_instruction(icu));
            else if (!repeats || !is_control(text.back()))
                text.push_back(next);
        }
        return text;
    }

    groq_command random_program() {
        uint32_t count = 1 + small(20);
        for (uint32_t i = 0; i < count; ++i) {
            uint32_t icu = small(GROQ_ICUS_ALL);
            launch(i, icu, 1 + small(60));
            put_text(icu, some_text(icu));
        }
        return run_command(card.launch_address, count, 1 + below(5000));
    }

    // All streams of a side carry something, so that its units have to work.
    groq_command fed_program() {
        uint32_t side = small(2), count = 0;
        direction = side == GROQ_EAST ? 0 : GROQ_STREAM_IS_WEST;
        for (uint32_t n = 0; n < GROQ_STREAMS; ++n) {
            uint32_t icu = mem(side, n);
            put_text(icu, {read(small(4000), *direction | n, 1), repeat(300)});
            launch(count++, icu, 2);
        }
        for (uint32_t n = 0; n < GROQ_SXM_ICUS + GROQ_MXM_ICUS; ++n) {
            uint32_t icu = n < GROQ_SXM_ICUS ? GROQ_ICU_SXM(side, n)
                                             : GROQ_ICU_MXM(side, n - GROQ_SXM_ICUS);
            if (one_in(3))
                continue;
            put_text(icu, some_text(icu, {nop(20 + small(60))}));
            launch(count++, icu, 1 + small(40));
        }
        direction.reset();
        return run_command(card.launch_address, count, 1 + below(5000));
    }

    void submit() {
        driver_queue &q = some_queue();
        groq_command command = some_command();
        command.flags |= one_in(4) ? GROQ_COMMAND_SILENT : 0;
        command.flags |= one_in(8) ? GROQ_COMMAND_LINK : 0;
        if (one_in(6))
            reinterpret_cast<uint8_t *>(&command)[below(sizeof(command))] ^=
                1 << below(8);
        q.push(command);
        q.ring();
        if (one_in(2)) {
            while (q.reap()) {
            }
            q.acknowledge();
        }
    }

    void work() {
        groq_chip_work(card.chip.get(), GROQ_ENGINE_COPY, 1 + below(100'000));
        groq_chip_work(card.chip.get(), GROQ_ENGINE_PROGRAM, 1 + below(60));
    }

    // Hangs and the like, or an end of them.
    void break_something() {
        auto what = static_cast<groq_failure>(below(GROQ_FAILURE_CONTROLLER + 2));
        int64_t value = what == GROQ_FAILURE_TEMPERATURE ? below(150'000) : below(6);
        groq_chip_fail(card.chip.get(), one_in(2) ? GROQ_FAILURE_HANG : what,
                       one_in(4) ? value : 0);
    }

    void mend_everything() {
        for (groq_failure what : {GROQ_FAILURE_HANG, GROQ_FAILURE_COMPLETION,
                                  GROQ_FAILURE_FATAL, GROQ_FAILURE_CONTROLLER})
            ASSERT_TRUE(groq_chip_fail(card.chip.get(), what, 0));
        ASSERT_TRUE(
            groq_chip_fail(card.chip.get(), GROQ_FAILURE_TEMPERATURE, INT64_MIN));
    }

    // What is saved loads, into this card or another, and saves the same again.
    void save_and_load() {
        std::vector<uint8_t> state(groq_chip_save(card.chip.get(), nullptr, 0)), again;
        groq_chip_save(card.chip.get(), state.data(), state.size());
        ASSERT_TRUE(groq_chip_load(card.chip.get(), state.data(), state.size()));
        again.resize(groq_chip_save(card.chip.get(), nullptr, 0));
        groq_chip_save(card.chip.get(), again.data(), again.size());
        ASSERT_EQ(again, state);
    }

    // What upsets a queue is rare, so that most of the time there is work.
    void step() {
        switch (below(64)) {
        case 0:
            card.host.fail_after(below(10));
            return;
        case 1:
            card.host.time_ns += below(1'000'000);
            if (one_in(10))
                groq_chip_reset(card.chip.get(), false);
            return;
        case 2:
        case 3:
        case 4:
        case 5:
            return touch_register();
        case 6:
        case 7:
            return errs ? make_wrong() : work();
        case 8:
            return break_something();
        default:
            break;
        }
        switch (below(8)) {
        case 0:
            return set_up_queue();
        case 1:
            return save_and_load();
        case 2:
        case 3:
        case 4:
            return submit();
        default:
            return work();
        }
    }

    // A reset puts everything right, whatever went before; but wrong bits of
    // SRAM only power-on.
    void expect_health() {
        card.host.during_dma = nullptr;
        card.host.never_fail();
        mend_everything();
        groq_chip_reset(card.chip.get(), std::exchange(is_wrong, false));
        card.settle();
        ASSERT_EQ(card.read32(GROQ_STATUS), 0x9u);
        card.queue.set_up(4);
        card.queue.open_everything();
        card.queue.enable();
        restore_layer();
        ASSERT_EQ(card.run().status, GROQ_COMPLETION_OK);
        for (uint32_t i = 0; i < card.inputs.size(); ++i)
            ASSERT_EQ(card.output(i), card.expected(i));
    }

    void restore_layer() {
        for (size_t at = 0; at < pristine.size(); ++at)
            std::memcpy(card.sram.get() + at * GROQ_SLICE_BYTES, pristine[at].data(),
                        pristine[at].size());
    }

    // The part of every slice that the layer uses.
    std::vector<std::vector<uint8_t>> copy_of_slices() {
        std::vector<std::vector<uint8_t>> parts;
        for (uint32_t slice = 0; slice < 2 * GROQ_SLICES; ++slice) {
            const uint8_t *from = card.sram.get() + slice * GROQ_SLICE_BYTES;
            bool holds_inputs = slice == GROQ_SLICES + 20;
            parts.emplace_back(from,
                               from + (holds_inputs ? GROQ_SLICE_BYTES : 64 * 320));
        }
        return parts;
    }

    dense_layer card{4};
    std::vector<std::vector<uint8_t>> pristine = copy_of_slices();
    std::vector<std::unique_ptr<driver_queue>> queues;
    uint64_t list = 0;
    uint64_t memory = 0;
    std::mt19937_64 random;
    bool errs = false;                 // memory, in this round
    bool is_wrong = false;             // and it has
    std::optional<uint32_t> direction; // of most streams that instructions name
};

TEST_F(chip_fuzz, survives_any_guest) {
    uint64_t rounds = from_environment("GROQ_FUZZ_ROUNDS", 60);
    uint64_t seed = from_environment("GROQ_FUZZ_SEED", 1);
    for (uint64_t round = 0; round < rounds && !HasFailure(); ++round) {
        SCOPED_TRACE("GROQ_FUZZ_SEED=" + std::to_string(seed + round));
        random.seed(seed + round);
        errs = one_in(2);
        card.host.during_dma = [&] {
            if (one_in(200))
                touch_register();
        };
        for (int i = 0; i < 500; ++i)
            step();
        expect_health();
    }
}

} // namespace
} // namespace groq::chip::test
