// SPDX-License-Identifier: MIT
//
// Networks that have a name: what network::by_name is made of. How they number links
// is ours; docs/topology.md says it with pictures.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <groq/cable.hpp>

namespace groq::detail {

inline constexpr std::uint32_t node_cards = links::local + 1;           // [I22]
inline constexpr std::uint32_t node_ports = node_cards * links::global; // [I22]
inline constexpr std::uint32_t rack_nodes = 9;                          // [I22]
inline constexpr std::uint32_t rack_cards = rack_nodes * node_cards;
inline constexpr std::uint32_t rack_inner_ports =
    16; // of a node: 2 to each other [I22]
inline constexpr std::uint32_t rack_ports =
    rack_nodes * (node_ports - rack_inner_ports); // to other racks

class shape {
public:
    void join(link_end a, link_end b) {
        cables_.push_back({.a = a, .b = b, .seed = cables_.size() + 1});
    }

    // Joins every two of @count groups by as many cables as @ports of each allow: port
    // k * (count - 1) + d - 1 of group g is the k-th to group g + d, modulo count.
    // @end gives the link that is a port of a group.
    template <class End>
    void join_all(std::uint32_t count, std::uint32_t ports, End end) {
        const auto others = count - 1;
        const auto copies = others ? ports / others : 0;
        for (std::uint32_t k = 0; k < copies; ++k)
            for (std::uint32_t g = 0; g < count; ++g)
                for (std::uint32_t h = g + 1; h < count; ++h)
                    join(end(g, k * others + h - g - 1),
                         end(h, k * others + count - (h - g) - 1));
    }

    std::vector<cable> take() { return std::move(cables_); }

private:
    std::vector<cable> cables_;
};

// Port 0..31 of a node whose first card is @first. Ports 0..7 are on all cards in turn,
// as are the next eight, which begin at card 4: two cables of neighbouring nodes then
// share no card.
inline link_end node_port(std::uint32_t first, std::uint32_t port) {
    const auto row = port / node_cards;
    return {first + (port + node_cards / 2 * row) % node_cards, links::local + row};
}

// Port 0..143 of a rack: on all nodes in turn.
inline link_end rack_port(std::uint32_t rack, std::uint32_t port) {
    const auto node = rack * rack_nodes + port % rack_nodes;
    return node_port(node * node_cards, rack_inner_ports + port / rack_nodes);
}

inline void join_node(shape &made, std::uint32_t first, std::uint32_t cards) {
    made.join_all(cards, cards - 1, [&](std::uint32_t card, std::uint32_t port) {
        return link_end{first + card, port};
    });
}

inline std::vector<cable> node(std::uint32_t cards) {
    shape made;
    join_node(made, 0, cards);
    return made.take();
}

inline std::vector<cable> line(std::uint32_t cards) {
    shape made;
    for (std::uint32_t card = 1; card < cards; ++card)
        made.join({card - 1, 0}, {card, 1});
    return made.take();
}

inline std::vector<cable> ring(std::uint32_t cards) {
    shape made;
    for (std::uint32_t card = 0; card < cards; ++card)
        made.join({card, 0}, {(card + 1) % cards, 1});
    return made.take();
}

// Link 2k goes 2^k cards on, link 2k + 1 as many back; half way round they are one.
inline std::vector<cable> rotational(std::uint32_t cards) {
    shape made;
    for (std::uint32_t k = 0, step = 1; step <= cards / 2; ++k, step *= 2) {
        const bool is_half = step * 2 == cards;
        for (std::uint32_t card = 0; card < (is_half ? step : cards); ++card)
            made.join({card, 2 * k}, {(card + step) % cards, 2 * k + !is_half});
    }
    return made.take();
}

inline std::vector<cable> dragonfly(std::uint32_t cards) {
    shape made;
    for (std::uint32_t first = 0; first < cards; first += node_cards)
        join_node(made, first, node_cards);
    made.join_all(cards / node_cards, node_ports,
                  [](std::uint32_t node, std::uint32_t port) {
                      return node_port(node * node_cards, port);
                  });
    return made.take();
}

inline std::vector<cable> racks(std::uint32_t cards) {
    shape made;
    for (std::uint32_t first = 0; first < cards; first += node_cards)
        join_node(made, first, node_cards);
    for (std::uint32_t first = 0; first < cards; first += rack_cards)
        made.join_all(rack_nodes, rack_inner_ports,
                      [&](std::uint32_t node, std::uint32_t port) {
                          return node_port(first + node * node_cards, port);
                      });
    made.join_all(cards / rack_cards, rack_ports, rack_port);
    return made.take();
}

struct named_shape {
    std::string_view name;
    std::uint32_t least, most, step; // cards
    std::vector<cable> (*cables)(std::uint32_t cards);

    bool can_have(std::uint32_t count) const {
        return count >= least && count <= most && count % step == 0;
    }
    std::string text() const {
        return std::string(name) + " has " + std::to_string(least) + " to " +
               std::to_string(most) + " cards" +
               (step == 1 ? "" : ", a multiple of " + std::to_string(step));
    }
};

inline constexpr std::array named_shapes{
    named_shape{"node", 1, node_cards, 1, node},
    named_shape{"ring", 1, max_cards, 1, ring},
    named_shape{"line", 1, max_cards, 1, line},
    named_shape{"rotational", 2, 64, 1, rotational},
    named_shape{"dragonfly", 8, (node_ports + 1) * node_cards, node_cards, dragonfly},
    named_shape{"rack", rack_cards, (rack_ports + 1) * rack_cards, rack_cards, racks},
};

// nullptr: none is called that.
inline const named_shape *shape_of(std::string_view name) {
    for (const auto &known : named_shapes)
        if (known.name == name)
            return &known;
    return nullptr;
}

inline std::string shape_names() {
    std::string names;
    for (const auto &known : named_shapes)
        names += std::string(known.name) + "N ";
    return names + "(N cards)";
}

} // namespace groq::detail
