// SPDX-License-Identifier: MIT
// Every argument of a function, in F16 and in F32, as rows of a table. Fails
// when a result is wrong.
// usage: numerics_exhaustive tanh|exp|rsqrt
#include <bit>
#include <cstdio>
#include <cstring>
#include <optional>

#include "examination.hpp"

namespace groq::chip::test {
namespace {

// All 2^(8 sizeof(T)) bit patterns, and some again to fill the last vector.
template <class T>
bool examine(const char *type, function f, const format &of) {
    constexpr uint64_t patterns = uint64_t{1} << 8 * sizeof(T);
    examination all(f, of);
    lanes in;
    for (uint64_t first = 0; first < patterns; first += GROQ_LANES) {
        for (uint32_t lane = 0; lane < GROQ_LANES; ++lane)
            store(in, lane, static_cast<T>(first + lane));
        all.take(in);
    }
    std::printf(
        "| %s | %s | %llu | %.9f at %a | %llu |\n", function_names[static_cast<int>(f)],
        type, static_cast<unsigned long long>(patterns), all.largest_error(),
        all.worst_argument(), static_cast<unsigned long long>(all.wrong_results()));
    return all.wrong_results() == 0;
}

std::optional<function> find(const char *name) {
    for (function f : {function::TANH, function::EXP, function::RSQRT})
        if (!std::strcmp(function_names[static_cast<int>(f)], name))
            return f;
    return std::nullopt;
}

} // namespace
} // namespace groq::chip::test

int main(int argc, char **argv) {
    using namespace groq::chip::test;
    std::optional<function> f = argc == 2 ? find(argv[1]) : std::nullopt;
    if (!f) {
        std::fprintf(stderr, "usage: numerics_exhaustive tanh|exp|rsqrt\n");
        return 2;
    }
    std::printf("| function | type | arguments | largest error (ulp) | wrong |\n");
    bool halves_are_right = examine<uint16_t>("F16", *f, binary16);
    bool floats_are_right = examine<uint32_t>("F32", *f, binary32);
    return halves_are_right && floats_are_right ? 0 : 1;
}
