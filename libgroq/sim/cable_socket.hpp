// SPDX-License-Identifier: MIT
//
// Cables of simulated cards that lead to other processes: the frames of
// groq_cable_wire.h, as QEMU sends them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <groq/cable.hpp>
#include <groq_cable_wire.h>

#include "card.hpp"

namespace groq::sim {

// One cable. What cannot be used, hangs up or dies is a link that goes down, and the
// next process that comes is as good as the first. All on the thread of the sockets,
// but for what chips send.
class cable_socket {
public:
    cable_socket(boost::asio::io_context &io, card &card, const outer_cable &cable);
    ~cable_socket();

    // Waits there from now on, if it is to wait. errc::invalid, system: it cannot.
    result<void> open();
    // Never ends by itself.
    boost::asio::awaitable<void> serve();

private:
    using protocol = boost::asio::generic::stream_protocol;
    using socket = protocol::socket;

    class inbox;

    protocol::endpoint awaited_at() const;
    boost::asio::awaitable<socket> meet();
    boost::asio::awaitable<socket> go_there();
    boost::asio::awaitable<void> serve_one();
    boost::asio::awaitable<void> talk(socket &with);
    boost::asio::awaitable<void> receive(socket &from);
    boost::asio::awaitable<void> greeting(socket &from, inbox &in);
    boost::asio::awaitable<void> more(socket &from, inbox &in);
    boost::asio::awaitable<void> send(socket &to);
    boost::asio::awaitable<void> supervise();

    void greet();
    void put(const void *message, std::size_t bytes);
    std::vector<std::byte> take();
    void complain(const std::string &what);

    boost::asio::io_context &io_;
    card &card_;
    const link_end end_;
    const outer_end to_;
    const groq_cable numbers_;
    boost::asio::basic_socket_acceptor<protocol> door_;
    boost::asio::steady_timer bell_;  // rings when there is something to send
    boost::asio::steady_timer doubt_; // rings when the other one does not take
    bool is_greeted_ = false;
    std::string complaint_;      // that was told last
    std::mutex lock_;            // nothing is taken under it
    std::vector<std::byte> out_; // lock_; frames
    bool rings_ = false;         // lock_; whether to ring with the next one
};

// All of a process, and their thread.
class cable_sockets {
public:
    ~cable_sockets() { stop(); }

    // Before start().
    result<void> add(card &card, const outer_cable &cable);
    void start();
    // Nobody plugs or pulls after this. What cards still send goes nowhere.
    void stop();

private:
    boost::asio::io_context io_{1};
    std::vector<std::unique_ptr<cable_socket>> sockets_;
    std::thread thread_;
};

// The numbers of a cable as the chip has them.
groq_cable chip_cable(const cable &cable);

} // namespace groq::sim
