// SPDX-License-Identifier: MIT
//
// Empty jobs through the C interface by each path to the driver, beside reads of a
// disk through io_uring; DEPTH of them in flight.
//
//   PATH/DEPTH          jobs in a second; PATH: ioctl, io_uring, sqpoll
//   PATH-host/DEPTH     of the calling thread's time, for a job
//   PATH-calls/DEPTH    system calls for a job
//   read/DEPTH          4 KiB reads in a second
//   read-host/DEPTH     as PATH-host
#include <cstdlib>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

#include <groq/groq.hpp>

#include "disk.hpp"
#include "job_stream.hpp"
#include "sample.hpp"

namespace {

using namespace bench;

constexpr unsigned depths[] = {1, 4, 16, 64, 256};
constexpr std::pair<const char *, groq::path> paths[] = {
    {"ioctl", groq::path::ioctl},
    {"io_uring", groq::path::io_uring},
    {"sqpoll", groq::path::sqpoll},
};

// Prints how often `work` can be done, and what of it this thread is busy with.
template <class Work>
std::size_t measure(const std::string &name, unsigned depth, seconds length,
                    Work work) {
    std::size_t done = 0;
    const auto busy_before = thread_clock::now();
    const double each = seconds_per_operation(length, [&] {
        const std::size_t some = work();
        done += some;
        return some;
    });
    const seconds busy = thread_clock::now() - busy_before;
    const auto suffix = "/" + std::to_string(depth);
    print_sample(name + suffix, "1/s", 1 / each);
    print_sample(name + "-host" + suffix, "ns",
                 1e9 * busy.count() / static_cast<double>(done));
    return done;
}

void measure_all(seconds length, const char *disk_path, const char *uri,
                 const char *program) {
    const groq::device device(uri);
    const groq::program contents(program);
    const groq::image image(device, contents);
    const std::string entry = contents.entry(0).value().name;
    for (const unsigned depth : depths) {
        disk reads(disk_path, depth);
        reads.turn();
        measure("read", depth, length, [&] { return reads.turn(); });
        for (const auto &[name, path] : paths) {
            std::vector<groq::job> empty;
            for (unsigned i = 0; i < depth; ++i)
                empty.emplace_back(device).run(image, entry).value();
            job_stream jobs(device, std::move(empty), 1,
                            {.path = path, .depth = depth});
            jobs.turn();
            const auto calls = jobs.system_calls();
            const auto done = measure(name, depth, length, [&] { return jobs.turn(); });
            print_sample(name + ("-calls/" + std::to_string(depth)), "calls",
                         static_cast<double>(jobs.system_calls() - calls) /
                             static_cast<double>(done));
        }
    }
}

} // namespace

int main(int argc, char **argv) {
    if (argc != 5) {
        std::cerr << "usage: paths SECONDS DISK DEVICE PROGRAM\n";
        return 2;
    }
    try {
        measure_all(seconds(std::atof(argv[1])), argv[2], argv[3], argv[4]);
    } catch (const std::exception &error) {
        std::cerr << "paths: " << error.what() << '\n';
        return 1;
    }
}
