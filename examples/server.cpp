// SPDX-License-Identifier: MIT
//
// Adds for whoever asks: server SOCKET [PROGRAM [CARD]]
//
// Clients connect to a Unix socket and send two rows of 320 numbers at a time; each
// gets their sums back. The card's program adds 16 pairs of rows in a run: whatever has
// come while the card was busy goes into the next run together. One thread.
#include <array>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <vector>

#include <boost/asio.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/experimental/channel.hpp>

#include <groq/async_queue.hpp>
#include <groq/groq.hpp>

namespace asio = boost::asio;
using asio::awaitable, asio::use_awaitable;
using boost::system::error_code;
using unix_socket = asio::local::stream_protocol::socket;

constexpr std::size_t row_bytes = 320, rows_per_run = 16;
using row = std::array<std::byte, row_bytes>;

// What a client waits for.
struct request {
    explicit request(const asio::any_io_executor &executor) : done(executor, 1) {}

    row a, b, sum;
    asio::experimental::channel<void(error_code)> done;
};
using requests = asio::experimental::channel<void(error_code, request *)>;

awaitable<void> serve(unix_socket client, requests &inbox) {
    request mine(client.get_executor());
    const std::array question{asio::buffer(mine.a), asio::buffer(mine.b)};
    for (;;) {
        co_await asio::async_read(client, question, use_awaitable);
        co_await inbox.async_send({}, &mine, use_awaitable);
        co_await mine.done.async_receive(use_awaitable);
        co_await asio::async_write(client, asio::buffer(mine.sum), use_awaitable);
    }
}

awaitable<void> accept(asio::local::stream_protocol::acceptor &acceptor,
                       requests &inbox) {
    for (;;) {
        auto client = co_await acceptor.async_accept(use_awaitable);
        // It ends when the client hangs up.
        asio::co_spawn(acceptor.get_executor(), serve(std::move(client), inbox),
                       [](const std::exception_ptr &) {});
    }
}

// The card's side: one job, whose tensors hold the rows of a run.
class worker {
public:
    worker(groq::async_queue &queue, const groq::program &program,
           const groq::image &image)
        : queue_(queue), job_(image), a_(program.find_tensor("a").value()),
          b_(program.find_tensor("b").value()), c_(program.find_tensor("c").value()) {}

    awaitable<void> run(requests &inbox) {
        for (;;) {
            batch_.assign(1, co_await inbox.async_receive(use_awaitable));
            while (batch_.size() < rows_per_run &&
                   inbox.try_receive(
                       [&](error_code, request *next) { batch_.push_back(next); })) {
            }
            co_await add();
        }
    }

    unsigned runs() const { return runs_; }

private:
    using rows = std::array<row, rows_per_run>;

    awaitable<void> add() {
        for (std::size_t i = 0; i < batch_.size(); ++i) {
            in_a_[i] = batch_[i]->a;
            in_b_[i] = batch_[i]->b;
        }
        job_.set_input(a_, std::as_bytes(std::span(in_a_))).value();
        job_.set_input(b_, std::as_bytes(std::span(in_b_))).value();
        co_await queue_.async_run(job_, use_awaitable);
        job_.get_output(c_, std::as_writable_bytes(std::span(out_))).value();
        ++runs_;
        for (std::size_t i = 0; i < batch_.size(); ++i) {
            batch_[i]->sum = out_[i];
            batch_[i]->done.try_send(error_code());
        }
    }

    groq::async_queue &queue_;
    groq::job job_;
    std::size_t a_, b_, c_;
    rows in_a_{}, in_b_{}, out_{};
    std::vector<request *> batch_;
    unsigned runs_ = 0;
};

// While the card works for one, the other gathers the next run.
void run_server(const char *path, const char *program_path, const char *card_uri) {
    using namespace asio::experimental::awaitable_operators;
    const groq::program program(program_path);
    const groq::device card(card_uri);
    const groq::image image(card, program);

    asio::io_context loop(1);
    groq::async_queue queue(loop.get_executor(), card);
    requests inbox(loop, rows_per_run);
    worker one(queue, program, image), other(queue, program, image);
    asio::local::stream_protocol::acceptor acceptor(loop, path);
    asio::signal_set signals(loop, SIGINT, SIGTERM);

    const auto all = [&]() -> awaitable<void> {
        co_await (signals.async_wait(use_awaitable) || accept(acceptor, inbox) ||
                  one.run(inbox) || other.run(inbox));
    };
    asio::co_spawn(loop, all(), [&](const std::exception_ptr &why) {
        loop.stop();
        if (why)
            std::rethrow_exception(why);
    });
    loop.run();
    std::printf("%u runs\n", one.runs() + other.runs());
}

int main(int argc, char **argv) {
    if (argc < 2) {
        std::fprintf(stderr, "usage: server SOCKET [PROGRAM [CARD]]\n");
        return 2;
    }
    try {
        run_server(argv[1], argc > 2 ? argv[2] : "add.groq",
                   argc > 3 ? argv[3] : "sim:");
    } catch (const std::exception &error) {
        std::fprintf(stderr, "server: %s\n", error.what());
        return 1;
    }
}
