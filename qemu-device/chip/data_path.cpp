// SPDX-License-Identifier: MIT
#include "data_path.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <span>

namespace groq::chip {

constexpr auto slice_positions = [] {
    std::array<int8_t, memory_slices::slices> positions{};
    for (int slice = 0; slice < GROQ_SLICES; ++slice) {
        int distance = GROQ_POSITION_MEM(slice / GROQ_SLICES_PER_HOP);
        positions[GROQ_ICU_MEM(GROQ_WEST, slice)] = static_cast<int8_t>(-distance);
        positions[GROQ_ICU_MEM(GROQ_EAST, slice)] = static_cast<int8_t>(distance);
    }
    return positions;
}();

static int32_t position_of_slice(uint32_t slice) {
    return slice_positions[slice];
}

static int32_t position_of_mxm(uint32_t icu) {
    return icu < GROQ_ICU_MXM(GROQ_EAST, 0) ? -GROQ_POSITION_MXM : GROQ_POSITION_MXM;
}

static uint32_t link_of(uint32_t icu) {
    return icu - GROQ_ICU_C2C(0);
}

static int32_t position_of_link(uint32_t icu) {
    return GROQ_LINK_HEMISPHERE(link_of(icu)) == GROQ_WEST ? -GROQ_POSITION_C2C
                                                           : GROQ_POSITION_C2C;
}

static uint32_t plane_of(uint32_t icu) {
    return (icu - GROQ_ICU_MXM(GROQ_WEST, 0)) % GROQ_MXM_ICUS /
           GROQ_MXM_QUEUE_WEIGHTS(1);
}

// Far below 2^31: 16 bits of repetitions, 14 of step.
static int32_t stepped(uint32_t first, int32_t step, const issue &at) {
    return static_cast<int32_t>(first) + step * static_cast<int32_t>(at.repetition);
}

// A vector of one byte per lane, with zeros in the lanes without power.
static void copy_powered(uint8_t *to, const uint8_t *from, uint32_t powered) {
    if (powered == GROQ_LANES) {
        copy_vector(to, from);
    } else {
        std::memcpy(to, from, powered);
        std::memset(to + powered, 0, GROQ_VECTOR_BYTES - powered);
    }
}

static void clear_unpowered(lanes &value, uint32_t width, uint32_t powered) {
    if (powered < GROQ_LANES)
        std::memset(value.bytes + powered * width, 0, (GROQ_LANES - powered) * width);
}

// Copies of operands where some lanes have no power.
template <size_t count>
class powered_operands {
public:
    void mask(std::span<const uint8_t *> operands, uint32_t powered) {
        for (size_t i = 0; powered < GROQ_LANES && i < operands.size(); ++i) {
            copy_powered(copies_[i], operands[i], powered);
            operands[i] = copies_[i];
        }
    }

private:
    uint8_t copies_[count][GROQ_VECTOR_BYTES];
};

void data_path::start(const grants &grants) {
    streams_.clear();
    memory_.start(grants);
    for (matrix_unit &m : mxms_)
        m.clear();
    vectors_.clear();
    writes_ = results_under_way_ = 0;
}

trouble data_path::execute(const instruction &i, const issue &at) {
    consumer_.begin(at);
    return consumer_.end(dispatch(i, at));
}

trouble data_path::dispatch(const instruction &i, const issue &at) {
    switch (i.opcode) {
    case GROQ_OPCODE_READ:
        return read(i.memory.stream, i.memory.word, i.memory.step, at);
    case GROQ_OPCODE_WRITE:
        return write(i.memory.stream, i.memory.word, i.memory.step, at);
    case GROQ_OPCODE_READ_WRITE:
        return read_and_write(i.memory_pair, at);
    case GROQ_OPCODE_GATHER:
        return gather(i.indirect, at);
    case GROQ_OPCODE_SCATTER:
        return scatter(i.indirect, at);
    case GROQ_OPCODE_LW:
    case GROQ_OPCODE_IW_STREAM:
        return load_weights(i, at);
    case GROQ_OPCODE_IW:
        return mxm_of(at.by.icu).install(plane_of(at.by.icu), at.cycle, at.powered);
    case GROQ_OPCODE_ABC:
        return activate(i.activate, at);
    case GROQ_OPCODE_ACC:
        return accumulate(i.accumulate, at);
    case GROQ_OPCODE_SHIFT_UP:
    case GROQ_OPCODE_SHIFT_DOWN:
    case GROQ_OPCODE_SELECT:
    case GROQ_OPCODE_PERMUTE:
    case GROQ_OPCODE_DISTRIBUTE:
    case GROQ_OPCODE_ROTATE:
    case GROQ_OPCODE_TRANSPOSE:
        return exchange_.execute(i, at);
    case GROQ_OPCODE_SEND:
        return send(i.link_stream, at);
    case GROQ_OPCODE_RECEIVE:
        return receive(i.link_stream, at);
    case GROQ_OPCODE_TRANSMIT:
        return links_.transmit(link_of(at.by.icu), at.cycle);
    default:
        return compute(i, at);
    }
}

data_path::targets data_path::drive(uint32_t stream, uint32_t width, int32_t position,
                                    const issue &at, groq_opcode opcode) {
    targets bytes{};
    for (uint32_t i = 0; i < width; ++i)
        bytes[i] =
            streams_.drive(stream + i, position, at.cycle + delay_of(opcode), at.by);
    return bytes;
}

// The word that the next repetition will touch: the host's memory is too slow to be
// waited for slice by slice. Any address may be asked for.
static void prefetch_next(const uint8_t *word, int32_t step) {
#ifdef __GNUC__
    constexpr size_t line = 64;
    auto next = reinterpret_cast<uintptr_t>(word) +
                static_cast<uintptr_t>(intptr_t{step} * GROQ_VECTOR_BYTES);
    for (size_t at = 0; at < GROQ_VECTOR_BYTES; at += line)
        __builtin_prefetch(reinterpret_cast<const void *>(next + at));
    __builtin_prefetch(reinterpret_cast<const void *>(next + GROQ_VECTOR_BYTES - 1));
#endif
}

trouble data_path::read(uint32_t stream, uint32_t first, int32_t step,
                        const issue &at) {
    const uint8_t *data;
    if (trouble t = memory_.read(at.by.icu, stepped(first, step, at), at.cycle, data))
        return t;
    prefetch_next(data, step);
    uint8_t *to = streams_.drive(stream, position_of_slice(at.by.icu),
                                 at.cycle + GROQ_DELAY_MEM_READ, at.by);
    copy_powered(to, data, at.powered);
    if (memory_.has_errors()) [[unlikely]]
        carry_errors(to, data, at.powered);
    return no_trouble;
}

trouble data_path::write(uint32_t stream, uint32_t first, int32_t step,
                         const issue &at) {
    uint8_t *data;
    if (trouble t = memory_.write(at.by.icu, stepped(first, step, at), at.cycle, data))
        return t;
    prefetch_next(data, step);
    const uint8_t *value =
        streams_.sample(stream, position_of_slice(at.by.icu), at.cycle);
    if (!value)
        return nothing_on(stream);
    pending_[writes_++] = {data, value, at.powered};
    return no_trouble;
}

trouble data_path::read_and_write(const memory_pair_fields &f, const issue &at) {
    if (trouble t = read(f.read_stream, f.read_word, f.read_step, at))
        return t;
    return write(f.write_stream, f.write_word, f.write_step, at);
}

// The word of every tile that has power: the map says so in its lowest lane.
class tile_map {
public:
    tile_map(uint32_t base, const uint8_t *low, const uint8_t *high, uint32_t powered)
        : tiles_(powered / GROQ_TILE_LANES) {
        for (uint32_t tile = 0; tile < tiles_; ++tile) {
            uint32_t lane = tile * GROQ_TILE_LANES;
            uint32_t offset = low[lane] | uint32_t{high[lane]} << 8;
            words_[tile] = static_cast<int32_t>(base + offset);
        }
    }

    std::span<const int32_t> words() const { return {words_.data(), tiles_}; }

private:
    std::array<int32_t, GROQ_TILES> words_;
    size_t tiles_;
};

trouble data_path::gather(const indirect_fields &f, const issue &at) {
    int32_t position = position_of_slice(at.by.icu);
    const uint8_t *low = consumer_.take(f.map, position, at.cycle);
    const uint8_t *high = consumer_.take(f.map + 1, position, at.cycle);
    if (!low || !high)
        return nothing_on(low ? f.map + 1 : f.map);
    tile_map map(f.base, low, high, at.powered);
    memory_slices::tiles<const uint8_t> data;
    if (trouble t = memory_.gather(at.by.icu, map.words(), at.cycle, data))
        return t;
    uint8_t *to = drive(f.stream, 1, position, at, GROQ_OPCODE_GATHER)[0];
    for (uint32_t lane = 0; lane < at.powered; lane += GROQ_TILE_LANES) {
        const uint8_t *tile = data[lane / GROQ_TILE_LANES];
        std::memcpy(to + lane, tile, GROQ_TILE_LANES);
        if (memory_.has_errors()) [[unlikely]]
            carry_errors(to + lane, tile, GROQ_TILE_LANES);
    }
    std::memset(to + at.powered, 0, GROQ_LANES - at.powered);
    return no_trouble;
}

// Without a map there is no address to be wrong.
trouble data_path::scatter(const indirect_fields &f, const issue &at) {
    int32_t position = position_of_slice(at.by.icu);
    const uint8_t *value = streams_.sample(f.stream, position, at.cycle);
    const uint8_t *low = consumer_.take(f.map, position, at.cycle);
    const uint8_t *high = consumer_.take(f.map + 1, position, at.cycle);
    if (!low || !high)
        return nothing_on(!value ? f.stream : low ? f.map + 1 : f.map);
    consumer_.settle();
    tile_map map(f.base, low, high, at.powered);
    memory_slices::tiles<uint8_t> data;
    if (trouble t = memory_.scatter(at.by.icu, map.words(), at.cycle, data))
        return t;
    if (!value)
        return nothing_on(f.stream);
    for (uint32_t lane = 0; lane < at.powered; lane += GROQ_TILE_LANES)
        pending_[writes_++] = {data[lane / GROQ_TILE_LANES], value + lane,
                               GROQ_TILE_LANES};
    return no_trouble;
}

void data_path::end_cycle() {
    for (uint32_t i = 0; i < writes_; ++i) {
        const pending_write &w = pending_[i];
        if (w.bytes == GROQ_VECTOR_BYTES)
            copy_vector(w.to, w.from);
        else
            std::memcpy(w.to, w.from, w.bytes);
        if (memory_.has_errors() || streams_.has_errors()) [[unlikely]]
            store_errors(w);
    }
    writes_ = 0;
}

// What is wrong in memory goes along with the value that is read.
void data_path::carry_errors(const uint8_t *to, const uint8_t *from, uint32_t bytes) {
    for (uint32_t lane = 0; lane < bytes; lane += GROQ_TILE_LANES)
        if (codeword error = memory_.error_of(from + lane); !error.is_zero())
            streams_.add_error(to + lane, error);
}

// And is stored with it.
void data_path::store_errors(const pending_write &w) {
    for (uint32_t lane = 0; lane < w.bytes; lane += GROQ_TILE_LANES)
        memory_.set_error(w.to + lane, streams_.error_of(w.from + lane));
}

void data_path::befall_driven(uint64_t from, uint64_t to) {
    for (uint64_t left = waiting_.streams(); left; left &= left - 1) {
        auto stream = static_cast<uint32_t>(std::countr_zero(left));
        const uint8_t *value = streams_.first_driven(stream, from, to);
        if (!value)
            continue;
        vector_error error = waiting_.take(stream);
        for (uint32_t tile = 0; tile < error.size(); ++tile)
            streams_.add_error(value + tile * GROQ_TILE_LANES, error[tile]);
    }
}

trouble data_path::load_weights(const instruction &i, const issue &at) {
    const load_weights_fields &f = i.load_weights;
    uint32_t icu = at.by.icu;
    uint32_t block = f.block + f.step * at.repetition;
    if (block >= matrix_weights::blocks)
        return {GROQ_FAULT_ADDRESS, block, no_address};
    std::array<const uint8_t *, matrix_weights::block_lanes> rows;
    if (trouble t = consumer_.take(f.stream, rows, position_of_mxm(icu), at.cycle))
        return t;
    powered_operands<matrix_weights::block_lanes> copies;
    copies.mask(rows, at.powered);
    if (i.opcode == GROQ_OPCODE_IW_STREAM)
        return mxm_of(icu).install_block(plane_of(icu), at.cycle, block, rows.data());
    mxm_of(icu).load(plane_of(icu), block, rows.data());
    return no_trouble;
}

trouble data_path::activate(const activate_fields &f, const issue &at) {
    uint32_t icu = at.by.icu;
    std::array<const uint8_t *, 2> bytes{};
    std::span<const uint8_t *> used = std::span(bytes).first(width_of(f.type));
    if (trouble t = consumer_.take(f.stream, used, position_of_mxm(icu), at.cycle))
        return t;
    powered_operands<2> copies;
    copies.mask(used, at.powered);
    if (trouble t = mxm_of(icu).activate(plane_of(icu), at.cycle, f.type, bytes.data(),
                                         at.powered))
        return t;
    ++results_under_way_;
    return no_trouble;
}

trouble data_path::accumulate(const accumulate_fields &f, const issue &at) {
    uint32_t icu = at.by.icu;
    accumulation how{stepped(f.entry, f.step, at), f.add != 0, at.powered};
    const lanes *value;
    if (trouble t = mxm_of(icu).accumulate(plane_of(icu), at.cycle, f.type, how, value))
        return t;
    --results_under_way_;
    if (!f.emit)
        return no_trouble;
    targets to = drive(f.stream, 4, position_of_mxm(icu), at, GROQ_OPCODE_ACC);
    split_bytes(*value, 4, to.data());
    return no_trouble;
}

bool data_path::has_result(uint32_t icu, uint64_t cycle) const {
    return kind_of(icu) == queue_kind::MXR &&
           mxms_[icu >= GROQ_ICU_MXM(GROQ_EAST, 0)].has_result(plane_of(icu), cycle);
}

// ECC before the wire; but an instruction that finds it taken has consumed, too.
trouble data_path::send(const link_stream_fields &f, const issue &at) {
    uint32_t link = link_of(at.by.icu);
    const uint8_t *value =
        consumer_.take(f.stream, position_of_link(at.by.icu), at.cycle);
    if (!value)
        return nothing_on(f.stream);
    if (consumer_.is_beyond_correction())
        return no_trouble; // consumer_.end() says so
    if (trouble t = links_.check_wire(link, at.cycle))
        return t;
    links_.send(link, value, at.powered, at.cycle);
    return no_trouble;
}

trouble data_path::receive(const link_stream_fields &f, const issue &at) {
    const uint8_t *lanes;
    if (trouble t = links_.receive(link_of(at.by.icu), at.cycle, lanes))
        return t;
    targets to =
        drive(f.stream, 1, position_of_link(at.by.icu), at, GROQ_OPCODE_RECEIVE);
    copy_powered(to[0], lanes, at.powered);
    return no_trouble;
}

trouble data_path::compute(const instruction &i, const issue &at) {
    vector_unit::output out;
    if (trouble t = vectors_.execute(at.by.icu - GROQ_ICU_VXM(0), i, at.cycle, out))
        return t;
    clear_unpowered(*out.value, out.width, at.powered);
    if (out.target == GROQ_OPERAND_NONE)
        return no_trouble;
    targets to = drive(out.target, out.width, GROQ_POSITION_VXM, at, i.opcode);
    split_bytes(*out.value, out.width, to.data());
    return no_trouble;
}

void data_path::serialize(archive &a, const grants &grants, uint64_t cycle) {
    streams_.serialize(a, cycle);
    memory_.serialize(a, grants);
    for (matrix_unit &m : mxms_)
        m.serialize(a, cycle);
    vectors_.serialize(a, cycle);
    if (!a.is_loading())
        return;
    writes_ = results_under_way_ = 0;
    for (const matrix_unit &m : mxms_)
        results_under_way_ += m.results_under_way();
}

} // namespace groq::chip
