// SPDX-License-Identifier: MIT
// A job that does not end by itself for longer than any test has patience.
#ifndef GROQ_TESTS_VM_DRIVER_ENDLESS_HPP
#define GROQ_TESTS_VM_DRIVER_ENDLESS_HPP

#include "card.hpp"
#include "program.hpp"

#include <cerrno>
#include <cstring>
#include <vector>

#include <gtest/gtest.h>

namespace groq::test {

class endless {
public:
    // With a queue of its own in the context; it runs when this returns.
    endless(const card &device, std::uint32_t context)
        : device_(device), queue_(device.create_queue(context)),
          sync_(device.create_sync()), results_(device, 4096) {
        image program = assemble_long(0, blocks);
        std::uint64_t size = (program.bytes.size() + GROQ_TEXT_BYTES - 1) /
                             GROQ_TEXT_BYTES * GROQ_TEXT_BYTES;
        std::uint64_t address = device.reserve(context, size + GROQ_TEXT_BYTES);
        address = (address + GROQ_TEXT_BYTES - 1) / GROQ_TEXT_BYTES * GROQ_TEXT_BYTES;
        program = assemble_long(address, blocks);
        buffer text(device, program.bytes.size());
        std::memcpy(text.bytes().data(), program.bytes.data(), program.bytes.size());
        job load, run;
        EXPECT_EQ(load.copy_in(text, 0, address, program.bytes.size())
                      .then(sync_)
                      .push(device, queue_),
                  0);
        EXPECT_EQ(device.wait(sync_), 0);
        EXPECT_EQ(run.run(address, program.entries, ~0ull)
                      .nop()
                      .then(sync_)
                      .results(results_)
                      .push(device, queue_),
                  0);
        while (attribute("state") != "busy" && !ended())
            ;
    }

    std::uint32_t queue() const { return queue_; }
    bool ended() const { return device_.wait(sync_, 0, 0) != ETIME; }
    // Waits for its end, and what its fence says of it.
    int error() const {
        EXPECT_EQ(device_.wait(sync_), 0);
        return device_.error_of(sync_);
    }
    const drm_groq_result &result(std::size_t command = 0) const {
        return results_.as<drm_groq_result>()[command];
    }
    std::uint32_t sync() const { return sync_; } // a binary one

private:
    static constexpr std::uint32_t blocks = 3000; // 3.7e9 operations
    const card &device_;
    std::uint32_t queue_, sync_;
    buffer results_;
};

// What @trouble does to the chip costs the work in it, and nothing else: what waits
// goes on, and SRAM is as it was.
template <typename action>
void expect_only_running_work_lost(action trouble) {
    bench rig;
    const card &device = rig.device();
    std::uint64_t sram = rig.reserve(3200);
    std::vector<std::uint8_t> bytes(3200, 42);
    rig.write(sram, bytes);
    endless running(device, device.create_context());
    std::uint32_t sync = device.create_sync();
    job waiting; // not in the ring, so not lost
    ASSERT_EQ(waiting.nop().after(running.sync()).then(sync).push(device, rig.queue()),
              0);
    trouble();
    EXPECT_EQ(running.error(), ECANCELED);
    EXPECT_EQ(running.result(0).status, DRM_GROQ_STATUS_RESET);
    EXPECT_EQ(running.result(1).status, DRM_GROQ_STATUS_RESET);
    EXPECT_EQ(device.wait(sync), 0);
    EXPECT_EQ(device.error_of(sync), 0);
    EXPECT_EQ(rig.read(sram, 3200), bytes);
}

} // namespace groq::test

#endif
