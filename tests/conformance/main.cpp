// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "options.hpp"

namespace groq::conformance {

options chosen;

namespace {

bool read_options(int argc, char **argv) {
    for (int n = 1; n < argc; n += 2) {
        if (n + 1 == argc)
            return false;
        uint64_t value = std::strtoull(argv[n + 1], nullptr, 0);
        if (std::strcmp(argv[n], "--programs") == 0)
            chosen.programs = value;
        else if (std::strcmp(argv[n], "--first") == 0)
            chosen.first = value;
        else if (std::strcmp(argv[n], "--seed") == 0)
            chosen.seed = value;
        else
            return false;
    }
    return true;
}

} // namespace
} // namespace groq::conformance

int main(int argc, char **argv) {
    testing::InitGoogleTest(&argc, argv);
    if (!groq::conformance::read_options(argc, argv)) {
        std::fprintf(stderr,
                     "usage: %s [--programs N] [--first SEED] [--seed SEED] "
                     "[--gtest_...]\n",
                     argv[0]);
        return 2;
    }
    if (groq::conformance::chosen.seed)
        testing::GTEST_FLAG(filter) = "random_programs.*";
    return RUN_ALL_TESTS();
}
