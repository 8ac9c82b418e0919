// SPDX-License-Identifier: MIT
#include "card_port.hpp"

#include "drm_port.hpp"
#include "record_port.hpp"
#include "replay_port.hpp"
#include "sim_library.hpp"

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
    opened_port operator()(const sim_name &name) const { return open_sim_port(name); }
    opened_port operator()(const record_name &name) const {
        const auto recorded = parse_uri(name.uri);
        if (!recorded)
            return recorded.error();
        auto port = open_port(recorded->name);
        if (!port)
            return port.error();
        return open_record_port(name.file, std::move(*port));
    }
    opened_port operator()(const replay_name &name) const {
        return open_replay_port(name.file);
    }
};

} // namespace

result<std::unique_ptr<kernel_port>> open_port(const decltype(device_uri::name) &name) {
    return std::visit(port_opener{}, name);
}

} // namespace groq
