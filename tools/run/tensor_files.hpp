// SPDX-License-Identifier: MIT
//
// Which tensors come from which files, and go to which.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <groq/groq.hpp>

#include "run/options.hpp"

namespace groq::run {

struct output {
    std::optional<std::size_t> chip; // nothing: there is one alone
    tensor_info tensor;
    std::vector<std::byte> data; // row major
    std::string file;            // where it was written; empty: nowhere
};

// Of the programs of one run, one for each chip. A tensor that several of them have has
// one file: chip after chip.
class tensor_files {
public:
    // Throws problem: no such tensor, given twice, or an input that has no file.
    tensor_files(const options &options, std::span<const program> programs);

    // Throws problem: a file that cannot be read, or is not as long as its tensors.
    void read();
    void set_inputs(std::size_t chip, job &job) const;

    // Takes them from a job that has run.
    void get_outputs(std::size_t chip, const job &job);
    // Writes those that have a file, and returns all. Throws problem.
    std::vector<output> write() const;

private:
    struct tensor {
        std::size_t chip, index;
        tensor_info info;
        std::optional<std::string> file = {};
        std::vector<std::byte> data = {};
    };
    // Of one name, on all chips that have it.
    using group = std::vector<tensor>;

    void add(std::size_t chip, std::size_t index, const tensor_info &info);
    void assign(const std::vector<assignment> &assignments, std::uint32_t direction);
    group &find(const assignment &given, std::uint32_t direction);
    std::string names(std::uint32_t direction) const;
    static void read(group &tensors);

    std::size_t chips_;
    std::vector<group> groups_;
};

} // namespace groq::run
