// SPDX-License-Identifier: MIT
// A process that works on a card until its standard input ends or the card has gone,
// while a test does things to the card; then it tells how its jobs have ended:
//
//     driver_worker [CARD]
//     OK 1234
//     RESET 2
//     end: asked           (or the errno that a submission was refused with)
//     kept: yes            (SRAM beside the jobs; "unknown" of a card that has gone)
//
// "ready" comes before that, when the first jobs have ended. It fails if a result
// that is said to be OK is wrong, or if anything takes too long.
#include "card.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <iostream>
#include <map>
#include <memory>

#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

namespace groq::test {
namespace {

constexpr std::uint64_t piece = 320 * 50;

// One job at a time, with memory of its own: a copy there and back.
class lane {
public:
    lane(const bench &rig, std::uint32_t number)
        : rig_(rig), sram_(rig.reserve(piece)), sync_(rig.device().create_sync()),
          seed_(number), source_(rig.device(), piece), target_(rig.device(), piece),
          results_(rig.device(), 4096) {}

    int start() {
        job work;
        source_.fill(seed_ += 16);
        std::memset(results_.bytes().data(), 0, results_.size());
        return work.copy_in(source_, 0, sram_, piece)
            .copy_out(target_, 0, sram_, piece)
            .then(sync_)
            .results(results_)
            .push(rig_.device(), rig_.queue());
    }

    // The status of the first command that is not OK, or OK.
    std::uint32_t finish() {
        int error = rig_.device().wait(sync_, 0, patience_seconds * 2);
        EXPECT_TRUE(error == 0 || error == ENODEV) << "a job took too long: " << error;
        std::uint32_t status = status_of(0);
        if (status == DRM_GROQ_STATUS_OK)
            status = status_of(1);
        if (status == DRM_GROQ_STATUS_OK) {
            EXPECT_TRUE(std::ranges::equal(source_.bytes().first(piece),
                                           target_.bytes().first(piece)));
        }
        return status;
    }

private:
    // A wait ends at once when the card is removed, the job a little later.
    std::uint32_t status_of(std::size_t command) {
        std::atomic_ref status(results_.as<drm_groq_result>()[command].status);
        for (int i = 0; i < patience_seconds * 100; ++i, usleep(10000))
            if (std::uint32_t seen = status.load(); seen != DRM_GROQ_STATUS_PENDING)
                return seen;
        return DRM_GROQ_STATUS_PENDING;
    }

    const bench &rig_;
    std::uint64_t sram_;
    std::uint32_t sync_, seed_;
    buffer source_, target_, results_;
};

bool asked_to_end() {
    pollfd input{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0};
    return poll(&input, 1, 0) > 0;
}

void work(int card_number) {
    bench rig(card_number);
    std::uint64_t beside = rig.reserve(3200);
    std::vector<std::uint8_t> bytes(3200, 0x5a);
    rig.write(beside, bytes);
    std::vector<std::unique_ptr<lane>> lanes;
    for (std::uint32_t i = 0; i < 4; ++i)
        lanes.push_back(std::make_unique<lane>(rig, i));

    std::map<std::uint32_t, int> ends;
    int error = 0;
    bool ready = false;
    while (!error && !asked_to_end() && !testing::Test::HasFailure()) {
        std::size_t started = 0;
        for (; started < lanes.size() && !error; ++started)
            error = lanes[started]->start();
        for (std::size_t i = 0; i < started - (error != 0); ++i)
            ++ends[lanes[i]->finish()];
        if (!std::exchange(ready, true))
            std::cout << "ready" << std::endl;
    }
    for (auto [status, count] : ends)
        std::cout << status_names.at(status) << ' ' << count << '\n';
    std::cout << "end: " << (error ? strerrorname_np(error) : "asked") << '\n';
    bool there = !error;
    std::cout << "kept: "
              << (!there                            ? "unknown"
                  : rig.read(beside, 3200) == bytes ? "yes"
                                                    : "no")
              << std::endl;
}

} // namespace
} // namespace groq::test

int main(int count, char **arguments) {
    testing::InitGoogleTest(&count, arguments);
    groq::test::work(count > 1 ? std::atoi(arguments[1]) : 0);
    return testing::Test::HasFailure();
}
