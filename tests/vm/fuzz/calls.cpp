// SPDX-License-Identifier: MIT
//
// The fields of all calls, and values for them.
#include "calls.hpp"

#include <algorithm>
#include <cstring>

#include <drm/groq_accel.h>

#include <drm.h>

namespace groq::fuzz {
namespace {

using enum meaning;

constexpr std::uint64_t links_most = 16; // of any card

#define FIELD(type, name, what)                                                        \
    { offsetof(type, name), sizeof(type::name), what }

constexpr field get_param[] = {FIELD(drm_groq_get_param, param, param),
                               FIELD(drm_groq_get_param, reserved, zero),
                               FIELD(drm_groq_get_param, value, output)};
constexpr field bo_create[] = {FIELD(drm_groq_bo_create, size, bytes),
                               FIELD(drm_groq_bo_create, flags, zero),
                               FIELD(drm_groq_bo_create, handle, output),
                               FIELD(drm_groq_bo_create, mmap_offset, output)};
constexpr field bo_pin[] = {
    FIELD(drm_groq_bo_pin, size, pages), FIELD(drm_groq_bo_pin, address, pages_at),
    FIELD(drm_groq_bo_pin, flags, bit), FIELD(drm_groq_bo_pin, handle, output)};
constexpr field context_create[] = {FIELD(drm_groq_context_create, flags, zero),
                                    FIELD(drm_groq_context_create, id, output),
                                    FIELD(drm_groq_context_create, holder, output),
                                    FIELD(drm_groq_context_create, reserved, zero)};
constexpr field context_lease[] = {FIELD(drm_groq_context_create, flags, bit),
                                   FIELD(drm_groq_context_create, reserved, zero)};
constexpr field context_destroy[] = {FIELD(drm_groq_context_destroy, id, id),
                                     FIELD(drm_groq_context_destroy, reserved, zero)};
constexpr field context_query[] = {FIELD(drm_groq_context_query, id, id),
                                   FIELD(drm_groq_context_query, reserved, zero),
                                   FIELD(drm_groq_context_query, jobs, output)};
constexpr field sram_reserve[] = {FIELD(drm_groq_sram_reserve, context, id),
                                  FIELD(drm_groq_sram_reserve, flags, bit),
                                  FIELD(drm_groq_sram_reserve, address, sram),
                                  FIELD(drm_groq_sram_reserve, size, vectors)};
constexpr field sram_release[] = {FIELD(drm_groq_sram_release, context, id),
                                  FIELD(drm_groq_sram_release, reserved, zero),
                                  FIELD(drm_groq_sram_release, address, sram)};
constexpr field queue_create[] = {FIELD(drm_groq_queue_create, context, id),
                                  FIELD(drm_groq_queue_create, priority, priority),
                                  FIELD(drm_groq_queue_create, flags, zero),
                                  FIELD(drm_groq_queue_create, id, output)};
constexpr field queue_destroy[] = {FIELD(drm_groq_queue_destroy, id, id),
                                   FIELD(drm_groq_queue_destroy, reserved, zero)};
// Counts before the pointers to what they count: fill() goes in this order.
constexpr field submit[] = {FIELD(drm_groq_submit, queue, id),
                            FIELD(drm_groq_submit, flags, zero),
                            FIELD(drm_groq_submit, command_count, count),
                            FIELD(drm_groq_submit, commands, commands),
                            FIELD(drm_groq_submit, wait_count, few),
                            FIELD(drm_groq_submit, waits, syncs),
                            FIELD(drm_groq_submit, signal_count, few),
                            FIELD(drm_groq_submit, signals, syncs),
                            FIELD(drm_groq_submit, result_bo, id),
                            FIELD(drm_groq_submit, result_offset, offset),
                            FIELD(drm_groq_submit, tag, tag)};
constexpr field submit_only[] = {FIELD(drm_groq_submit, queue, id),
                                 FIELD(drm_groq_submit, command_count, count),
                                 FIELD(drm_groq_submit, commands, commands),
                                 FIELD(drm_groq_submit, signal_count, few),
                                 FIELD(drm_groq_submit, signals, syncs),
                                 FIELD(drm_groq_submit, tag, tag)};
constexpr field cancel[] = {FIELD(drm_groq_cancel, tag, tag),
                            FIELD(drm_groq_cancel, flags, zero),
                            FIELD(drm_groq_cancel, count, output)};
constexpr field topology[] = {FIELD(drm_groq_topology, count, link),
                              FIELD(drm_groq_topology, links, links),
                              FIELD(drm_groq_topology, flags, zero),
                              FIELD(drm_groq_topology, generation, output)};
constexpr field link_align[] = {
    FIELD(drm_groq_link_align, link, link), FIELD(drm_groq_link_align, samples, cycles),
    FIELD(drm_groq_link_align, flags, bit), FIELD(drm_groq_link_align, period, output),
    FIELD(drm_groq_link_align, reserved, zero)};
constexpr field nop[] = {FIELD(drm_groq_command, flags, zero)};
constexpr field copy[] = {FIELD(drm_groq_command, type, copy_type),
                          FIELD(drm_groq_command, flags, zero),
                          FIELD(drm_groq_command, bo, id),
                          FIELD(drm_groq_command, rows, one),
                          FIELD(drm_groq_command, bo_offset, offset),
                          FIELD(drm_groq_command, sram, sram),
                          FIELD(drm_groq_command, size, row),
                          FIELD(drm_groq_command, bo_stride, zero),
                          FIELD(drm_groq_command, sram_stride, zero),
                          FIELD(drm_groq_command, expected, zero)};
constexpr field copy_rows[] = {FIELD(drm_groq_command, type, copy_type),
                               FIELD(drm_groq_command, bo, id),
                               FIELD(drm_groq_command, rows, count),
                               FIELD(drm_groq_command, bo_offset, offset),
                               FIELD(drm_groq_command, sram, sram),
                               FIELD(drm_groq_command, size, row),
                               FIELD(drm_groq_command, bo_stride, stride),
                               FIELD(drm_groq_command, sram_stride, stride)};
constexpr field run[] = {
    FIELD(drm_groq_command, type, run_type), FIELD(drm_groq_command, rows, one),
    FIELD(drm_groq_command, sram, sram), FIELD(drm_groq_command, size, cycles),
    FIELD(drm_groq_command, expected, cycles)};
constexpr field sync[] = {FIELD(drm_groq_sync, handle, id),
                          FIELD(drm_groq_sync, flags, zero),
                          FIELD(drm_groq_sync, point, point)};

constexpr field uring_submit[] = {FIELD(drm_groq_submit, queue, id),
                                  FIELD(drm_groq_submit, command_count, count),
                                  FIELD(drm_groq_submit, commands, commands),
                                  FIELD(drm_groq_submit, wait_count, few),
                                  FIELD(drm_groq_submit, waits, syncs),
                                  FIELD(drm_groq_submit, signal_count, few),
                                  FIELD(drm_groq_submit, signals, syncs),
                                  FIELD(drm_groq_submit, result_bo, id),
                                  FIELD(drm_groq_submit, result_offset, offset),
                                  FIELD(drm_groq_submit, tag, tag)};
constexpr field uring_copy[] = {FIELD(drm_groq_uring_copy, queue, id),
                                FIELD(drm_groq_uring_copy, flags, zero),
                                FIELD(drm_groq_uring_copy, bo, id),
                                FIELD(drm_groq_uring_copy, rows, bit),
                                FIELD(drm_groq_uring_copy, address, offset),
                                FIELD(drm_groq_uring_copy, sram, sram),
                                FIELD(drm_groq_uring_copy, size, cycles),
                                FIELD(drm_groq_uring_copy, stride, zero),
                                FIELD(drm_groq_uring_copy, sram_stride, zero),
                                FIELD(drm_groq_uring_copy, tag, tag)};
// Of the ring's registered memory.
constexpr field uring_fixed[] = {FIELD(drm_groq_uring_copy, queue, id),
                                 FIELD(drm_groq_uring_copy, rows, bit),
                                 FIELD(drm_groq_uring_copy, size, cycles),
                                 FIELD(drm_groq_uring_copy, address, fixed_at),
                                 FIELD(drm_groq_uring_copy, sram, sram),
                                 FIELD(drm_groq_uring_copy, tag, tag)};
constexpr field uring_wait[] = {FIELD(drm_groq_uring_wait, after, output),
                                FIELD(drm_groq_uring_wait, events, events),
                                FIELD(drm_groq_uring_wait, flags, zero),
                                FIELD(drm_groq_uring_wait, tag, tag)};
constexpr field uring_cancel[] = {FIELD(drm_groq_uring_cancel, tag, tag),
                                  FIELD(drm_groq_uring_cancel, flags, zero),
                                  FIELD(drm_groq_uring_cancel, reserved, zero)};

constexpr field syncobj_create[] = {FIELD(drm_syncobj_create, flags, bit)};
constexpr field syncobj_destroy[] = {FIELD(drm_syncobj_destroy, handle, id)};
constexpr field syncobj_transfer[] = {FIELD(drm_syncobj_transfer, src_handle, id),
                                      FIELD(drm_syncobj_transfer, dst_handle, id),
                                      FIELD(drm_syncobj_transfer, src_point, point),
                                      FIELD(drm_syncobj_transfer, dst_point, point)};
constexpr field gem_close[] = {FIELD(drm_gem_close, handle, id)};

#define CALL(request, type, fields, weight)                                            \
    { request, sizeof(type), fields, weight }

constexpr call all_ioctls[] = {
    CALL(DRM_IOCTL_GROQ_GET_PARAM, drm_groq_get_param, get_param, 2),
    CALL(DRM_IOCTL_GROQ_BO_CREATE, drm_groq_bo_create, bo_create, 8),
    CALL(DRM_IOCTL_GROQ_BO_PIN, drm_groq_bo_pin, bo_pin, 6),
    CALL(DRM_IOCTL_GROQ_CONTEXT_CREATE, drm_groq_context_create, context_create, 6),
    CALL(DRM_IOCTL_GROQ_CONTEXT_CREATE, drm_groq_context_create, context_lease, 1),
    CALL(DRM_IOCTL_GROQ_CONTEXT_DESTROY, drm_groq_context_destroy, context_destroy, 3),
    CALL(DRM_IOCTL_GROQ_CONTEXT_QUERY, drm_groq_context_query, context_query, 2),
    CALL(DRM_IOCTL_GROQ_SRAM_RESERVE, drm_groq_sram_reserve, sram_reserve, 8),
    CALL(DRM_IOCTL_GROQ_SRAM_RELEASE, drm_groq_sram_release, sram_release, 5),
    CALL(DRM_IOCTL_GROQ_QUEUE_CREATE, drm_groq_queue_create, queue_create, 6),
    CALL(DRM_IOCTL_GROQ_QUEUE_DESTROY, drm_groq_queue_destroy, queue_destroy, 3),
    CALL(DRM_IOCTL_GROQ_SUBMIT, drm_groq_submit, submit, 15),
    CALL(DRM_IOCTL_GROQ_SUBMIT, drm_groq_submit, submit_only, 15),
    CALL(DRM_IOCTL_GROQ_CANCEL, drm_groq_cancel, cancel, 3),
    CALL(DRM_IOCTL_GROQ_TOPOLOGY, drm_groq_topology, topology, 2),
    CALL(DRM_IOCTL_GROQ_LINK_ALIGN, drm_groq_link_align, link_align, 2),
    CALL(DRM_IOCTL_SYNCOBJ_CREATE, drm_syncobj_create, syncobj_create, 5),
    CALL(DRM_IOCTL_SYNCOBJ_DESTROY, drm_syncobj_destroy, syncobj_destroy, 3),
    CALL(DRM_IOCTL_SYNCOBJ_TRANSFER, drm_syncobj_transfer, syncobj_transfer, 2),
    CALL(DRM_IOCTL_GEM_CLOSE, drm_gem_close, gem_close, 8),
};

constexpr call all_uring_calls[] = {
    CALL(DRM_GROQ_URING_SUBMIT, drm_groq_submit, uring_submit, 6),
    CALL(DRM_GROQ_URING_COPY_IN, drm_groq_uring_copy, uring_copy, 3),
    CALL(DRM_GROQ_URING_COPY_OUT, drm_groq_uring_copy, uring_copy, 3),
    CALL(DRM_GROQ_URING_COPY_IN, drm_groq_uring_copy, uring_fixed, 3),
    CALL(DRM_GROQ_URING_COPY_OUT, drm_groq_uring_copy, uring_fixed, 3),
    CALL(DRM_GROQ_URING_WAIT, drm_groq_uring_wait, uring_wait, 2),
    CALL(DRM_GROQ_URING_CANCEL, drm_groq_uring_cancel, uring_cancel, 2),
};

constexpr call all_commands[] = {
    CALL(DRM_GROQ_COMMAND_NOP, drm_groq_command, nop, 2),
    CALL(DRM_GROQ_COMMAND_COPY_IN, drm_groq_command, copy, 6),
    CALL(DRM_GROQ_COMMAND_COPY_IN, drm_groq_command, copy_rows, 3),
    CALL(DRM_GROQ_COMMAND_RUN, drm_groq_command, run, 2),
};
constexpr call all_syncs[] = {CALL(0, drm_groq_sync, sync, 1)};

std::uint64_t array_of(dice &roll, std::span<const call> items, std::uint64_t count,
                       memory &own) {
    std::vector<std::byte> made;
    for (std::uint64_t i = 0; i < count && i < DRM_GROQ_COMMANDS_MAX; ++i) {
        const auto item = fill(roll, choose(roll, items), own);
        made.insert(made.end(), item.begin(), item.end());
    }
    return reinterpret_cast<std::uintptr_t>(own.place(roll, made.data(), made.size()));
}

// `before` is the value of the field before: the count of an array, the size of pages.
std::uint64_t sensible(dice &roll, meaning what, std::uint64_t before, memory &own) {
    switch (what) {
    case zero:
        return 0;
    case id:
        return 1 + roll.below(roll.one_in(4) ? 12 : 3);
    case bit:
        return roll.below(2);
    case param:
        return roll.below(13);
    case priority:
        return roll.below(DRM_GROQ_PRIORITY_MAX + 1);
    case bytes:
        return 1 + roll.below(roll.one_in(8) ? 1 << 20 : 1 << 15);
    case pages:
        return 4096 * (1 + roll.below(16));
    case sram:
        return 320 * roll.below(64);
    case vectors:
        return 320 * (1 + roll.below(64));
    case offset:
        return 8 * roll.below(1024);
    case stride:
        return 320 + 8 * roll.below(40);
    case point:
        return roll.one_in(3) ? roll.below(8) : 0;
    case pages_at:
        return own.pages(roll, before);
    case fixed_at:
        return own.registered(roll);
    case commands:
        return array_of(roll, all_commands, before, own);
    case link:
        return roll.below(13);
    case links:
        return before == 0 ? 0
                           : reinterpret_cast<std::uintptr_t>(own.place(
                                 roll, nullptr,
                                 std::min(before, links_most) * sizeof(drm_groq_link)));
    case syncs:
        return array_of(roll, all_syncs, before, own);
    case count:
        return roll.one_in(8) ? roll.below(66) : 1 + roll.below(3);
    case few:
        return roll.one_in(4) ? roll.below(3) : 0;
    case copy_type:
        return DRM_GROQ_COMMAND_COPY_IN + roll.below(2);
    case run_type:
        return DRM_GROQ_COMMAND_RUN;
    case one:
        return 1;
    case row:
        return 1 + roll.below(320);
    case cycles:
        return 1 + roll.below(4096);
    case tag:
        return roll.below(4);
    case events:
        return roll.below(DRM_GROQ_EVENT_ALL + 1);
    case output:
        return roll.one_in(2) ? 0 : roll.any();
    }
    return 0;
}

// Buffers of gigabytes are a matter of memory, not of sense.
bool costs_memory(meaning what, std::uint64_t value) {
    return (what == bytes || what == pages) && value > 1 << 22 &&
           value <= DRM_GROQ_BO_SIZE_MAX;
}

void limit(const field &of, std::byte *at) {
    std::uint64_t value = 0;
    std::memcpy(&value, at, of.size);
    if (!costs_memory(of.what, value))
        return;
    value %= 1 << 22;
    std::memcpy(at, &value, of.size);
}

} // namespace

std::span<const call> ioctls() {
    return all_ioctls;
}

std::span<const call> uring_calls() {
    return all_uring_calls;
}

const call &choose(dice &roll, std::span<const call> calls) {
    int total = 0;
    for (const call &one : calls)
        total += one.weight;
    auto left = static_cast<int>(roll.below(static_cast<std::uint64_t>(total)));
    for (const call &one : calls)
        if ((left -= one.weight) < 0)
            return one;
    return calls.back();
}

std::vector<std::byte> fill(dice &roll, const call &which, memory &own) {
    std::vector<std::byte> made(which.size);
    std::uint64_t before = 0;
    for (const field &next : which.fields) {
        before = roll.one_in(40) ? roll.odd() : sensible(roll, next.what, before, own);
        std::memcpy(&made[next.offset], &before, next.size); // little endian
    }
    if (roll.one_in(50)) // a bit anywhere, in no field too
        made[roll.below(made.size())] ^= std::byte(1 << roll.below(8));
    for (const field &any : which.fields)
        limit(any, &made[any.offset]);
    return made;
}

} // namespace groq::fuzz
