// SPDX-License-Identifier: MIT
#include "chip_card.hpp"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <stdexcept>
#include <string>

#include <hw/groq_queue.h>
#include <hw/groq_regs.h>
#include <hw/groq_sram.h>

namespace bench {
namespace {

constexpr unsigned queue = 0;
constexpr unsigned size_log2 = 4, entries_of_ring = 1u << size_log2;
// Bus addresses.
constexpr std::uint64_t page = 4096;
constexpr std::uint64_t commands = 0, completions = page, faults = 2 * page;
constexpr std::size_t memory_bytes = 3 * page;

constexpr std::uint64_t program_budget = 1 << 20; // cycles between looks at the clock

std::byte *reach(void *opaque, std::uint64_t address, std::size_t bytes) {
    auto &memory = *static_cast<std::vector<std::byte> *>(opaque);
    return address <= memory.size() && bytes <= memory.size() - address
               ? memory.data() + address
               : nullptr;
}

bool read_memory(void *opaque, std::uint64_t address, void *data, std::size_t bytes) {
    const std::byte *from = reach(opaque, address, bytes);
    return from && std::memcpy(data, from, bytes);
}

bool write_memory(void *opaque, std::uint64_t address, const void *data,
                  std::size_t bytes) {
    std::byte *to = reach(opaque, address, bytes);
    return to && std::memcpy(to, data, bytes);
}

void print(void *, const char *message) {
    std::fprintf(stderr, "chip: %s\n", message);
}

} // namespace

// Interrupts and wakes are not needed: run() lets the engines work until all is done.
const groq_host chip_card::host = {
    .dma_read = read_memory,
    .dma_write = write_memory,
    .interrupt = [](void *, unsigned) {},
    .wake = [](void *, unsigned) {},
    .now_ns = [](void *) -> std::uint64_t { return 0; },
    .transmit = [](void *, unsigned, const void *, std::size_t) {}, // no cables
    .log = print,
};

chip_card::chip_card()
    : sram_(GROQ_SRAM_BYTES), memory_(memory_bytes), chip_(nullptr, groq_chip_destroy) {
    groq_chip_config config{};
    config.size = sizeof config;
    config.sram_bytes = sram_.size();
    config.sram = sram_.data();
    chip_.reset(groq_chip_create(&config, &host, &memory_));
    if (!chip_)
        throw std::runtime_error("no chip");
    set_up_queue();
}

chip_card::~chip_card() = default;

void chip_card::write_register(std::uint64_t offset, std::uint64_t value) {
    groq_chip_write(chip_.get(), offset, value, 4);
}

void chip_card::set_up_queue() {
    const std::uint64_t page_of_queue = GROQ_QUEUE(queue);
    const std::uint64_t window = page_of_queue + GROQ_QUEUE_WINDOW(0);
    write_register(page_of_queue + GROQ_QUEUE_SQ_BASE, commands);
    write_register(page_of_queue + GROQ_QUEUE_CQ_BASE, completions);
    write_register(page_of_queue + GROQ_QUEUE_FAULT_BASE, faults);
    write_register(page_of_queue + GROQ_QUEUE_SIZE, size_log2);
    write_register(window + GROQ_WINDOW_BASE, 0);
    write_register(window + GROQ_WINDOW_SIZE, GROQ_SRAM_BYTES);
    write_register(window + GROQ_WINDOW_ACCESS,
                   GROQ_WINDOW_READ | GROQ_WINDOW_WRITE | GROQ_WINDOW_EXECUTE);
    write_register(page_of_queue + GROQ_QUEUE_CONTROL, GROQ_QUEUE_ENABLE);
}

void chip_card::load(const groq::assembly::program &program) {
    for (const auto &segment : program.segments) {
        const auto start = sram_.begin() + segment.address;
        std::fill_n(start, segment.memory_bytes, std::byte{0});
        std::ranges::copy(segment.bytes, start);
    }
}

void chip_card::copy_bank(unsigned slice) {
    constexpr std::size_t bytes = std::size_t{GROQ_BANK_WORDS} * GROQ_VECTOR_BYTES;
    std::byte *bank = sram_.data() + std::size_t{slice} * GROQ_SLICE_BYTES;
    std::memcpy(bank + bytes, bank, bytes);
}

std::uint64_t chip_card::run(const groq::assembly::entry_point &entry) {
    begin(entry);
    while (groq_chip_work(chip(), GROQ_ENGINE_PROGRAM, program_budget))
        ;
    return end();
}

void chip_card::begin(const groq::assembly::entry_point &entry) {
    groq_command command{};
    command.opcode = GROQ_OP_RUN;
    command.run.launch = entry.launch;
    command.run.count = entry.launch_count;
    command.run.max_cycles = UINT64_MAX;
    std::memcpy(memory_.data() + commands + position_ * sizeof command, &command,
                sizeof command);
    position_ = (position_ + 1) % entries_of_ring;
    write_register(GROQ_DOORBELL(queue) + GROQ_DOORBELL_SQ_TAIL, position_);
    groq_chip_work(chip(), GROQ_ENGINE_COPY, page); // fetches, before all else
}

std::uint64_t chip_card::end() {
    const unsigned index = (position_ + entries_of_ring - 1) % entries_of_ring;
    groq_completion end{};
    std::memcpy(&end, memory_.data() + completions + index * sizeof end, sizeof end);
    write_register(GROQ_DOORBELL(queue) + GROQ_DOORBELL_CQ_HEAD, position_);
    if (end.status != GROQ_COMPLETION_OK || end.result == 0)
        throw std::runtime_error("the program ended with status " +
                                 std::to_string(end.status));
    return end.result;
}

} // namespace bench
