// SPDX-License-Identifier: MIT
#include "queue_name.hpp"

#include "hw/groq_sram.h"

namespace groq::tracing {

static const char *hemisphere(bool is_east) {
    return is_east ? "e." : "w.";
}

static std::string mem_queue(uint32_t n) {
    return hemisphere(n >= GROQ_SLICES) + std::to_string(n % GROQ_SLICES);
}

static std::string sxm_queue(uint32_t n) {
    constexpr const char *names[GROQ_SXM_ICUS] = {
        "shift_up",     "shift_down",   "select",       "permute", "distribute.0",
        "distribute.1", "distribute.2", "distribute.3", "rotate",  "transpose.0",
        "transpose.1",  "11",           "12",           "13"};
    return std::string(hemisphere(n >= GROQ_SXM_ICUS)) + names[n % GROQ_SXM_ICUS];
}

static std::string mxm_queue(uint32_t n) {
    constexpr const char *names[] = {"weights", "activations", "results"};
    uint32_t queue = n % GROQ_MXM_ICUS;
    return hemisphere(n >= GROQ_MXM_ICUS) + std::to_string(queue / 3) + "." +
           names[queue % 3];
}

std::string queue_name(uint32_t icu) {
    if (icu < GROQ_ICU_VXM(0))
        return "mem." + mem_queue(icu);
    if (icu < GROQ_ICU_SXM(GROQ_WEST, 0))
        return "vxm." + std::to_string(icu - GROQ_ICU_VXM(0));
    if (icu < GROQ_ICU_MXM(GROQ_WEST, 0))
        return "sxm." + sxm_queue(icu - GROQ_ICU_SXM(GROQ_WEST, 0));
    if (icu < GROQ_ICU_C2C(0))
        return "mxm." + mxm_queue(icu - GROQ_ICU_MXM(GROQ_WEST, 0));
    return "c2c." + std::to_string(icu - GROQ_ICU_C2C(0));
}

} // namespace groq::tracing
