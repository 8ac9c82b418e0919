// SPDX-License-Identifier: MIT
#include "asm/queue.hpp"

#include <array>
#include <unordered_map>

namespace groq::assembly {
namespace {

constexpr std::array hemisphere_names{"w", "e"};
constexpr std::array plane_queue_names{"weights", "activations", "results"};
constexpr unsigned plane_queues = plane_queue_names.size();
// The last three have no unit.
constexpr std::array<std::string_view, GROQ_SXM_ICUS> sxm_queue_names{
    "shift_up",     "shift_down",   "select",       "permute", "distribute.0",
    "distribute.1", "distribute.2", "distribute.3", "rotate",  "transpose.0",
    "transpose.1",  "11",           "12",           "13"};

constexpr unsigned first_vxm = GROQ_ICU_VXM(0);
constexpr unsigned first_sxm = GROQ_ICU_SXM(0, 0);
constexpr unsigned first_mxm = GROQ_ICU_MXM(0, 0);
constexpr unsigned first_c2c = GROQ_ICU_C2C(0);

std::string in_hemisphere(std::string unit, unsigned number, unsigned per_hemisphere) {
    return unit + hemisphere_names[number / per_hemisphere] + "." +
           std::to_string(number % per_hemisphere);
}

std::string plane_queue_name(unsigned number) {
    const unsigned within = number % GROQ_MXM_ICUS;
    return std::string("mxm.") + hemisphere_names[number / GROQ_MXM_ICUS] + "." +
           std::to_string(within / plane_queues) + "." +
           plane_queue_names[within % plane_queues];
}

std::string sxm_queue_name(unsigned number) {
    return std::string("sxm.") + hemisphere_names[number / GROQ_SXM_ICUS] + "." +
           std::string(sxm_queue_names[number % GROQ_SXM_ICUS]);
}

int sign(unsigned hemisphere) {
    return hemisphere == GROQ_WEST ? -1 : 1;
}

} // namespace

std::string queue_name(unsigned icu) {
    if (icu < first_vxm)
        return in_hemisphere("mem.", icu, GROQ_SLICES);
    if (icu < first_sxm)
        return "vxm." + std::to_string(icu - first_vxm);
    if (icu < first_mxm)
        return sxm_queue_name(icu - first_sxm);
    if (icu < first_c2c)
        return plane_queue_name(icu - first_mxm);
    return "c2c." + std::to_string(icu - first_c2c);
}

std::optional<unsigned> parse_queue(std::string_view name) {
    static const auto by_name = [] {
        std::unordered_map<std::string, unsigned> index;
        for (unsigned icu = 0; icu < GROQ_ICUS_ALL; ++icu)
            index.emplace(queue_name(icu), icu);
        return index;
    }();
    const auto found = by_name.find(std::string(name));
    if (found == by_name.end())
        return {};
    return found->second;
}

queue_kind kind_of(unsigned icu) {
    using enum queue_kind;
    constexpr std::array plane_kinds{MXW, MXA, MXR};
    constexpr std::array<queue_kind, GROQ_SXM_ICUS> sxm_kinds{
        SXU, SXD, SXC, SXP, SXB, SXB, SXB, SXB, SXR, SXT, SXT, SXM, SXM, SXM};
    if (icu < first_vxm)
        return queue_kind::MEM;
    if (icu < first_sxm)
        return queue_kind::VXM;
    if (icu < first_mxm)
        return sxm_kinds[(icu - first_sxm) % GROQ_SXM_ICUS];
    if (icu < first_c2c)
        return plane_kinds[(icu - first_mxm) % plane_queues];
    return queue_kind::C2C;
}

bool executes(unsigned icu, const operation &op) {
    return op.queue == queue_kind::ANY || op.queue == kind_of(icu);
}

int position_of(unsigned icu) {
    if (icu < first_vxm)
        return sign(icu / GROQ_SLICES) * static_cast<int>(GROQ_POSITION_MEM(
                                             icu % GROQ_SLICES / GROQ_SLICES_PER_HOP));
    if (icu < first_sxm)
        return GROQ_POSITION_VXM;
    if (icu < first_mxm)
        return sign((icu - first_sxm) / GROQ_SXM_ICUS) * GROQ_POSITION_SXM;
    if (icu < first_c2c)
        return sign((icu - first_mxm) / GROQ_MXM_ICUS) * GROQ_POSITION_MXM;
    return sign(GROQ_LINK_HEMISPHERE(icu - first_c2c)) * GROQ_POSITION_C2C;
}

std::string slice_name(unsigned slice) {
    return in_hemisphere("", slice, GROQ_SLICES);
}

std::optional<unsigned> parse_slice(std::string_view name) {
    return parse_queue("mem." + std::string(name));
}

std::string address_text(std::uint32_t address) {
    if (address >= GROQ_SRAM_BYTES)
        return std::to_string(address);
    const unsigned within = address % GROQ_VECTOR_BYTES;
    return slice_name(slice_of(address)) + "[" + std::to_string(word_of(address)) +
           "]" + (within != 0 ? "+" + std::to_string(within) : "");
}

} // namespace groq::assembly
