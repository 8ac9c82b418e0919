// SPDX-License-Identifier: MIT
//
// What a job costs its thread, beside what the card does meanwhile: processor time of
// one thread that keeps DEPTH jobs in work, each a copy of a vector, by
//
//   c/DEPTH             groq_queue_submit and groq_queue_wait
//   polled/DEPTH        groq_queue_submit, poll() on groq_queue_fd, groq_queue_reap
//   callback/DEPTH      async_run with a callback
//   coroutine/DEPTH     async_run in DEPTH coroutines
//
// and WAY-allocations/DEPTH, how often the thread has allocated memory for a job.
#include <cstdlib>
#include <deque>
#include <iostream>

#include <poll.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <groq/async_queue.hpp>
#include <groq/groq.hpp>

#include "allocations.hpp"
#include "sample.hpp"

namespace {

using namespace bench;
namespace asio = boost::asio;

constexpr std::size_t depths[] = {1, 32};
constexpr std::size_t vector_bytes = 320;

void check(int status) {
    if (status != GROQ_OK)
        throw groq::failure(groq::error::last());
}

class card {
public:
    explicit card(const std::string &uri)
        : device(uri), buffer_(device, vector_bytes), region_(device, vector_bytes) {}

    std::deque<groq::job> make_jobs(std::size_t depth) const {
        std::deque<groq::job> jobs;
        for (std::size_t i = 0; i < depth; ++i) {
            jobs.emplace_back(device);
            jobs.back().copy_in({buffer_, 0, region_.address(), vector_bytes}).value();
        }
        return jobs;
    }

    groq::device device;

private:
    groq::buffer buffer_;
    groq::region region_;
};

// Each class keeps jobs in work; turn() returns how many have ended since the last.
class by_waiting {
public:
    by_waiting(card &card, std::size_t depth)
        : jobs_(card.make_jobs(depth)), queue_(card.device), tickets_(depth) {
        for (std::size_t i = 0; i < depth; ++i)
            check(groq_queue_submit(queue_.native(), jobs_[i].native(), &tickets_[i]));
    }
    std::size_t turn() {
        for (std::size_t i = 0; i < jobs_.size(); ++i) {
            check(groq_queue_wait(queue_.native(), tickets_[i], GROQ_FOREVER, nullptr));
            check(groq_queue_submit(queue_.native(), jobs_[i].native(), &tickets_[i]));
        }
        return jobs_.size();
    }

private:
    std::deque<groq::job> jobs_;
    groq::queue queue_;
    std::vector<groq::ticket> tickets_;
};

class by_polling {
public:
    by_polling(card &card, std::size_t depth)
        : jobs_(card.make_jobs(depth)),
          queue_(card.device), poll_{queue_.fd().value(), POLLIN, 0},
          ends_(depth, groq::detail::sized<groq_result>()) {
        for (auto &job : jobs_)
            submit(job);
    }
    std::size_t turn() {
        ::poll(&poll_, 1, -1);
        std::size_t count = 0;
        check(groq_queue_reap(queue_.native(), ends_.data(), ends_.size(), &count));
        for (std::size_t i = 0; i < count; ++i) {
            check(ends_[i].error);
            submit(jobs_[next_++ % jobs_.size()]);
        }
        return count;
    }

private:
    void submit(groq::job &job) {
        groq::ticket ticket = 0;
        check(groq_queue_submit(queue_.native(), job.native(), &ticket));
    }

    std::deque<groq::job> jobs_;
    groq::queue queue_;
    pollfd poll_;
    std::vector<groq_result> ends_;
    std::size_t next_ = 0; // they end in order
};

class by_callback {
public:
    by_callback(card &card, std::size_t depth)
        : jobs_(card.make_jobs(depth)), queue_(loop_.get_executor(), card.device) {
        for (auto &job : jobs_)
            again(job);
    }
    std::size_t turn() {
        loop_.run_one();
        return std::exchange(ended_, 0);
    }

private:
    void again(groq::job &job) {
        queue_.async_run(job,
                         [this, &job](boost::system::error_code code, const auto &) {
                             if (code)
                                 throw boost::system::system_error(code);
                             ++ended_;
                             again(job);
                         });
    }

    std::deque<groq::job> jobs_;
    asio::io_context loop_{1};
    groq::basic_async_queue<asio::io_context::executor_type> queue_;
    std::size_t ended_ = 0;
};

class by_coroutine {
public:
    by_coroutine(card &card, std::size_t depth)
        : jobs_(card.make_jobs(depth)), queue_(loop_.get_executor(), card.device) {
        for (auto &job : jobs_)
            asio::co_spawn(loop_, again(job), [](const std::exception_ptr &why) {
                if (why)
                    std::rethrow_exception(why);
            });
    }
    std::size_t turn() {
        loop_.run_one();
        return std::exchange(ended_, 0);
    }

private:
    asio::awaitable<void> again(groq::job &job) {
        for (;; ++ended_)
            co_await queue_.async_run(job, asio::use_awaitable);
    }

    std::deque<groq::job> jobs_;
    asio::io_context loop_{1};
    groq::async_queue queue_;
    std::size_t ended_ = 0;
};

template <class Way>
void measure(const std::string &name, card &card, std::size_t depth, seconds length) {
    Way way(card, depth);
    for (int i = 0; i < 100; ++i)
        way.turn();
    std::size_t jobs = 0;
    const auto before = allocations;
    const double each = seconds_per_operation<thread_clock>(length, [&] {
        const std::size_t some = way.turn();
        jobs += some;
        return some;
    });
    const double allocated = double(allocations - before);
    const auto suffix = "/" + std::to_string(depth);
    print_sample(name + suffix, "ns", 1e9 * each);
    print_sample(name + "-allocations" + suffix, "1", allocated / double(jobs));
}

} // namespace

int main(int argc, char **argv) {
    if (argc != 3) {
        std::cerr << "usage: overhead SECONDS DEVICE\n";
        return 2;
    }
    try {
        card card(argv[2]);
        const seconds length(std::atof(argv[1]));
        for (const auto depth : depths) {
            measure<by_waiting>("c", card, depth, length);
            measure<by_polling>("polled", card, depth, length);
            measure<by_callback>("callback", card, depth, length);
            measure<by_coroutine>("coroutine", card, depth, length);
        }
    } catch (const std::exception &error) {
        std::cerr << "overhead: " << error.what() << '\n';
        return 1;
    }
}
