// SPDX-License-Identifier: MIT
//
// Simulated cards with the cables between them.
#pragma once

#include <memory>
#include <vector>

#include <groq/network.hpp>

#include "cable_socket.hpp"
#include "driver.hpp"

namespace groq::sim {

// Its cards live together: until nobody has one of them. Any thread may use it.
class node {
public:
    // Of `name` the number does not matter. errc::invalid says what does not fit.
    static result<std::shared_ptr<node>> create(const sim_name &name,
                                                const network &network);
    node() = default;
    node(const node &) = delete;
    ~node();

    // Which keeps `node`.
    static std::shared_ptr<driver> card(const std::shared_ptr<node> &node,
                                        unsigned number) {
        return {node, node->cards_[number].get()};
    }

private:
    result<void> make_cards(const sim_name &name, unsigned count);
    result<void> plug(const cable &cable);
    result<void> plug(const outer_cable &cable);
    error no_cable(link_end from, const std::string &to) const;

    std::vector<std::shared_ptr<driver>> cards_;
    cable_sockets outer_;
};

} // namespace groq::sim
