// SPDX-License-Identifier: MIT
//
// From launch to completion of next to nothing, beside the shortest errand that
// a disk can be sent on.
//
//   read/DEPTH          4 KiB from the disk, io_uring, DEPTH in flight
//   copy/DEPTH          a job that copies 4 KiB to the card
//   job/DEPTH           a job that runs the empty program, DEPTH in flight
//   job-of-32/2         per run, of jobs that run it 32 times each
#include <cstdlib>
#include <iostream>

#include "disk.hpp"
#include "job_stream.hpp"
#include "sample.hpp"

namespace {

using namespace bench;

constexpr unsigned depths[] = {1, 32};
constexpr std::size_t runs_of_long_job = 32;
constexpr double us = 1e6;

void print_time(const std::string &name, double seconds) {
    print_sample(name, "us", seconds * us);
}

void measure_disk(const std::string &path, unsigned depth, seconds length) {
    disk reads(path, depth);
    reads.turn();
    print_time("read/" + std::to_string(depth),
               seconds_per_operation(length, [&] { return reads.turn(); }));
}

class card {
public:
    card(const std::string &uri, const std::string &program, seconds length)
        : device_(uri), length_(length), program_(program), image_(device_, program_),
          entry_(program_.entry(0).value().name), buffer_(device_, disk::block_bytes),
          region_(device_, region_bytes) {}

    void measure_runs(const std::string &name, std::size_t depth, std::size_t runs) {
        std::vector<groq::job> jobs;
        for (std::size_t i = 0; i < depth; ++i)
            jobs.push_back(make_job(runs));
        measure(name, std::move(jobs), runs);
    }

    void measure_copies(const std::string &name, std::size_t depth) {
        std::vector<groq::job> jobs;
        for (std::size_t i = 0; i < depth; ++i)
            jobs.push_back(make_copy());
        measure(name, std::move(jobs), 1);
    }

private:
    static constexpr std::size_t region_bytes = 13 * 320; // whole words for a block
    static_assert(region_bytes >= disk::block_bytes);

    groq::job make_job(std::size_t runs) {
        groq::job job(device_);
        for (std::size_t i = 0; i < runs; ++i)
            job.run(image_, entry_).value();
        return job;
    }

    groq::job make_copy() {
        groq::job job(device_);
        job.copy_in({.buffer = buffer_,
                     .buffer_offset = 0,
                     .sram = region_.address(),
                     .bytes = disk::block_bytes})
            .value();
        return job;
    }

    void measure(const std::string &name, std::vector<groq::job> jobs,
                 std::size_t steps) {
        const std::string depth = std::to_string(jobs.size());
        job_stream stream(device_, std::move(jobs), steps);
        stream.turn();
        print_time(name + '/' + depth,
                   seconds_per_operation(length_, [&] { return stream.turn(); }));
    }

    groq::device device_;
    seconds length_;
    groq::program program_;
    groq::image image_;
    std::string entry_;
    groq::buffer buffer_;
    groq::region region_;
};

void measure_all(seconds length, const char *disk_path, const char *uri,
                 const char *program) {
    card card(uri, program, length);
    for (const unsigned depth : depths) {
        measure_disk(disk_path, depth, length);
        card.measure_copies("copy", depth);
        card.measure_runs("job", depth, 1);
    }
    card.measure_runs("job-of-32", 2, runs_of_long_job);
}

} // namespace

int main(int argc, char **argv) {
    if (argc != 5) {
        std::cerr << "usage: roundtrip SECONDS DISK DEVICE PROGRAM\n";
        return 2;
    }
    try {
        measure_all(seconds(std::atof(argv[1])), argv[2], argv[3], argv[4]);
    } catch (const std::exception &error) {
        std::cerr << "roundtrip: " << error.what() << '\n';
        return 1;
    }
}
