// SPDX-License-Identifier: MIT
#include "data_path.hpp"

#include <algorithm>
#include <cstring>

namespace groq::chip {

static int32_t position_of_slice(uint32_t slice) {
    int32_t group = static_cast<int32_t>(slice % GROQ_SLICES / GROQ_SLICES_PER_HOP);
    int32_t distance = GROQ_POSITION_MEM(group);
    return slice < GROQ_SLICES ? -distance : distance;
}

static int32_t position_of_mxm(uint32_t icu) {
    return icu < GROQ_ICU_MXM(GROQ_EAST, 0) ? -GROQ_POSITION_MXM : GROQ_POSITION_MXM;
}

static uint32_t plane_of(uint32_t icu) {
    return (icu - GROQ_ICU_MXM(GROQ_WEST, 0)) % GROQ_MXM_ICUS /
           GROQ_MXM_QUEUE_WEIGHTS(1);
}

static trouble nothing_on(uint32_t stream) {
    return {GROQ_FAULT_STREAM_EMPTY, stream, no_address};
}

constexpr trouble illegal{GROQ_FAULT_ILLEGAL, 0, no_address};

// The operations and types that the ALUs compute so far.
static bool is_known_to_alus(const instruction &i) {
    if (i.opcode == GROQ_OPCODE_CONVERT)
        return i.convert.type != GROQ_TYPE_F16 && i.convert.to != GROQ_TYPE_F16;
    return i.opcode >= GROQ_OPCODE_COPY && i.opcode <= GROQ_OPCODE_RELU &&
           i.opcode != GROQ_OPCODE_MASK && i.opcode != GROQ_OPCODE_BLEND &&
           i.unary.type != GROQ_TYPE_F16;
}

// Far below 2^31: 16 bits of repetitions, 14 of step.
static int32_t stepped(uint32_t first, int32_t step, uint32_t repetition) {
    return static_cast<int32_t>(first) + step * static_cast<int32_t>(repetition);
}

void data_path::start(const grants &grants) {
    streams_.clear();
    memory_.start(grants);
    for (matrix_unit &m : mxms_)
        m.clear();
    vectors_.clear();
    writes_ = results_under_way_ = 0;
    last_drive_ = 0;
}

trouble data_path::execute(const instruction &i, uint32_t icu, uint64_t cycle,
                           uint32_t repetition) {
    switch (i.opcode) {
    case GROQ_OPCODE_READ:
        return read(icu, i.memory.stream,
                    stepped(i.memory.word, i.memory.step, repetition), cycle);
    case GROQ_OPCODE_WRITE:
        return write(icu, i.memory.stream,
                     stepped(i.memory.word, i.memory.step, repetition), cycle);
    case GROQ_OPCODE_READ_WRITE:
        return read_and_write(icu, i.memory_pair, cycle, repetition);
    case GROQ_OPCODE_LW:
    case GROQ_OPCODE_IW_STREAM:
        return load_weights(icu, i, cycle, repetition);
    case GROQ_OPCODE_IW:
        return mxm_of(icu).install(plane_of(icu), cycle);
    case GROQ_OPCODE_ABC:
        return activate(icu, i.activate, cycle);
    case GROQ_OPCODE_ACC:
        return accumulate(icu, i.accumulate, cycle, repetition);
    default:
        return is_known_to_alus(i) ? compute(icu, i, cycle) : illegal;
    }
}

data_path::driven data_path::drive(uint32_t stream, uint32_t width, int32_t position,
                                   uint64_t cycle, uint32_t delay) {
    driven d{};
    last_drive_ = std::max(last_drive_, cycle + delay);
    for (uint32_t i = 0; i < width; ++i) {
        d.bytes[i] = streams_.drive(stream + i, position, cycle + delay);
        if (d.bytes[i])
            continue;
        d.bytes[i] = nowhere_;
        if (!d.conflict)
            d.conflict = {GROQ_FAULT_STREAM_CONFLICT, stream + i, no_address, delay};
    }
    return d;
}

// The vectors on the streams from @stream on.
trouble data_path::sample(uint32_t stream, std::span<const uint8_t *> values,
                          int32_t position, uint64_t cycle) const {
    for (const uint8_t *&value : values) {
        value = streams_.sample(stream, position, cycle);
        if (!value)
            return nothing_on(stream);
        ++stream;
    }
    return no_trouble;
}

trouble data_path::read(uint32_t slice, uint32_t stream, int32_t word, uint64_t cycle) {
    const uint8_t *data;
    if (trouble t = memory_.read(slice, word, cycle, data))
        return t;
    driven d = drive(stream, 1, position_of_slice(slice), cycle, GROQ_DELAY_MEM_READ);
    std::memcpy(d.bytes[0], data, GROQ_VECTOR_BYTES);
    return d.conflict;
}

trouble data_path::write(uint32_t slice, uint32_t stream, int32_t word,
                         uint64_t cycle) {
    uint8_t *data;
    if (trouble t = memory_.write(slice, word, cycle, data))
        return t;
    const uint8_t *value = streams_.sample(stream, position_of_slice(slice), cycle);
    if (!value)
        return nothing_on(stream);
    pending_[writes_++] = {data, value};
    return no_trouble;
}

// A conflict of the read is yet to happen when the word is written.
trouble data_path::read_and_write(uint32_t slice, const memory_pair_fields &f,
                                  uint64_t cycle, uint32_t repetition) {
    trouble reading = read(slice, f.read_stream,
                           stepped(f.read_word, f.read_step, repetition), cycle);
    if (reading && reading.delay == 0)
        return reading;
    trouble writing = write(slice, f.write_stream,
                            stepped(f.write_word, f.write_step, repetition), cycle);
    return writing ? writing : reading;
}

void data_path::end_cycle() {
    for (uint32_t i = 0; i < writes_; ++i)
        std::memcpy(pending_[i].to, pending_[i].from, GROQ_VECTOR_BYTES);
    writes_ = 0;
}

trouble data_path::load_weights(uint32_t icu, const instruction &i, uint64_t cycle,
                                uint32_t repetition) {
    const load_weights_fields &f = i.load_weights;
    uint32_t block = f.block + f.step * repetition;
    if (block >= matrix_weights::blocks)
        return {GROQ_FAULT_ADDRESS, block, no_address};
    std::array<const uint8_t *, matrix_weights::block_lanes> rows;
    if (trouble t = sample(f.stream, rows, position_of_mxm(icu), cycle))
        return t;
    if (i.opcode == GROQ_OPCODE_IW_STREAM)
        return mxm_of(icu).install_block(plane_of(icu), cycle, block, rows.data());
    mxm_of(icu).load(plane_of(icu), block, rows.data());
    return no_trouble;
}

trouble data_path::activate(uint32_t icu, const activate_fields &f, uint64_t cycle) {
    std::array<const uint8_t *, 2> bytes;
    std::span<const uint8_t *> used = std::span(bytes).first(width_of(f.type));
    if (trouble t = sample(f.stream, used, position_of_mxm(icu), cycle))
        return t;
    if (trouble t = mxm_of(icu).activate(plane_of(icu), cycle, f.type, bytes.data()))
        return t;
    ++results_under_way_;
    return no_trouble;
}

trouble data_path::accumulate(uint32_t icu, const accumulate_fields &f, uint64_t cycle,
                              uint32_t repetition) {
    int32_t entry = stepped(f.entry, f.step, repetition);
    const lanes *value;
    if (trouble t =
            mxm_of(icu).accumulate(plane_of(icu), cycle, f.type, entry, f.add, value))
        return t;
    --results_under_way_;
    if (!f.emit)
        return no_trouble;
    driven d =
        drive(f.stream, 4, position_of_mxm(icu), cycle, GROQ_DELAY_MXM_ACCUMULATE);
    split_bytes(*value, 4, d.bytes.data());
    return d.conflict;
}

bool data_path::loses_result(uint32_t icu, uint64_t cycle) const {
    return kind_of(icu) == queue_kind::MXR &&
           mxms_[icu >= GROQ_ICU_MXM(GROQ_EAST, 0)].has_result(plane_of(icu), cycle);
}

trouble data_path::compute(uint32_t icu, const instruction &i, uint64_t cycle) {
    vector_unit::output out;
    if (trouble t = vectors_.execute(icu - GROQ_ICU_VXM(0), i, cycle, out))
        return t;
    if (out.target == GROQ_OPERAND_NONE)
        return no_trouble;
    driven d = drive(out.target, out.width, GROQ_POSITION_VXM, cycle, GROQ_DELAY_VXM);
    split_bytes(*out.value, out.width, d.bytes.data());
    return d.conflict;
}

void data_path::serialize(archive &a, const grants &grants, uint64_t cycle) {
    streams_.serialize(a);
    memory_.serialize(a, grants);
    for (matrix_unit &m : mxms_)
        m.serialize(a, cycle);
    vectors_.serialize(a);
    a.value(last_drive_);
    if (!a.is_loading())
        return;
    writes_ = results_under_way_ = 0;
    for (const matrix_unit &m : mxms_)
        results_under_way_ += m.results_under_way();
}

} // namespace groq::chip
