// SPDX-License-Identifier: MIT
#include "card_port.hpp"

#include "drm_port.hpp"
#include "record_port.hpp"
#include "replay_port.hpp"
#include "sim_library.hpp"
#include "trace_port.hpp"
#include "unknown.hpp"

namespace groq {
namespace {

using opened_port = result<std::unique_ptr<kernel_port>>;

opened_port open_found(const result<found_card> &card) {
    if (!card)
        return card.error();
    return open_drm_port(*card);
}

struct port_opener {
    opened_port operator()(const accel_name &name) const {
        return open_found(find_accel(name.index));
    }
    opened_port operator()(const pci_name &name) const {
        return open_found(find_address(name.address));
    }
    opened_port operator()(const serial_name &name) const {
        return open_found(find_serial(name.serial));
    }
    opened_port operator()(sim_name name) const {
        name.time_line = to;
        return open_sim_port(name);
    }
    opened_port operator()(const record_name &name) const {
        const auto recorded = parse_uri(name.uri);
        if (!recorded)
            return recorded.error();
        auto port = std::visit(*this, recorded->name);
        if (!port)
            return port.error();
        return open_record_port(name.file, std::move(*port));
    }
    opened_port operator()(const replay_name &name) const {
        return open_replay_port(name.file);
    }

    std::shared_ptr<trace> to;
};

std::string name_of(const kernel_port &port) {
    auto info = unknown_info();
    port.describe(info);
    return info.uri;
}

} // namespace

result<std::unique_ptr<kernel_port>> open_port(const decltype(device_uri::name) &name,
                                               std::shared_ptr<trace> to) {
    auto port = std::visit(port_opener{to}, name);
    if (!port || !to)
        return port;
    const auto card = name_of(**port);
    return make_trace_port(std::move(to), card, std::move(*port));
}

} // namespace groq
