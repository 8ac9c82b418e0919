// SPDX-License-Identifier: MIT
// What was made to fail in the parts that execute commands: groq_chip_fail.
// From any thread; whoever changes it has the engines look.
#ifndef GROQ_CHIP_FAILURES_HPP
#define GROQ_CHIP_FAILURES_HPP

#include <atomic>

#include "../groq_chip.h"
#include "archive.hpp"

namespace groq::chip {

class failures {
public:
    static constexpr uint32_t bad_completion_all =
        GROQ_BAD_COOKIE | GROQ_BAD_QUEUE | GROQ_BAD_SQ_HEAD | GROQ_BAD_STATUS;

    // Commands do not end by themselves;
    bool is_hung() const { return hang_ != GROQ_HANG_NONE || is_fatal_; }
    // nor when they shall;
    bool is_deaf() const { return hang_ >= GROQ_HANG_CHIP || is_fatal_; }
    // nor by a reset.
    bool is_stuck() const { return hang_ >= GROQ_HANG_RESET; }

    bool is_fatal() const { return is_fatal_; }
    groq_hang hang() const { return static_cast<groq_hang>(hang_.load()); }
    uint32_t bad_completion() const { return bad_completion_; }

    void set_hang(groq_hang hang) { hang_ = hang; }
    void set_bad_completion(uint32_t mask) { bad_completion_ = mask; }
    // True if it was not before.
    bool set_fatal(bool fatal) { return !is_fatal_.exchange(fatal) && fatal; }

    // Once.
    uint32_t take_bad_completion() {
        return bad_completion_ ? bad_completion_.exchange(0) : 0;
    }

    // A reset that helps where it hangs no deeper than @deepest.
    void mend(groq_hang deepest) {
        is_fatal_ = false;
        if (hang() <= deepest)
            hang_ = GROQ_HANG_NONE;
    }

    void serialize(archive &a) {
        uint32_t hang = hang_, bad = bad_completion_;
        bool fatal = is_fatal_;
        a.below(hang, GROQ_HANG_FOREVER + 1);
        a.below(bad, bad_completion_all + 1);
        a.value(fatal);
        if (a.is_loading() && a.good())
            hang_ = hang, bad_completion_ = bad, is_fatal_ = fatal;
    }

private:
    std::atomic<uint32_t> hang_{GROQ_HANG_NONE};
    std::atomic<uint32_t> bad_completion_{0};
    std::atomic<bool> is_fatal_{false};
};

} // namespace groq::chip

#endif
