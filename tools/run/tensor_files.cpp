// SPDX-License-Identifier: MIT
#include "tensor_files.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>

#include "run/failure.hpp"

namespace groq::run {
namespace {

std::vector<std::byte> read_at_most(std::size_t limit, std::istream &stream) {
    std::vector<std::byte> data(limit);
    stream.read(reinterpret_cast<char *>(data.data()), std::streamsize(limit));
    data.resize(std::size_t(stream.gcount()));
    return data;
}

std::vector<std::byte> read_at_most(std::size_t limit, const std::string &file) {
    if (file == "-")
        return read_at_most(limit, std::cin);
    std::ifstream stream(file, std::ios::binary);
    auto data = read_at_most(limit, stream);
    if (!stream.is_open() || stream.bad())
        refuse("cannot read " + file + ": " + std::strerror(errno));
    return data;
}

std::string size_text(const tensor_info &tensor, std::size_t chips) {
    auto text = std::to_string(tensor.bytes) + " (" + std::to_string(tensor.rows) +
                " x " + std::to_string(tensor.columns) + " elements)";
    return chips == 1 ? text : text + " on each of " + std::to_string(chips) + " chips";
}

void check_size(std::size_t size, std::size_t wanted, const std::string &file,
                const tensor_info &tensor, std::size_t chips) {
    if (size != wanted)
        refuse(file + " is " + (size > wanted ? "more than " : "") +
               std::to_string(std::min(size, wanted)) + " bytes long, the input " +
               tensor.name + " " + size_text(tensor, chips));
}

const char *kind_of(std::uint32_t direction) {
    return direction == GROQ_TENSOR_INPUT ? "input" : "output";
}

} // namespace

tensor_files::tensor_files(const options &options, std::span<const program> programs)
    : chips_(programs.size()) {
    for (std::size_t chip = 0; chip < programs.size(); ++chip)
        for (std::size_t i = 0; i < programs[chip].tensor_count(); ++i)
            add(chip, i, value_of(programs[chip].tensor(i)));
    assign(options.inputs, GROQ_TENSOR_INPUT);
    assign(options.outputs, GROQ_TENSOR_OUTPUT);
    for (const auto &tensors : groups_)
        if (const std::string name = tensors[0].info.name;
            tensors[0].info.direction == GROQ_TENSOR_INPUT && !tensors[0].file)
            refuse("no file for the input " + name + ": " + name + "=FILE");
}

void tensor_files::add(std::size_t chip, std::size_t index, const tensor_info &info) {
    const auto same = [&](const group &tensors) {
        return std::string_view(tensors[0].info.name) == info.name &&
               tensors[0].info.direction == info.direction;
    };
    auto place = std::ranges::find_if(groups_, same);
    if (place == groups_.end())
        place = groups_.insert(place, group{});
    place->push_back({chip, index, info});
}

void tensor_files::assign(const std::vector<assignment> &assignments,
                          std::uint32_t direction) {
    for (const auto &given : assignments) {
        auto &tensors = find(given, direction);
        if (tensors[0].file)
            refuse(std::string("tensor ") + tensors[0].info.name + " is given twice");
        for (auto &each : tensors)
            each.file = given.file;
    }
}

tensor_files::group &tensor_files::find(const assignment &given,
                                        std::uint32_t direction) {
    std::vector<group *> candidates;
    for (auto &tensors : groups_)
        if (tensors[0].info.direction == direction &&
            (!given.tensor || *given.tensor == tensors[0].info.name))
            candidates.push_back(&tensors);
    if (candidates.size() == 1)
        return *candidates.front();
    const std::string kind = kind_of(direction);
    refuse((given.tensor
                ? "there is no " + kind + " " + *given.tensor
                : "which " + kind + " is " + given.file + "? NAME=FILE says it") +
           "; the program has " + names(direction));
}

std::string tensor_files::names(std::uint32_t direction) const {
    std::string all;
    for (const auto &tensors : groups_)
        if (tensors[0].info.direction == direction)
            all += (all.empty() ? "" : ", ") + std::string(tensors[0].info.name);
    return all.empty() ? "none" : all;
}

void tensor_files::read() {
    for (auto &tensors : groups_)
        if (tensors[0].info.direction == GROQ_TENSOR_INPUT)
            read(tensors);
}

void tensor_files::read(group &tensors) {
    std::size_t wanted = 0;
    for (const auto &each : tensors)
        wanted += each.info.bytes;
    // One byte more than they have shows that a file is too long.
    const auto data = read_at_most(wanted + 1, *tensors[0].file);
    check_size(data.size(), wanted, *tensors[0].file, tensors[0].info, tensors.size());
    auto from = data.begin();
    for (auto &each : tensors) {
        const auto to = from + std::ptrdiff_t(each.info.bytes);
        each.data.assign(from, to);
        from = to;
    }
}

void tensor_files::set_inputs(std::size_t chip, job &job) const {
    for (const auto &tensors : groups_)
        for (const auto &each : tensors)
            if (each.chip == chip && each.info.direction == GROQ_TENSOR_INPUT)
                value_of(job.set_input(each.index, each.data));
}

void tensor_files::get_outputs(std::size_t chip, const job &job) {
    for (auto &tensors : groups_)
        for (auto &each : tensors)
            if (each.chip == chip && each.info.direction == GROQ_TENSOR_OUTPUT) {
                each.data.resize(each.info.bytes);
                value_of(job.get_output(each.index, each.data));
            }
}

std::vector<output> tensor_files::write() const {
    std::vector<output> outputs;
    for (const auto &tensors : groups_) {
        if (tensors[0].info.direction != GROQ_TENSOR_OUTPUT)
            continue;
        std::ofstream stream;
        const auto file = tensors[0].file.value_or("");
        if (!file.empty())
            stream.open(file, std::ios::binary);
        for (const auto &each : tensors) {
            if (!file.empty())
                stream.write(reinterpret_cast<const char *>(each.data.data()),
                             std::streamsize(each.data.size()));
            outputs.push_back({chips_ == 1 ? std::nullopt : std::optional(each.chip),
                               each.info, each.data, file});
        }
        if (!file.empty() && !stream.flush())
            refuse("cannot write " + file + ": " + std::strerror(errno));
    }
    return outputs;
}

} // namespace groq::run
