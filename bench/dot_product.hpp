// SPDX-License-Identifier: MIT
//
// What this machine's vector units could do at best: multiply-accumulate on int8
// and on binary32.
#pragma once

#include <cstddef>

namespace bench {

struct dot_product {
    const char *instruction; // the best that this processor has
    // A loop of that instruction with everything in registers and the sums in 32
    // bits. Returns the multiply-accumulates done, some millions.
    std::size_t (*run)();
};

dot_product best_dot_product();
dot_product best_float_product();

} // namespace bench
