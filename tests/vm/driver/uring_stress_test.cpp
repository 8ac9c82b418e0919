// SPDX-License-Identifier: MIT
// Four threads, each with a ring, a queue and memory of its own, and all of one file.
#include "ring.hpp"

#include <random>
#include <sys/mman.h>
#include <thread>

#include <gtest/gtest.h>

namespace groq::test {
namespace {

constexpr std::size_t slots = 32, slot_bytes = 8192;
constexpr int rounds = 60;

class worker {
public:
    worker(const card &device, std::uint32_t context, unsigned int seed)
        : device_(device), queue_(device.create_queue(context)),
          sram_(device.reserve(context, slots * slot_bytes / 320 * 320 + 320)),
          sync_(device.create_sync()), host_(device, slots * slot_bytes), random_(seed),
          seed_(seed), door_(modes[seed % 3], 128) {
        memory_ = static_cast<std::uint8_t *>(mmap(nullptr, slots * slot_bytes,
                                                   PROT_READ | PROT_WRITE,
                                                   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
        iovec all{memory_, slots * slot_bytes};
        EXPECT_EQ(door_.error(), 0);
        EXPECT_EQ(io_uring_register_buffers(door_.raw(), &all, 1), 0);
    }

    void run() {
        for (int round = 0; round < rounds; ++round)
            turn();
    }

private:
    // In by one way and out by another, in order; some of it canceled meanwhile.
    void turn() {
        std::vector<bool> cancelable(slots);
        host_.fill(random_());
        std::memset(memory_, 0, slots * slot_bytes);
        for (std::size_t slot = 0; slot < slots; ++slot) {
            cancelable[slot] = random_() % 4 == 0;
            copy_in(slot, cancelable[slot] ? seed_ + 1 : 0);
            copy_out(slot, cancelable[slot] ? seed_ + 1 : 0);
            if (random_() % 16 == 0)
                door_.submit();
        }
        door_.submit();
        cancel(door_, device_, seed_ + 1);
        for (std::size_t slot = 0; slot < slots; ++slot)
            check(slot, cancelable[slot]);
    }

    void copy_in(std::size_t slot, std::uint64_t tag) {
        if (!tag && random_() % 4 == 0) {
            door_.submit(); // what is before it goes first
            job work;
            EXPECT_EQ(work.copy_in(host_, slot * slot_bytes, place(slot), slot_bytes)
                          .push(device_, queue_),
                      0);
            through_ioctl_[slot] = true;
            return;
        }
        through_ioctl_[slot] = false;
        drm_groq_uring_copy copy =
            copy_of(host_, queue_, slot * slot_bytes, place(slot), slot_bytes);
        copy.tag = tag;
        door_.prepare(device_, DRM_GROQ_URING_COPY_IN, copy, 2 * slot);
    }
    void copy_out(std::size_t slot, std::uint64_t tag) {
        drm_groq_uring_copy copy{};
        copy.queue = queue_;
        copy.rows = 1;
        copy.address = reinterpret_cast<std::uintptr_t>(memory_ + slot * slot_bytes);
        copy.sram = place(slot);
        copy.size = slot_bytes;
        copy.tag = tag;
        io_uring_sqe *sqe =
            door_.prepare(device_, DRM_GROQ_URING_COPY_OUT, copy, 2 * slot + 1);
        sqe->uring_cmd_flags = IORING_URING_CMD_FIXED;
    }
    void check(std::size_t slot, bool cancelable) {
        int in =
            through_ioctl_[slot] ? int(DRM_GROQ_STATUS_OK) : door_.take(2 * slot).res;
        int out = door_.take(2 * slot + 1).res;
        auto allowed = [&](int res) {
            return res == DRM_GROQ_STATUS_OK ||
                   (cancelable && res == DRM_GROQ_STATUS_CANCELED);
        };
        EXPECT_TRUE(allowed(in)) << in;
        EXPECT_TRUE(allowed(out)) << out;
        if (in == DRM_GROQ_STATUS_OK && out == DRM_GROQ_STATUS_OK) {
            EXPECT_EQ(std::memcmp(&host_.bytes()[slot * slot_bytes],
                                  memory_ + slot * slot_bytes, slot_bytes),
                      0)
                << slot;
        }
    }
    std::uint64_t place(std::size_t slot) const { return sram_ + slot * slot_bytes; }

    static constexpr unsigned int modes[] = {
        big, big | IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN,
        big | IORING_SETUP_COOP_TASKRUN};
    const card &device_;
    std::uint32_t queue_;
    std::uint64_t sram_;
    std::uint32_t sync_;
    buffer host_;
    std::mt19937 random_;
    std::uint64_t seed_;
    ring door_;
    std::uint8_t *memory_ = nullptr;
    bool through_ioctl_[slots] = {};
};

TEST(UringStress, ManyThreadsDoNotDisturbEachOther) {
    card device;
    std::uint32_t context = device.create_context();
    std::vector<std::thread> threads;
    for (unsigned int i = 0; i < 4; ++i)
        threads.emplace_back([&, i] {
            worker one(device, context, i);
            one.run();
        });
    for (std::thread &thread : threads)
        thread.join();
}

TEST(UringStress, WorkersAndCancelsMeet) {
    // Pushed by workers, canceled and abandoned while they do.
    for (int round = 0; round < 20; ++round) {
        bench rig;
        std::uint64_t sram = rig.reserve(320 * 100);
        buffer host(rig.device(), 32768);
        ring door;
        ASSERT_EQ(door.error(), 0);
        for (std::uint64_t i = 0; i < 64; ++i) {
            drm_groq_uring_copy copy = copy_of(host, rig.queue(), 0, sram, 32000);
            copy.tag = 1;
            door.prepare(rig.device(), DRM_GROQ_URING_COPY_IN, copy, i)->flags |=
                IOSQE_ASYNC;
        }
        door.submit();
        if (round % 2) {
            for (std::uint64_t i = 0; i < 64; ++i) {
                cancel(door, rig.device(), 1);
                int res = door.take(i).res;
                EXPECT_TRUE(res == DRM_GROQ_STATUS_OK ||
                            res == DRM_GROQ_STATUS_CANCELED)
                    << res;
            }
        }
        // Else the ring ends with them.
    }
}

} // namespace
} // namespace groq::test
