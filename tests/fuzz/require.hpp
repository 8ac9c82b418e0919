// SPDX-License-Identifier: MIT
#pragma once

#include <cstdlib>

// What always holds; libFuzzer keeps the input that shows that it does not.
inline void require(bool holds) {
    if (!holds)
        std::abort();
}
