// SPDX-License-Identifier: MIT
#include <algorithm>
#include <ctime>

#include <groq/groq.h>

int64_t groq_deadline_after(int64_t ns) {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    const int64_t from = now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
    return from + std::clamp<int64_t>(ns, 0, GROQ_FOREVER - from);
}
