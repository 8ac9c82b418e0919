// SPDX-License-Identifier: MIT
// Where chip and reference run the same program side by side.
#ifndef GROQ_TESTS_CONFORMANCE_BENCH_HPP
#define GROQ_TESTS_CONFORMANCE_BENCH_HPP

#include <memory>

#include "program.hpp"

namespace groq::chip::test {
struct card;
class driver_queue;
} // namespace groq::chip::test

namespace groq::conformance {

// A chip that runs one program after the other, its SRAM zeroed in between.
class bench {
public:
    bench();
    ~bench();

    // Empty if chip and reference agree on everything, else what differs.
    std::string compare(const program &p, reference::mistake wrong = {});

    // Of the last program, in the reference.
    const reference::outcome &expected() const { return expected_; }
    const reference::memory &expected_sram() const { return expected_sram_; }

private:
    struct chip;

    chip &chip_for(const program &p);

    std::map<unsigned, std::unique_ptr<chip>> chips_; // by slices of the card
    reference::outcome expected_;
    reference::memory expected_sram_;
};

// The reference alone. @injections_wait: whether a stream's errors were not used up.
reference::outcome run_reference(const program &p, reference::memory &sram,
                                 reference::mistake wrong = {},
                                 bool *injections_wait = nullptr);

} // namespace groq::conformance

#endif
