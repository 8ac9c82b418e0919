// SPDX-License-Identifier: MIT
#include "driver.hpp"

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <limits>

#include <hw/groq_sram.h>
#include <unistd.h>

#include "../structure.hpp"

namespace groq::sim {
namespace {

constexpr std::uint64_t links_default = 11;
constexpr std::uint64_t serial_default = 0x53494d0000000000; // "SIM" and the number

std::string uri_of(const sim_name &name) {
    return "sim:" + std::to_string(name.card);
}

// That it can be opened by: there is no card 1 where nobody says that there are two.
std::string whole_uri_of(const sim_name &name) {
    return uri_of(name) + (name.card ? "?chips=" + std::to_string(name.cards) : "");
}

// The serial number that is asked for is that of the first card of a topology.
std::uint64_t serial_of(const sim_name &name) {
    if (name.serial && !name.topology)
        return *name.serial;
    return name.serial.value_or(serial_default) + name.card;
}

std::string where(std::optional<std::uint64_t> address) {
    char text[32] = "in one piece";
    if (address)
        std::snprintf(text, sizeof text, "at 0x%" PRIx64, *address);
    return text;
}

// From the first to the last byte of SRAM that a command touches.
std::uint64_t sram_bytes(const drm_groq_command &command) {
    if (command.type == DRM_GROQ_COMMAND_RUN)
        return command.rows * sizeof(groq_launch);
    std::uint64_t bytes = 0;
    if (__builtin_mul_overflow(command.rows - std::uint64_t{1}, command.sram_stride,
                               &bytes) ||
        __builtin_add_overflow(bytes, command.size, &bytes))
        return ~std::uint64_t{0};
    return bytes;
}

} // namespace

result<std::shared_ptr<driver>> driver::create(const sim_name &name) {
    constexpr std::uint64_t too_many = std::numeric_limits<std::uint32_t>::max();
    const auto links = std::min(name.links.value_or(links_default), too_many);
    auto card = card::create(name.sram_bytes.value_or(GROQ_SRAM_BYTES),
                             std::uint32_t(links), serial_of(name));
    if (!card)
        return card.error();
    if (name.trace)
        if (const auto traced = (*card)->trace(*name.trace, uri_of(name)); !traced)
            return traced.error();
    if (name.time_line && !name.trace)
        (*card)->trace(name.time_line, uri_of(name) + " chip");
    return std::make_shared<driver>(std::move(*card), name);
}

driver::driver(std::unique_ptr<card> card, const sim_name &name)
    : card_(std::move(card)), name_(name),
      links_(std::make_shared<card_links>(*card_, uri_of(name))),
      sram_(card_->read64(GROQ_SRAM_SIZE)) {
    card_->connect(GROQ_VECTOR_DEVICE, links_);
    card_->write32(GROQ_INTR_ENABLE, GROQ_INTR_LINK);
}

driver::~driver() {
    card_->connect(GROQ_VECTOR_DEVICE, nullptr);
}

void driver::describe(groq_device_info &info) const {
    const auto firmware = card_->read32(GROQ_TELEMETRY_FIRMWARE);
    copy_text(info.uri, whole_uri_of(name_));
    copy_text(info.board, "simulated");
    copy_text(info.driver, "simulator " GROQ_LIBRARY_VERSION);
    copy_text(info.firmware, std::to_string(firmware >> 24) + "." +
                                 std::to_string(firmware >> 16 & 0xff) + "." +
                                 std::to_string(firmware & 0xffff));
    info.serial = std::int64_t(card_->read64(GROQ_SERIAL));
    info.sram_bytes = std::int64_t(card_->read64(GROQ_SRAM_SIZE));
    info.queues = card_->read32(GROQ_QUEUE_COUNT);
    info.links = card_->read32(GROQ_LINK_COUNT);
    info.clock_hz = std::int64_t{card_->read32(GROQ_CLOCK_KHZ)} * 1000;
}

void driver::read(groq_telemetry &t) const {
    const auto reg = [&](std::uint64_t offset) {
        return std::int64_t{card_->read32(offset)};
    };
    const auto milli_celsius = [&](std::uint64_t offset) {
        return std::int64_t{std::int32_t(card_->read32(offset))};
    };
    const auto counter = [&](std::uint64_t offset) {
        return std::int64_t(card_->read64(offset));
    };
    t.state =
        reg(GROQ_STATUS) & GROQ_STATUS_RUNNING ? GROQ_STATE_BUSY : GROQ_STATE_READY;
    t.chip_mc = milli_celsius(GROQ_TELEMETRY_CHIP_MC);
    t.board_mc = milli_celsius(GROQ_TELEMETRY_BOARD_MC);
    t.chip_max_mc = milli_celsius(GROQ_TELEMETRY_CHIP_MAX_MC);
    t.chip_crit_mc = milli_celsius(GROQ_TELEMETRY_CHIP_CRIT_MC);
    t.power_uw = reg(GROQ_TELEMETRY_POWER_MW) * 1000;
    t.power_cap_uw = reg(GROQ_TELEMETRY_POWER_CAP_MW) * 1000;
    t.core_mv = reg(GROQ_TELEMETRY_CORE_MV);
    t.core_ma = reg(GROQ_TELEMETRY_CORE_MA);
    t.clock_hz = reg(GROQ_TELEMETRY_CLOCK_KHZ) * 1000;
    t.throttle = reg(GROQ_TELEMETRY_THROTTLE);
    t.uptime_s = reg(GROQ_TELEMETRY_UPTIME_S);
    t.busy_ns = counter(GROQ_TELEMETRY_BUSY_NS);
    t.programs_done = counter(GROQ_PROGRAMS_DONE);
    t.programs_faulted = counter(GROQ_PROGRAMS_FAULTED);
    t.bytes_in = counter(GROQ_BYTES_IN);
    t.bytes_out = counter(GROQ_BYTES_OUT);
    t.ecc_corrected = counter(GROQ_ECC_CORRECTED);
    t.ecc_uncorrected = counter(GROQ_ECC_UNCORRECTED);
    t.resets = 0;
    t.links_up = links_->up();
    const std::lock_guard lock(lock_);
    t.holders = contexts_.empty() ? 0 : 1;
    t.holder = contexts_.empty() ? 0 : ::getpid();
    t.sram_used = std::int64_t(sram_.used());
    t.queues_used = std::int64_t(queues_.size());
}

result<std::uint64_t> driver::parameter(drm_groq_param which) const {
    const auto all = card_->read64(GROQ_SRAM_SIZE);
    const std::lock_guard lock(lock_);
    switch (which) {
    case DRM_GROQ_PARAM_FEATURES:
        return DRM_GROQ_FEATURE_BO_PIN | DRM_GROQ_FEATURE_EXPECTED |
               DRM_GROQ_FEATURE_CANCEL | DRM_GROQ_FEATURE_LINKS;
    case DRM_GROQ_PARAM_SRAM_BYTES:
        return all;
    case DRM_GROQ_PARAM_SRAM_FREE:
        return all - sram_.used();
    default:
        return fail(errc::invalid, "the simulator does not tell parameter %d", which);
    }
}

result<std::uint32_t> driver::create_context(std::uint32_t flags) {
    const bool is_exclusive = flags & DRM_GROQ_CONTEXT_EXCLUSIVE;
    const std::lock_guard lock(lock_);
    const bool is_leased =
        std::any_of(contexts_.begin(), contexts_.end(),
                    [](const auto &each) { return each.second.is_exclusive; });
    if (is_leased || (is_exclusive && !contexts_.empty()))
        return error(errc::held,
                     "sim:" + std::to_string(name_.card) +
                         ": the card is held by this process; close it there, or open "
                         "both with ?shared",
                     0, ::getpid());
    contexts_.emplace(++last_context_, context_state{is_exclusive});
    return last_context_;
}

void driver::destroy_context(std::uint32_t id) {
    const std::lock_guard lock(lock_);
    for (auto each = queues_.begin(); each != queues_.end();) {
        const auto queue = each++;
        if (queue->second.context == id)
            remove_queue_locked(queue->first);
    }
    for (const auto &extent : contexts_.at(id).reserved) {
        card_->scrub(extent.address, extent.size);
        sram_.give_back(extent.address);
    }
    contexts_.erase(id);
}

result<std::uint64_t> driver::reserve_sram(std::uint32_t id,
                                           std::optional<std::uint64_t> address,
                                           std::uint64_t size) {
    if (size == 0 || size % GROQ_VECTOR_BYTES ||
        address.value_or(0) % GROQ_VECTOR_BYTES)
        return fail(errc::invalid, "SRAM is reserved in multiples of %u bytes",
                    GROQ_VECTOR_BYTES);
    const std::lock_guard lock(lock_);
    const auto taken = address ? sram_.take_at(*address, size) : sram_.take(size);
    if (!taken || !add_range_locked(id, {*taken, size}))
        return fail(errc::sram,
                    "no %" PRIu64 " bytes of SRAM are free %s, or there are too many "
                    "ranges: destroy images or regions first; %" PRIu64
                    " bytes are in use",
                    size, where(address).c_str(), sram_.used());
    return *taken;
}

bool driver::add_range_locked(std::uint32_t context, const sram_extent &extent) {
    auto &owner = contexts_.at(context);
    if (!owner.windows.add(extent)) {
        sram_.give_back(extent.address);
        return false;
    }
    owner.reserved.push_back(extent);
    set_windows_locked(context);
    return true;
}

void driver::set_windows_locked(std::uint32_t context) {
    for (auto &[id, each] : queues_)
        if (each.context == context)
            each.queue->set_windows(contexts_.at(context).windows);
}

bool driver::is_idle_locked(std::uint32_t context) const {
    return std::all_of(queues_.begin(), queues_.end(), [&](const auto &each) {
        return each.second.context != context || each.second.queue->is_idle();
    });
}

result<void> driver::release_sram(std::uint32_t context, std::uint64_t address) {
    const std::lock_guard lock(lock_);
    if (!is_idle_locked(context))
        return error(errc::in_use, {});
    auto &owner = contexts_.at(context);
    const auto extent =
        std::find_if(owner.reserved.begin(), owner.reserved.end(),
                     [&](const auto &each) { return each.address == address; });
    if (extent == owner.reserved.end())
        return fail(errc::not_found, "no SRAM is reserved at 0x%" PRIx64, address);
    if (!owner.windows.remove(*extent))
        return error(errc::in_use, {});
    const auto size = extent->size;
    owner.reserved.erase(extent);
    set_windows_locked(context);
    card_->scrub(address, size);
    sram_.give_back(address);
    return {};
}

result<std::uint32_t> driver::create_queue(std::uint32_t context,
                                           std::uint32_t priority) {
    const std::lock_guard lock(lock_);
    std::uint32_t id = 1;
    while (queues_.contains(id))
        ++id;
    if (id > GROQ_QUEUES)
        return fail(errc::queues, "no queue of sim:%u is free", name_.card);
    auto ring = ring::create(*card_, id - 1, priority);
    if (!ring)
        return ring.error();
    const auto vector = (*ring)->vector();
    auto queue = std::make_shared<work_queue>(*card_, std::move(*ring));
    queue->set_windows(contexts_.at(context).windows);
    card_->connect(vector, queue);
    queues_.emplace(id, owned_queue{context, std::move(queue)});
    return id;
}

void driver::destroy_queue(std::uint32_t id) {
    const std::lock_guard lock(lock_);
    remove_queue_locked(id);
}

void driver::remove_queue_locked(std::uint32_t id) {
    queues_.at(id).queue->close();
    card_->connect(GROQ_VECTOR_QUEUE(id - 1), nullptr);
    queues_.erase(id);
}

void driver::submit(std::uint32_t id, std::span<const port_submission> asked,
                    submissions made) {
    const std::lock_guard lock(lock_);
    const auto &queue = queues_.at(id);
    auto request = asked.begin();
    for (auto &each : made) {
        auto right = check_memory_locked(queue, *request);
        if (right)
            right = add_waits_locked(id, *request, each);
        if (!right && !each.refusal)
            each.refuse(right.error());
        ++request;
    }
    queue.queue->submit(std::move(made));
}

result<void> driver::check_memory_locked(const owned_queue &queue,
                                         const port_submission &asked) const {
    const auto &windows = contexts_.at(queue.context).windows;
    for (const auto &command : asked.commands) {
        if (command.type == DRM_GROQ_COMMAND_NOP)
            continue;
        const auto bytes = sram_bytes(command);
        if (!windows.hold(command.sram, bytes))
            return fail(errc::access,
                        "the job touches SRAM 0x%" PRIx64 "+0x%" PRIx64
                        ", which is not reserved for this device",
                        std::uint64_t(command.sram), bytes);
    }
    return {};
}

// What comes earlier in the same queue ends first anyway.
result<void> driver::add_waits_locked(std::uint32_t id, const port_submission &asked,
                                      submission &made) const {
    for (const auto &wait : asked.waits) {
        const auto found = queues_.find(wait.queue.id);
        if (found == queues_.end())
            return fail(errc::not_found, "no queue %u to wait for", wait.queue.id);
        const bool is_own = found->first == id;
        const auto &queue = *found->second.queue;
        if (is_own ? wait.point >= asked.point : wait.point > queue.last_submitted())
            return fail(errc::invalid,
                        "nothing is submitted that signals point %" PRIu64, wait.point);
        if (!is_own)
            made.waits.push_back({queue.timeline(), wait.point});
    }
    return {};
}

std::shared_ptr<work_queue> driver::queue(std::uint32_t id) const {
    const std::lock_guard lock(lock_);
    return queues_.at(id).queue;
}

} // namespace groq::sim
