// SPDX-License-Identifier: MIT
#include "card_port.hpp"

#include "drm_port.hpp"
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
};

} // namespace

result<std::unique_ptr<kernel_port>> open_port(const decltype(device_uri::name) &name) {
    return std::visit(port_opener{}, name);
}

} // namespace groq
