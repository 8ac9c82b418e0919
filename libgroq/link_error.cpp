// SPDX-License-Identifier: MIT
#include "link_error.hpp"

#include <cinttypes>
#include <cstdio>

namespace groq {
namespace {

std::string end_name(std::uint64_t serial, std::uint32_t link) {
    char name[64];
    std::snprintf(name, sizeof name, "card %016" PRIx64 " link %" PRIu32, serial, link);
    return name;
}

} // namespace

error link_down(const std::string &card, std::uint32_t link, int os_error) {
    return {errc::link,
            "link " + std::to_string(link) + " of " + card +
                " is not up: plug its cable, or switch the card at its other end on; "
                "groq-smi topo shows what is wired to what",
            os_error};
}

error links_in_use(const std::string &card, int os_error) {
    return {errc::in_use,
            "a program that uses links runs on " + card +
                ", or waits for its peers: measure when it has ended",
            os_error};
}

error no_such_link(const std::string &card, std::uint32_t link, std::uint64_t links,
                   int os_error) {
    return {errc::invalid,
            card + " has no link " + std::to_string(link) + ": it has " +
                std::to_string(links) + ", counted from 0",
            os_error};
}

error late(const port_links &seen) {
    std::string waits;
    for (std::size_t link = 0; link < seen.links.size(); ++link) {
        const auto &each = seen.links[link];
        if (each.open == DRM_GROQ_LINK_OPEN_HERE)
            waits += (waits.empty() ? " waits for link " : ", for link ") +
                     std::to_string(link) + ", at whose other end (" +
                     end_name(each.peer_serial, each.peer_link) +
                     ") no program has opened it";
    }
    return {errc::timeout,
            waits.empty() ? ""
                          : "not done by the deadline: a program of the card" + waits};
}

} // namespace groq
