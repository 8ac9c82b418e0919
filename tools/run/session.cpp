// SPDX-License-Identifier: MIT
#include "session.hpp"

#include <array>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <span>
#include <string_view>

#include <groq/system.hpp>

#include "asm/elf_file.hpp"
#include "run/failure.hpp"

namespace groq::run {
namespace {

namespace fs = std::filesystem;
using clock = std::chrono::steady_clock;

// Of a folder: what groq-collective calls them.
std::string topology_of(const options &options) {
    return fs::path(options.program) / "topology";
}
std::string program_of(const options &options, std::size_t chip) {
    return fs::path(options.program) / ("card" + std::to_string(chip) + ".groq");
}

network network_of(const options &options) {
    const auto file = topology_of(options);
    if (!fs::exists(file))
        refuse(options.program + ": Is a directory, and no distributed program: it has "
                                 "no file topology (groq-collective -o writes one)");
    // Where there is a slash it is no shape.
    return value_of(network::load(fs::absolute(file)));
}

std::vector<std::string> program_files(const options &options, std::size_t chips) {
    std::vector<std::string> files;
    for (std::size_t chip = 0; chip < chips; ++chip)
        files.push_back(program_of(options, chip));
    return files;
}

// What is written must be none of what is read.
void check_files(const options &options, std::vector<std::string> read) {
    std::vector<std::string> written;
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

// In the name of a simulated card % and & have a meaning.
std::string with_option(std::string uri, const char *name, const std::string &value) {
    uri += (uri.find('?') == std::string::npos ? "?" : "&") + std::string(name) + "=";
    for (const char c : value)
        uri += c == '%' ? "%25" : c == '&' ? "%26" : std::string(1, c);
    return uri;
}

std::string device_uri(const options &options) {
    if (options.devices.size() > 1)
        refuse(
            "a program runs on one card: give one --device, or a folder of programs");
    const auto uri = options.devices.empty() ? default_device : options.devices[0];
    return options.trace ? with_option(uri, "trace", *options.trace) : uri;
}

// One simulated card without a number stands for all of the network.
std::vector<std::string> device_uris(const options &options, std::size_t chips) {
    const bool is_short =
        options.devices.size() == 1 && (options.devices[0] + "?").starts_with("sim:?");
    if (!is_short)
        return options.devices;
    std::vector<std::string> uris;
    for (std::size_t chip = 0; chip < chips; ++chip)
        uris.push_back(
            with_option("sim:" + std::to_string(chip) + options.devices[0].substr(4),
                        "topology", fs::absolute(topology_of(options))));
    return uris;
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

// What the card says since something could not be written.
std::string missing_in_writing(const options &options, const device &device,
                               const device_info &before) {
    const bool is_recorded =
        !options.devices.empty() && options.devices[0].starts_with("record:");
    if (!is_recorded && !time_line())
        return {};
    const auto now = value_of(device.info());
    return std::strcmp(now.reason, before.reason) ? now.reason : "";
}

outcome execute_alone(const options &options) {
    check_files(options, {options.program});
    const program program = value_of(program::load(options.program));
    tensor_files tensors(options, std::span(&program, 1));
    tensors.read();
    const device device = value_of(device::open(device_uri(options)));
    outcome made{{value_of(device.info())}};
    const auto start = clock::now();
    const image image =
        value_of(image::load(device, program, deadline(options.timeout)));
    made.load_time = clock::now() - start;
    job job = value_of(job::create(image, options.entry));
    tensors.set_inputs(0, job);
    queue queue = value_of(queue::create(device));
    for (unsigned long i = 0; i < options.repeat; ++i) {
        const auto begin = clock::now();
        auto done = queue.run(job, deadline(options.timeout));
        made.run_times.push_back(clock::now() - begin);
        const auto end = end_of(std::move(done));
        made.cycles = {end.cycles};
        made.bytes = end.bytes;
    }
    tensors.get_outputs(0, job);
    made.outputs = tensors.write();
    made.missing = missing_in_writing(options, device, made.devices[0]);
    return made;
}

void run_jointly(const options &options, joint_job &work, outcome &made) {
    const auto start = clock::now();
    auto done = work.run(deadline(options.timeout));
    made.run_times.push_back(clock::now() - start);
    const auto end = end_of(std::move(done));
    if (end.replayed_after)
        made.replays.push_back(end.replayed_after->message());
    made.cycles.clear();
    made.bytes = 0;
    for (const auto &chip : end.chips) {
        made.cycles.push_back(chip.cycles);
        made.bytes += chip.bytes;
    }
}

std::vector<program> load_all(const std::vector<std::string> &files) {
    std::vector<program> programs;
    for (const auto &file : files)
        programs.push_back(value_of(program::load(file)));
    return programs;
}

// Aligned.
system open_system(const options &options, const network &wires) {
    auto together = value_of(system::open(wires, device_uris(options, wires.cards())));
    value_of(together.align());
    return together;
}

outcome execute_jointly(const options &options) {
    if (options.trace)
        refuse("--trace sees into one card; a folder of programs is for several");
    const auto wires = network_of(options);
    auto files = program_files(options, wires.cards());
    const auto programs = load_all(files);
    files.push_back(topology_of(options));
    check_files(options, std::move(files));
    tensor_files tensors(options, programs);
    tensors.read();
    auto together = open_system(options, wires);
    outcome made;
    for (std::size_t chip = 0; chip < together.size(); ++chip)
        made.devices.push_back(value_of(together.chip(chip).info()));
    const auto start = clock::now();
    auto work = value_of(together.load(std::span<const program>(programs),
                                       options.entry, deadline(options.timeout)));
    made.load_time = clock::now() - start;
    for (std::size_t chip = 0; chip < work.size(); ++chip)
        tensors.set_inputs(chip, work.chip(chip));
    for (unsigned long i = 0; i < options.repeat; ++i)
        run_jointly(options, work, made);
    for (std::size_t chip = 0; chip < work.size(); ++chip) {
        tensors.get_outputs(chip, work.chip(chip));
        if (made.missing.empty())
            made.missing =
                missing_in_writing(options, together.chip(chip), made.devices[chip]);
    }
    made.outputs = tensors.write();
    return made;
}

} // namespace

bool is_joint(const options &options) {
    return fs::is_directory(options.program);
}

outcome execute(const options &options) {
    return is_joint(options) ? execute_jointly(options) : execute_alone(options);
}

void check_written(const options &options, const outcome &done) {
    if (!done.missing.empty())
        throw problem{status::run_failed, done.missing + ": give it more room"};
    if (options.trace)
        check_whole("trace", *options.trace);
    if (const char *file = time_line())
        check_whole("time line", file);
}

} // namespace groq::run
