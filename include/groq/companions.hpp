// SPDX-License-Identifier: MIT
//
// The processes, of one host or several, whose cards are one system.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace groq {

// What they tell each other. Each has a rank, from 0 on; all of them make the same
// calls in the same order. One thread at a time. <groq/mpi.hpp> makes them of MPI's.
class companions {
public:
    virtual ~companions() = default;

    virtual std::size_t rank() const = 0; // of this one
    virtual std::size_t size() const = 0;
    // Of this one, for messages: "rank 1 on node-b". Empty: it is alone.
    virtual std::string name() const = 0;

    // What each of them says in this call, by rank; the same to all. Blocks until all
    // have called.
    virtual std::vector<std::string> exchange(const std::string &own) = 0;

    // Tell the others, without waiting for them, that what all do until the next
    // exchange is to be given up. Once between two exchanges.
    virtual void call_off() = 0;
    // Whether one of the others has said so since the last exchange.
    virtual bool is_called_off() = 0;
};

// A process that has none.
class alone final : public companions {
public:
    std::size_t rank() const override { return 0; }
    std::size_t size() const override { return 1; }
    std::string name() const override { return {}; }
    std::vector<std::string> exchange(const std::string &own) override { return {own}; }
    void call_off() override {}
    bool is_called_off() override { return false; }
};

} // namespace groq
