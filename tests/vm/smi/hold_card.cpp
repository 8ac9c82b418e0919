// SPDX-License-Identifier: MIT
//
// usage: hold_card URI. Leases a card until its input ends; says when it has it.
#include <cstdio>

#include <groq/device.hpp>

int main(int argc, char **argv) {
    const auto card = groq::device::open(argc > 1 ? argv[1] : "accel:0");
    if (!card) {
        std::fprintf(stderr, "%s\n", card.error().message().c_str());
        return 1;
    }
    std::puts("held");
    std::fflush(stdout);
    while (std::getchar() != EOF)
        ;
}
