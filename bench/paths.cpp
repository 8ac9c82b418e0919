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
#include <deque>
#include <iostream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <groq/groq.hpp>

#include "disk.hpp"
#include "sample.hpp"

namespace {

using namespace bench;

constexpr unsigned depths[] = {1, 4, 16, 64, 256};
constexpr std::pair<const char *, std::uint32_t> paths[] = {
    {"ioctl", GROQ_PATH_IOCTL},
    {"io_uring", GROQ_PATH_URING},
    {"sqpoll", GROQ_PATH_SQPOLL},
};

void check(int status) {
    if (status != GROQ_OK)
        throw groq::failure(groq::error::last());
}

// Jobs of one queue, each submitted anew with all others that have ended.
class stream {
public:
    stream(const groq::device &device, const groq::image &image,
           const std::string &entry, std::uint32_t path, unsigned depth)
        : queue_(make_queue(device, path, depth)), ends_(depth), tickets_(depth) {
        for (unsigned i = 0; i < depth; ++i) {
            jobs_.emplace_back(device).run(image, entry).value();
            idle_.push_back(jobs_.back().native());
        }
        for (auto &end : ends_)
            end.size = sizeof end;
        submit();
    }
    stream(const stream &) = delete;
    stream &operator=(const stream &) = delete;
    ~stream() { groq_queue_destroy(queue_); }

    // Waits for the oldest job, takes what else has ended, and submits as many
    // anew. Returns how many.
    std::size_t turn() {
        check(groq_queue_wait(queue_, flights_.front().ticket, GROQ_FOREVER, nullptr));
        land();
        std::size_t more = 0;
        if (!flights_.empty())
            check(groq_queue_reap(queue_, ends_.data(), ends_.size(), &more));
        for (std::size_t i = 0; i < more; ++i) {
            check_end(ends_[i]);
            land();
        }
        submit();
        return 1 + more;
    }

    std::uint64_t system_calls() const {
        groq_queue_info info{};
        info.size = sizeof info;
        check(groq_queue_get_info(queue_, &info));
        return info.system_calls;
    }

private:
    struct flight {
        std::uint64_t ticket;
        groq_job *job;
    };

    static groq_queue *make_queue(const groq::device &device, std::uint32_t path,
                                  unsigned depth) {
        groq_queue_options options{};
        options.size = sizeof options;
        options.path = path;
        options.depth = depth;
        groq_queue *queue = nullptr;
        check(groq_queue_create(device.native(), &options, &queue));
        return queue;
    }
    static void check_end(const groq_result &end) {
        if (end.error != GROQ_OK)
            throw std::runtime_error(groq_error_text(end.error));
    }

    void land() {
        idle_.push_back(flights_.front().job);
        flights_.pop_front();
    }
    void submit() {
        std::size_t submitted = 0;
        check(groq_queue_submit_batch(queue_, idle_.data(), idle_.size(),
                                      tickets_.data(), &submitted));
        for (std::size_t i = 0; i < submitted; ++i)
            flights_.push_back({tickets_[i], idle_[i]});
        idle_.clear();
    }

    groq_queue *queue_;
    std::deque<groq::job> jobs_;
    std::vector<groq_job *> idle_; // between calls: none
    std::deque<flight> flights_;
    std::vector<groq_result> ends_;
    std::vector<std::uint64_t> tickets_;
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
            stream jobs(device, image, entry, path, depth);
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
