// SPDX-License-Identifier: MIT
//
// How long a program takes to get onto the card, with its weights.
//
//   open/NAME    the file read and checked (from the page cache)
//   load/NAME    its SRAM reserved and filled
//   total/NAME   both, and the SRAM given back
//   file/NAME    the same in one call: it travels while it is being read
//   again/NAME   once more while it is still there: what it writes itself
//   memcpy/NAME  as many bytes as the file has, from memory to memory
//   read/NAME    the file read into memory, piece by piece, and no more
//   copy/NAME    as many bytes from memory to the card, which is kept busy
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <vector>

#include <groq/groq.hpp>

#include "job_stream.hpp"
#include "memory_pair.hpp"
#include "sample.hpp"

namespace {

using namespace bench;

constexpr double ms = 1e3;
constexpr std::size_t piece_bytes = 1 << 20; // as libgroq reads and copies them
constexpr std::size_t pieces = 32;           // of one job
// No power of two: a piece and what is read into it must not stay at a distance at
// which their pages evict each other from the emulated address cache.
constexpr std::size_t read_bytes = 257 * 4096;

double elapsed(clock::time_point start) {
    return seconds(clock::now() - start).count();
}

// Mean times of the phases, in seconds.
struct phases {
    double open = 0;
    double load = 0;
    double total = 0;
};

void load_once(const groq::device &device, const std::string &path, phases &sum) {
    const auto start = clock::now();
    {
        const groq::program program(path);
        sum.open += elapsed(start);
        const auto opened = clock::now();
        const groq::image image(device, program);
        sum.load += elapsed(opened);
    }
    sum.total += elapsed(start);
}

phases measure(const groq::device &device, const std::string &path, seconds length) {
    phases unmeasured, sum;
    load_once(device, path, unmeasured);
    int times = 0;
    for (; times == 0 || sum.total < length.count(); ++times)
        load_once(device, path, sum);
    return {sum.open / times, sum.load / times, sum.total / times};
}

double measure_memcpy(std::size_t bytes, seconds length) {
    memory_pair memory(bytes);
    return seconds_per_operation(length, [&] {
        memory.copy();
        return std::size_t{1};
    });
}

double measure_read(const std::string &path, seconds length) {
    std::vector<char> piece(read_bytes);
    return seconds_per_operation(length, [&] {
        std::ifstream file;
        file.rdbuf()->pubsetbuf(nullptr, 0);
        file.open(path, std::ios::binary);
        while (file.read(piece.data(), std::streamsize(piece.size())))
            ;
        return std::size_t{1};
    });
}

double measure_copy(const groq::device &device, std::size_t bytes, seconds length) {
    const groq::buffer buffer(device, pieces * piece_bytes);
    const groq::region region(device, (buffer.size() + 319) / 320 * 320);
    std::vector<groq::job> jobs;
    for (int i = 0; i < 2; ++i) {
        auto &job = jobs.emplace_back(device);
        for (std::size_t at = 0; at < buffer.size(); at += piece_bytes)
            job.copy_in({buffer, at, region.address() + at, piece_bytes}).value();
    }
    job_stream stream(device, std::move(jobs), buffer.size());
    stream.turn();
    return double(bytes) * seconds_per_operation(length, [&] { return stream.turn(); });
}

double measure_file(const groq::device &device, const std::string &path,
                    seconds length) {
    return seconds_per_operation(length, [&] {
        const groq::image image(device, path);
        return std::size_t{1};
    });
}

double measure_again(const groq::device &device, const std::string &path,
                     seconds length) {
    const groq::program program(path);
    { const groq::image first(device, program); }
    return seconds_per_operation(length, [&] {
        const groq::image image(device, program);
        return std::size_t{1};
    });
}

// What is shared keeps nothing that nobody uses: each load is a first one.
std::string shared(const std::string &uri) {
    return uri + (uri.find('?') == std::string::npos ? "?shared" : "&shared");
}

void measure_all(seconds length, const char *uri, std::span<char *> paths) {
    for (const std::string path : paths) {
        const auto name = path.substr(path.find_last_of('/') + 1);
        {
            const groq::device device(uri);
            print_sample("again/" + name, "ms",
                         measure_again(device, path, length) * ms);
        }
        const groq::device device(shared(uri));
        const phases mean = measure(device, path, length);
        print_sample("file/" + name, "ms", measure_file(device, path, length) * ms);
        print_sample("open/" + name, "ms", mean.open * ms);
        print_sample("load/" + name, "ms", mean.load * ms);
        print_sample("total/" + name, "ms", mean.total * ms);
        const auto bytes = std::filesystem::file_size(path);
        print_sample("memcpy/" + name, "ms", measure_memcpy(bytes, length) * ms);
        print_sample("read/" + name, "ms", measure_read(path, length) * ms);
        print_sample("copy/" + name, "ms", measure_copy(device, bytes, length) * ms);
    }
}

} // namespace

int main(int argc, char **argv) {
    if (argc < 4) {
        std::cerr << "usage: load SECONDS DEVICE PROGRAM...\n";
        return 2;
    }
    try {
        measure_all(seconds(std::atof(argv[1])), argv[2],
                    std::span(argv, argc).subspan(3));
    } catch (const std::exception &error) {
        std::cerr << "load: " << error.what() << '\n';
        return 1;
    }
}
