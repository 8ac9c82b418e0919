// SPDX-License-Identifier: MIT
// Any text as the name of a device: it is refused with a reason, or says which.
#include <string_view>

#include "require.hpp"
#include "uri.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char *>(data), size);
    const auto uri = groq::parse_uri(text);
    if (!uri) {
        require(!uri.error().message().empty());
        return 0;
    }
    if (const auto *sim = std::get_if<groq::sim_name>(&uri->name))
        require(sim->card < sim->cards);
    return 0;
}
