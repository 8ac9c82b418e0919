// SPDX-License-Identifier: MIT
//
// From launch to completion of next to nothing, beside the shortest errand that
// a disk can be sent on.
//
//   read/DEPTH          4 KiB from the disk, io_uring, DEPTH in flight
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

class empty_program {
public:
    empty_program(const std::string &uri, const std::string &path, seconds length)
        : device_(uri), length_(length), program_(path),
          image_(device_, program_, groq::forever),
          entry_(program_.entry(0).value().name) {}

    void measure(const std::string &name, std::size_t depth, std::size_t runs) {
        std::vector<groq::job> jobs;
        for (std::size_t i = 0; i < depth; ++i)
            jobs.push_back(make_job(runs));
        job_stream stream(device_, std::move(jobs), runs);
        stream.turn();
        print_time(name + '/' + std::to_string(depth),
                   seconds_per_operation(length_, [&] { return stream.turn(); }));
    }

private:
    groq::job make_job(std::size_t runs) {
        groq::job job(device_);
        for (std::size_t i = 0; i < runs; ++i)
            job.run(image_, entry_).value();
        return job;
    }

    groq::device device_;
    seconds length_;
    groq::program program_;
    groq::image image_;
    std::string entry_;
};

void measure_all(seconds length, const char *disk_path, const char *uri,
                 const char *program) {
    empty_program empty(uri, program, length);
    for (const unsigned depth : depths) {
        measure_disk(disk_path, depth, length);
        empty.measure("job", depth, 1);
    }
    empty.measure("job-of-32", 2, runs_of_long_job);
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
