// SPDX-License-Identifier: MIT
#include "failure.hpp"

#include <cstdint>
#include <span>

#include "asm/instruction_text.hpp"

namespace groq::run {

status status_of(const error &error) {
    switch (static_cast<errc>(error.code().value())) {
    case errc::program:
    case errc::sram:
        return status::program;
    case errc::no_device:
    case errc::no_driver:
    case errc::too_old:
    case errc::permission:
    case errc::held:
    case errc::no_simulator:
    case errc::device_lost:
    case errc::queues:
    case errc::memory:
    case errc::link:
        return status::device;
    case errc::invalid:
    case errc::size:
    case errc::not_found:
        return status::usage;
    default:
        return status::run_failed;
    }
}

std::string failure_text(const error &error) {
    std::string text = "the run failed: " + error.message();
    if (!error.fault() || error.fault()->text == ~std::uint32_t{0})
        return text;
    const auto code =
        assembly::from_bytes(std::as_bytes(std::span(error.fault()->instruction)));
    return assembly::defect(code).empty() ? text + ", " + assembly::to_text(code)
                                          : text;
}

void refuse(const std::string &text) {
    throw problem{status::usage, text};
}

} // namespace groq::run
