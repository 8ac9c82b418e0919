// SPDX-License-Identifier: MIT
#include "session.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>
#include <span>
#include <string_view>

#include "asm/elf_file.hpp"
#include "asm/instruction_text.hpp"

namespace groq::run {
namespace {

using clock = std::chrono::steady_clock;

// Which exit status an error of the runtime is.
status status_of(const error &error) {
    switch (static_cast<errc>(error.code().value())) {
    case errc::program:
    case errc::sram:
        return status::program;
    case errc::no_device:
    case errc::no_driver:
    case errc::too_old:
    case errc::permission:
    case errc::held:
    case errc::no_simulator:
    case errc::device_lost:
    case errc::queues:
    case errc::memory:
        return status::device;
    case errc::invalid:
    case errc::size:
    case errc::not_found:
        return status::usage;
    default:
        return status::run_failed;
    }
}

template <class T>
T value_of(result<T> done) {
    if (!done)
        throw problem{status_of(done.error()), done.error().message()};
    if constexpr (!std::is_void_v<T>)
        return std::move(*done);
}

// With the instruction in words, where the runtime has its bytes.
std::string failure_text(const error &error) {
    std::string text = "the run failed: " + error.message();
    if (!error.fault() || error.fault()->text == ~std::uint32_t{0})
        return text;
    const auto code =
        assembly::from_bytes(std::as_bytes(std::span(error.fault()->instruction)));
    return assembly::defect(code).empty() ? text + ", " + assembly::to_text(code)
                                          : text;
}

[[noreturn]] void refuse(const std::string &text) {
    throw problem{status::usage, text};
}

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

void write_file(const std::string &file, std::span<const std::byte> data) {
    std::ofstream stream(file, std::ios::binary);
    stream.write(reinterpret_cast<const char *>(data.data()),
                 std::streamsize(data.size()));
    if (!stream.flush())
        throw problem{status::usage,
                      "cannot write " + file + ": " + std::strerror(errno)};
}

// What is written must be none of what is read.
void check_files(const options &options) {
    std::vector<std::string> read{options.program}, written;
    for (const assignment &input : options.inputs)
        read.push_back(input.file);
    for (const assignment &output : options.outputs)
        written.push_back(output.file);
    if (options.trace)
        written.push_back(*options.trace);
    for (const auto &output : written)
        for (const auto &input : read)
            if (assembly::would_overwrite(output, input))
                refuse(output + " would be overwritten, and is to be read: write "
                                "another file");
}

// The simulator is told in the name of its card, where % and & have a meaning.
std::string device_uri(const options &options) {
    if (!options.trace)
        return options.device;
    const bool has_options = options.device.find('?') != std::string::npos;
    auto uri = options.device + (has_options ? "&trace=" : "?trace=");
    for (const char c : *options.trace)
        uri += c == '%' ? "%25" : c == '&' ? "%26" : std::string(1, c);
    return uri;
}

// Null: none was asked for.
const char *time_line() {
    const char *file = std::getenv("GROQ_TRACE");
    return file && *file ? file : nullptr;
}

void check_whole(const char *kind, const std::string &file) {
    // Its last member, at a fixed distance from the end: docs/tracing.md.
    constexpr std::string_view whole = "\"whole\":true }\n";
    std::array<char, whole.size()> end{};
    std::ifstream stream(file, std::ios::binary);
    stream.seekg(-std::streamoff(whole.size()), std::ios::end);
    if (!stream.read(end.data(), end.size()) ||
        std::string_view(end.data(), end.size()) != whole)
        throw problem{status::run_failed, std::string("the ") + kind + " " + file +
                                              " is not whole: give it more room"};
}

class session {
public:
    explicit session(const options &options)
        : options_(options), program_(value_of(program::load(options.program))) {
        for (std::size_t i = 0; i < program_.tensor_count(); ++i)
            tensors_.push_back(value_of(program_.tensor(i)));
    }

    outcome run() {
        const auto inputs = assign(options_.inputs, GROQ_TENSOR_INPUT);
        const auto outputs = assign(options_.outputs, GROQ_TENSOR_OUTPUT);
        const auto data = read_inputs(inputs);
        const device device = value_of(device::open(device_uri(options_)));
        outcome made{value_of(device.info()), 0, 0, {}, {}, {}, {}};
        const auto start = clock::now();
        const image image =
            value_of(image::load(device, program_, deadline(options_.timeout)));
        made.load_time = clock::now() - start;
        job job = value_of(job::create(image, options_.entry));
        for (std::size_t i = 0; i < tensors_.size(); ++i)
            if (tensors_[i].direction == GROQ_TENSOR_INPUT)
                value_of(job.set_input(i, data[i]));
        run(device, job, made);
        read_outputs(job, outputs, made);
        made.missing = missing_in_writing(device, made.device);
        return made;
    }

private:
    using files = std::vector<std::optional<std::string>>; // by tensor

    // What each tensor of the direction is to be read from or written to.
    files assign(const std::vector<assignment> &assignments,
                 std::uint32_t direction) const {
        files assigned(tensors_.size());
        for (const auto &[name, file] : assignments) {
            const auto index = find(name, direction, file);
            if (assigned[index])
                throw problem{status::usage, std::string("tensor ") +
                                                 tensors_[index].name +
                                                 " is given twice"};
            assigned[index] = file;
        }
        return assigned;
    }

    std::size_t find(const std::optional<std::string> &name, std::uint32_t direction,
                     const std::string &file) const {
        std::vector<std::size_t> candidates;
        for (std::size_t i = 0; i < tensors_.size(); ++i)
            if (tensors_[i].direction == direction &&
                (!name || *name == tensors_[i].name))
                candidates.push_back(i);
        if (candidates.size() == 1)
            return candidates.front();
        const std::string kind = direction == GROQ_TENSOR_INPUT ? "input" : "output";
        throw problem{status::usage,
                      (name ? "there is no " + kind + " " + *name
                            : "which " + kind + " is " + file + "? NAME=FILE says it") +
                          "; the program has " + names(direction)};
    }

    std::string names(std::uint32_t direction) const {
        std::string all;
        for (const auto &tensor : tensors_)
            if (tensor.direction == direction)
                all += (all.empty() ? "" : ", ") + std::string(tensor.name);
        return all.empty() ? "none" : all;
    }

    std::vector<std::vector<std::byte>> read_inputs(const files &inputs) const {
        std::vector<std::vector<std::byte>> data(tensors_.size());
        for (std::size_t i = 0; i < tensors_.size(); ++i) {
            if (tensors_[i].direction != GROQ_TENSOR_INPUT)
                continue;
            if (!inputs[i])
                throw problem{status::usage, std::string("no file for the input ") +
                                                 tensors_[i].name + ": " +
                                                 tensors_[i].name + "=FILE"};
            // One byte more than it has shows that a file is too long.
            data[i] = read_at_most(tensors_[i].bytes + 1, *inputs[i]);
            check_size(tensors_[i], *inputs[i], data[i].size());
        }
        return data;
    }

    static void check_size(const tensor_info &tensor, const std::string &file,
                           std::size_t size) {
        if (size != tensor.bytes)
            throw problem{
                status::usage,
                file + " is " + (size > tensor.bytes ? "more than " : "") +
                    std::to_string(std::min<std::size_t>(size, tensor.bytes)) +
                    " bytes long, the input " + tensor.name + " " +
                    std::to_string(tensor.bytes) + " (" + std::to_string(tensor.rows) +
                    " x " + std::to_string(tensor.columns) + " elements)"};
    }

    void run(const device &device, job &job, outcome &made) const {
        queue queue = value_of(queue::create(device));
        for (unsigned long i = 0; i < options_.repeat; ++i) {
            const auto start = clock::now();
            const auto end = queue.run(job, deadline(options_.timeout));
            made.run_times.push_back(clock::now() - start);
            if (!end)
                throw problem{end.error() == errc::device_lost ? status::device
                                                               : status::run_failed,
                              failure_text(end.error())};
            made.cycles = end->cycles;
            made.bytes = end->bytes;
        }
    }

    void read_outputs(const job &job, const files &outputs, outcome &made) const {
        for (std::size_t i = 0; i < tensors_.size(); ++i) {
            if (tensors_[i].direction != GROQ_TENSOR_OUTPUT)
                continue;
            output output{tensors_[i], std::vector<std::byte>(tensors_[i].bytes),
                          outputs[i].value_or("")};
            value_of(job.get_output(i, output.data));
            if (outputs[i])
                write_file(*outputs[i], output.data);
            made.outputs.push_back(std::move(output));
        }
    }

    // What the card says since something could not be written.
    std::string missing_in_writing(const device &device,
                                   const device_info &before) const {
        if (!options_.device.starts_with("record:") && !time_line())
            return {};
        const auto now = value_of(device.info());
        return std::strcmp(now.reason, before.reason) ? now.reason : "";
    }

    const options &options_;
    program program_;
    std::vector<tensor_info> tensors_;
};

} // namespace

void check_written(const options &options, const outcome &done) {
    if (!done.missing.empty())
        throw problem{status::run_failed, done.missing + ": give it more room"};
    if (options.trace)
        check_whole("trace", *options.trace);
    if (const char *file = time_line())
        check_whole("time line", file);
}

outcome execute(const options &options) {
    check_files(options);
    return session(options).run();
}

} // namespace groq::run
