// SPDX-License-Identifier: MIT
//
// The cards that the user asked for, and how they are read.
#pragma once

#include <string>
#include <vector>

#include <groq/device.hpp>

#include "card.hpp"
#include "wiring.hpp"

namespace groq::smi {

// Never takes ownership of a card; simulated ones, which exist only while they
// are open, stay so for as long as it lives.
class selection {
public:
    // Names are URIs, PCI addresses or numbers N for accel:N. None: all cards.
    static result<selection> open(const std::vector<std::string> &names);

    result<report> read() const;
    // @expected: a file or a shape; empty: nothing is.
    result<wiring> read_wiring(const std::string &expected) const;

private:
    result<topology> look() const;

    std::vector<std::string> uris_;
    std::vector<device> simulated_;
};

// "0" and "0000:01:00.0" as URIs; URIs stay as they are.
std::string uri_of(const std::string &name);

} // namespace groq::smi
