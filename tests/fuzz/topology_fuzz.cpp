// SPDX-License-Identifier: MIT
// Any text as a topology file: it is refused with a reason that names a line, or is a
// network whose cables have two ends, and whose text is that network again.
#include <string_view>

#include <groq/network.hpp>

#include "require.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char *>(data), size);
    const auto read = groq::network::parse(text);
    if (!read) {
        require(read.error().message().starts_with("line "));
        return 0;
    }
    for (const auto &each : read->cables()) {
        require(each.a != each.b);
        require(read->peer_of(each.a.card, each.a.link) == each.b);
        require(read->peer_of(each.b.card, each.b.link) == each.a);
    }
    const auto again = groq::network::parse(read->to_text());
    require(again && *again == *read);
    return 0;
}
