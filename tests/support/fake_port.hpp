// SPDX-License-Identifier: MIT
//
// A kernel port without a card: copies happen, programs do what the test says,
// work ends when the test says, and any call can be made to fail.
#pragma once

#include <algorithm>
#include <cstring>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kernel_port.hpp"

namespace groq::test {

// Memory of its own, which imports share, or the caller's.
struct fake_buffer {
    std::shared_ptr<std::vector<std::byte>> own;
    std::span<std::byte> bytes;
    bool is_read_only = false;

    std::byte *data() const { return bytes.data(); }
};

// What the test sees and sets; outlives the port.
struct fake_card {
    std::uint64_t sram_bytes = 320 * 1000;
    std::vector<std::byte> sram = std::vector<std::byte>(320 * 1000);
    std::uint64_t sram_limit = ~std::uint64_t{0}; // that can be reserved at once
    std::function<void()> on_full;                // before that is told
    std::uint64_t stuck = ~std::uint64_t{0};      // address that is not released yet

    // Call number `fail_at` (from 0) fails with `failure`; calls counts all.
    int fail_at = -1;
    error failure = {errc::memory, "injected"};
    int calls = 0;

    std::uint64_t features = DRM_GROQ_FEATURE_EXPECTED | DRM_GROQ_FEATURE_CANCEL;
    std::map<std::uint64_t, error> refuses; // submissions, by point of any queue
    bool has_no_memory = false;             // for the next submission
    bool holds_back = false;                // submissions wait for end_one()
    bool ends_canceled = false;             // these do not wait when they are canceled
    std::uint32_t late_queue = 0; // its news reach only those who wait for them
    bool pins = true;             // or refuses to, as beyond RLIMIT_MEMLOCK
    std::function<void(const drm_groq_command &, drm_groq_result &)> on_run;

    struct submitted {
        std::vector<drm_groq_command> commands;
        std::uint64_t point;
        std::uint32_t results;
        std::uint64_t result_offset;
        std::uint32_t queue;
        std::vector<port_point> waits;
        bool is_waited_for;
        bool is_canceled = false;
    };
    std::vector<submitted> log; // everything ever submitted
    std::deque<submitted> held; // not ended yet
    std::map<std::uint32_t, fake_buffer> buffers;
    std::map<ino_t, fake_buffer> exported; // by inode of the file descriptor
    bool maps_imports = true;
    std::map<std::uint64_t, std::uint64_t> reserved; // size by address
    std::map<std::uint32_t, std::uint64_t> points;   // signalled, by queue
    std::vector<std::pair<std::uint64_t, int>> events;
    std::uint32_t contexts = 0, context_flags = 0, last_buffer = 0, last_queue = 0;
    std::uint32_t paths = 1 << GROQ_PATH_IOCTL; // that there are
    std::uint64_t system_calls = 0;             // for submitting and waiting
    bool has_work = false; // as release_sram sees it, beside what is held

    std::uint64_t used() const {
        std::uint64_t bytes = 0;
        for (const auto &[address, size] : reserved)
            bytes += size;
        return bytes;
    }

    // Something befalls the card: GROQ_EVENT_*, told to who watches it.
    void befall(std::uint32_t what) {
        const std::uint64_t one = 1;
        untold_events |= what;
        if (watching_file >= 0)
            (void)!::write(watching_file, &one, sizeof one);
    }
    std::string uri;
    std::int64_t serial = GROQ_UNKNOWN;
    port_links links;
    std::vector<drm_groq_link_align> alignments; // by link
    int adjusted = 0;                            // how often the HAC was
    std::uint32_t untold_events = 0;
    int watching_file = -1;

    void end_one() {
        const auto each = held.front();
        held.pop_front();
        if (!refuses.contains(each.point))
            execute(each);
        points[each.queue] = each.point;
        std::erase_if(events, [&](const auto &event) {
            const std::uint64_t one = 1;
            return event.first <= each.point &&
                   ::write(event.second, &one, sizeof one) == sizeof one;
        });
    }

private:
    void execute(const submitted &each) {
        auto *results = reinterpret_cast<drm_groq_result *>(
            buffers.at(each.results).data() + each.result_offset);
        bool has_failed = false;
        for (std::size_t i = 0; i < each.commands.size(); ++i) {
            auto &result = results[i];
            result = {};
            result.device_time_ns = each.point * 1000 + i;
            has_failed |= each.is_canceled;
            result.status = has_failed ? DRM_GROQ_STATUS_CANCELED : DRM_GROQ_STATUS_OK;
            result.expected = each.commands[i].expected;
            if (!has_failed)
                execute(each.commands[i], result);
            has_failed = result.status != DRM_GROQ_STATUS_OK;
        }
    }

    void execute(const drm_groq_command &command, drm_groq_result &result) {
        if (command.type == DRM_GROQ_COMMAND_RUN && on_run)
            return on_run(command, result);
        if (command.type != DRM_GROQ_COMMAND_COPY_IN &&
            command.type != DRM_GROQ_COMMAND_COPY_OUT)
            return;
        for (std::uint64_t row = 0; row < command.rows; ++row) {
            auto *host = buffers.at(command.bo).data() + command.bo_offset +
                         row * command.bo_stride;
            auto *chip = sram.data() + command.sram + row * command.sram_stride;
            const bool in = command.type == DRM_GROQ_COMMAND_COPY_IN;
            std::memcpy(in ? chip : host, in ? host : chip, command.size);
        }
        result.value = command.rows * command.size;
    }
};

class fake_port final : public kernel_port {
public:
    explicit fake_port(fake_card &card) : card_(card) {}

    void describe(groq_device_info &info) const override {
        info.sram_bytes = 1;
        info.serial = card_.serial;
        info.links = std::int64_t(card_.links.links.size());
        card_.uri.copy(info.uri, sizeof info.uri - 1);
    }

    result<std::uint64_t> parameter(drm_groq_param which) const override {
        if (const auto failed = count(); !failed)
            return failed.error();
        if (which == DRM_GROQ_PARAM_FEATURES)
            return card_.features;
        return which == DRM_GROQ_PARAM_SRAM_BYTES ? card_.sram_bytes : 0;
    }

    result<void> read(groq_telemetry &telemetry) const override {
        telemetry.holder = 1;
        return count();
    }

    result<port_links> links() const override {
        if (const auto failed = count(); !failed)
            return failed.error();
        return card_.links;
    }
    result<drm_groq_link_align> align_link(std::uint32_t link, std::uint32_t samples,
                                           bool is_adjusted) override {
        if (const auto failed = count(); !failed)
            return failed.error();
        if (link >= card_.alignments.size())
            return error(errc::link, "not up");
        auto measured = card_.alignments[link];
        measured.link = link;
        measured.samples = samples;
        card_.adjusted += is_adjusted;
        return measured;
    }

    result<port_buffer> create_buffer(std::uint64_t size) override {
        if (const auto failed = count(); !failed)
            return failed.error();
        auto bytes =
            std::make_shared<std::vector<std::byte>>((size + 4095) / 4096 * 4096);
        return keep({bytes, *bytes});
    }
    result<port_buffer> pin_buffer(std::span<std::byte> bytes,
                                   bool is_read_only) override {
        if (const auto failed = count(); !failed)
            return failed.error();
        if (!card_.pins)
            return error(errc::memory, "no more may be pinned");
        auto pinned = keep({nullptr, bytes, is_read_only});
        pinned.is_pinned = true;
        return pinned;
    }
    // A file of no bytes stands for it.
    result<int> export_buffer(const port_buffer &buffer) override {
        if (const auto failed = count(); !failed)
            return failed.error();
        if (buffer.is_pinned)
            return error(errc::unsupported, "pinned");
        const int file = ::memfd_create("buffer", MFD_CLOEXEC);
        card_.exported[inode_of(file)] = card_.buffers.at(buffer.handle);
        return file;
    }
    result<port_buffer> import_buffer(int file) override {
        if (const auto failed = count(); !failed)
            return failed.error();
        const auto found = card_.exported.find(inode_of(file));
        if (found == card_.exported.end())
            return error(errc::invalid, "no dma-buf");
        auto imported = keep(found->second);
        if (!card_.maps_imports)
            imported.bytes = {};
        return imported;
    }
    void destroy_buffer(const port_buffer &buffer) noexcept override {
        card_.buffers.erase(buffer.handle);
    }

    result<std::uint32_t> create_context(std::uint32_t flags) override {
        if (const auto failed = count(); !failed)
            return failed.error();
        card_.context_flags = flags;
        ++card_.contexts;
        return 1;
    }
    void destroy_context(std::uint32_t) noexcept override { --card_.contexts; }

    result<std::uint64_t> reserve_sram(std::uint32_t,
                                       std::optional<std::uint64_t> address,
                                       std::uint64_t size) override {
        if (const auto failed = count(); !failed)
            return failed.error();
        const auto end = card_.reserved.empty() ? 0
                                                : card_.reserved.rbegin()->first +
                                                      card_.reserved.rbegin()->second;
        const auto at = address.value_or(end);
        if (card_.reserved.contains(at) || card_.used() + size > card_.sram_limit) {
            if (card_.on_full)
                card_.on_full();
            return error(errc::sram, "taken");
        }
        card_.reserved[at] = size;
        return at;
    }
    result<void> release_sram(std::uint32_t, std::uint64_t address) override {
        if (card_.has_work || !card_.held.empty() || address == card_.stuck)
            return error(errc::in_use, "work");
        card_.reserved.erase(address);
        return {};
    }

    result<port_queue> create_queue(std::uint32_t, std::uint32_t,
                                    std::uint32_t path) override {
        if (const auto failed = count(); !failed)
            return failed.error();
        if (path == GROQ_PATH_AUTO)
            path = GROQ_PATH_IOCTL;
        if (!(card_.paths >> path & 1))
            return error(errc::unsupported, "no such path");
        return port_queue{++card_.last_queue, 0, path};
    }
    void destroy_queue(const port_queue &queue) noexcept override {
        std::erase_if(card_.held,
                      [&](const auto &each) { return each.queue == queue.id; });
    }

    result<std::size_t> submit(const port_queue &queue,
                               std::span<const port_submission> all) override {
        ++card_.system_calls;
        if (std::exchange(card_.has_no_memory, false))
            throw std::bad_alloc();
        for (std::size_t i = 0; i < all.size(); ++i) {
            // Said in the next call, whose first it is.
            if (i > 0 && (card_.calls == card_.fail_at || !check_waits(all[i])))
                return i;
            if (const auto done = submit_one(queue, all[i]); !done)
                return done.error();
        }
        return all.size();
    }
    result<void> refusal(const port_queue &, std::uint64_t point) override {
        if (const auto refused = card_.refuses.extract(point))
            return refused.mapped();
        return {};
    }
    // It ends as canceled when its turn has come.
    result<void> cancel(const port_queue &queue, std::uint64_t point) override {
        if (const auto failed = count(); !failed)
            return failed;
        for (auto &each : card_.held)
            each.is_canceled |= each.queue == queue.id && each.point == point;
        while (card_.ends_canceled && !card_.held.empty() &&
               card_.held.front().is_canceled)
            card_.end_one();
        return {};
    }
    result<void> watch(int event_file) override {
        if (const auto failed = count(); !failed)
            return failed;
        card_.watching_file = event_file;
        return {};
    }
    std::uint32_t take_events() noexcept override {
        return std::exchange(card_.untold_events, 0);
    }
    port_costs costs(const port_queue &) const noexcept override {
        return {card_.system_calls, 0};
    }
    result<std::uint64_t> signalled(const port_queue &queue) override {
        if (const auto failed = count(); !failed)
            return failed.error();
        ++card_.system_calls;
        return queue.id == card_.late_queue ? 0 : card_.points[queue.id];
    }
    // Whoever waits for work that is held back ends it, unless time is up at once.
    result<bool> wait(const port_queue &queue, std::uint64_t point,
                      std::int64_t deadline) override {
        if (const auto failed = count(); !failed)
            return failed.error();
        ++card_.system_calls;
        while (deadline != 0 && card_.points[queue.id] < point && !card_.held.empty())
            card_.end_one();
        if (queue.id == card_.late_queue && deadline == 0)
            return false;
        return card_.points[queue.id] >= point;
    }
    result<void> notify(const port_queue &queue, std::uint64_t point,
                        int event_file) override {
        if (const auto failed = count(); !failed)
            return failed;
        ++card_.system_calls;
        const std::uint64_t one = 1;
        if (card_.points[queue.id] >= point)
            (void)!::write(event_file, &one, sizeof one);
        else
            card_.events.emplace_back(point, event_file);
        return {};
    }

private:
    port_buffer keep(const fake_buffer &buffer) {
        card_.buffers[++card_.last_buffer] = buffer;
        return {card_.last_buffer, buffer.bytes};
    }
    static ino_t inode_of(int file) {
        struct stat status {};
        return ::fstat(file, &status) == 0 ? status.st_ino : 0;
    }
    result<void> submit_one(const port_queue &queue, const port_submission &what) {
        if (const auto failed = count(); !failed)
            return failed;
        if (const auto right = check_waits(what); !right)
            return right;
        card_.log.push_back({{what.commands.begin(), what.commands.end()},
                             what.point,
                             what.results,
                             what.result_offset,
                             queue.id,
                             {what.waits.begin(), what.waits.end()},
                             what.is_waited_for});
        card_.held.push_back(card_.log.back());
        if (!card_.holds_back)
            card_.end_one();
        return {};
    }
    // What is waited for was submitted, and said to be waited for: work that ends in
    // the order of its submission has no need to look again.
    result<void> check_waits(const port_submission &what) const {
        for (const auto &wait : what.waits)
            if (std::none_of(card_.log.begin(), card_.log.end(), [&](const auto &each) {
                    return each.queue == wait.queue.id && each.point == wait.point &&
                           each.is_waited_for;
                }))
                return error(errc::invalid, "a wait for nothing");
        return {};
    }

    result<void> count() const {
        if (card_.calls++ == card_.fail_at)
            return card_.failure;
        return {};
    }

    fake_card &card_;
};

} // namespace groq::test
