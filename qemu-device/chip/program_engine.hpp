// SPDX-License-Identifier: MIT
#ifndef GROQ_CHIP_PROGRAM_ENGINE_HPP
#define GROQ_CHIP_PROGRAM_ENGINE_HPP

#include <atomic>
#include <optional>

#include "queue_set.hpp"
#include "sram.hpp"

namespace groq::chip {

class program_engine {
public:
    explicit program_engine(queue_set &queues) : queues_(queues) {}
    bool work(uint64_t budget) {
        while (budget--) {
            std::optional<job> j = queues_.take(GROQ_ENGINE_PROGRAM);
            if (!j)
                return false;
            queues_.finish(*j, 0, make_fault(GROQ_FAULT_BAD_OPCODE));
        }
        return true;
    }
    bool is_running() const { return false; }
    uint64_t cycles() const { return 0; }
    void let_go() {}
    void reset() {}
    void serialize(archive &) {}

private:
    queue_set &queues_;
};

} // namespace groq::chip

#endif
