// SPDX-License-Identifier: MIT
#include "cable_socket.hpp"

#include <array>
#include <bit>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <exception>
#include <optional>
#include <stdexcept>
#include <utility>
#include <variant>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

namespace groq::sim {

namespace asio = boost::asio;
using asio::use_awaitable;
using namespace asio::experimental::awaitable_operators;

namespace {

static_assert(std::endian::native == std::endian::little,
              "greetings are little-endian and copied");

constexpr std::chrono::milliseconds pause{100}; // before it is tried again
constexpr std::chrono::seconds patience{10};    // with whoever does not greet
constexpr const char *no_chip = "the other end sends what no chip sends";
constexpr const char *no_cable = "no cable of a Groq card is at the other end";

groq_hello hello_of(const groq_cable &numbers) {
    groq_hello hello{
        .magic = {},
        .version = GROQ_HELLO_VERSION,
        .latency = numbers.latency,
        .spread = numbers.spread,
        .lanes = numbers.lanes,
        .corrected_every = numbers.corrected_every,
        .uncorrected_at = numbers.uncorrected_at,
        .bit_errors = numbers.bit_errors,
        .seed = {std::uint32_t(numbers.seed), std::uint32_t(numbers.seed >> 32)}};
    std::memcpy(hello.magic, GROQ_HELLO_MAGIC, sizeof hello.magic);
    return hello;
}

// Why a link goes down; for people.
struct trouble : std::runtime_error {
    using runtime_error::runtime_error;
};

// A host that has died says nothing. It is found out within 20 s, whether or not
// something is under way to it.
void look_after(int file) {
    constexpr struct {
        int level, name, value;
    } options[] = {
        {IPPROTO_TCP, TCP_NODELAY, 1},  {SOL_SOCKET, SO_KEEPALIVE, 1},
        {IPPROTO_TCP, TCP_KEEPIDLE, 5}, {IPPROTO_TCP, TCP_KEEPINTVL, 5},
        {IPPROTO_TCP, TCP_KEEPCNT, 3},  {IPPROTO_TCP, TCP_USER_TIMEOUT, 20'000}};
    for (const auto &[level, name, value] : options)
        ::setsockopt(file, level, name, &value, sizeof value);
}

// What a process that was killed has left.
void remove_abandoned(asio::io_context &io, const std::string &path) {
    const asio::local::stream_protocol::endpoint there(path);
    asio::local::stream_protocol::socket probe(io);
    boost::system::error_code why;
    probe.connect(there, why);
    if (why == asio::error::connection_refused)
        ::unlink(path.c_str());
}

// What it ended with, so that whoever ends first ends the others, too.
asio::awaitable<std::exception_ptr> ended(asio::awaitable<void> work) {
    try {
        co_await std::move(work);
    } catch (...) {
        co_return std::current_exception();
    }
    co_return nullptr;
}

// Until somebody cancels the timer.
asio::awaitable<void> ring_of(asio::steady_timer &bell) {
    bell.expires_at(asio::steady_timer::time_point::max());
    co_await bell.async_wait(asio::as_tuple(use_awaitable));
}

} // namespace

// What has come and was not yet looked at. Holds any frame.
class cable_socket::inbox {
public:
    // A frame that is all there, until the next call; nothing: more has to come. Throws
    // trouble with `complaint` if there can be no such frame.
    std::optional<std::span<const std::byte>> next(const char *complaint) {
        std::uint32_t length = 0;
        if (end_ - begin_ < GROQ_LENGTH_BYTES)
            return std::nullopt;
        std::memcpy(&length, &bytes_[begin_], GROQ_LENGTH_BYTES);
        if (length == 0 || length > GROQ_LINK_MESSAGE_BYTES)
            throw trouble(complaint);
        if (end_ - begin_ - GROQ_LENGTH_BYTES < length)
            return std::nullopt;
        const auto first = begin_ + GROQ_LENGTH_BYTES;
        begin_ = first + length;
        return std::span<const std::byte>(&bytes_[first], length);
    }

    // Where more goes.
    std::span<std::byte> room() {
        std::memmove(bytes_.data(), &bytes_[begin_], end_ - begin_);
        end_ -= std::exchange(begin_, 0);
        return std::span(bytes_).subspan(end_);
    }
    void came(std::size_t bytes) { end_ += bytes; }

private:
    std::array<std::byte, 16 << 10> bytes_;
    std::size_t begin_ = 0, end_ = 0;
};

groq_cable chip_cable(const cable &cable) {
    return {.size = sizeof(groq_cable),
            .seed = cable.seed,
            .latency = cable.latency,
            .spread = cable.spread_millicycles,
            .lanes = cable.lanes,
            .corrected_every = cable.corrected_every,
            .uncorrected_at = cable.uncorrected_at,
            .bit_errors = cable.bit_errors};
}

cable_socket::cable_socket(asio::io_context &io, card &card, const outer_cable &cable)
    : io_(io), card_(card), end_(cable.end), to_(cable.to),
      numbers_(chip_cable(cable.numbers)), door_(io), bell_(io), doubt_(io) {}

cable_socket::~cable_socket() {
    if (door_.is_open() && !to_.path.empty())
        ::unlink(to_.path.c_str());
}

// --- the other process

cable_socket::protocol::endpoint cable_socket::awaited_at() const {
    if (!to_.path.empty())
        return asio::local::stream_protocol::endpoint(to_.path);
    return asio::ip::tcp::endpoint(asio::ip::make_address(to_.host), to_.port);
}

result<void> cable_socket::open() {
    if (!to_.is_awaited)
        return {};
    boost::system::error_code bad;
    if (to_.path.empty() && (asio::ip::make_address(to_.host, bad), bad))
        return fail(errc::invalid,
                    "%s: to wait needs an address of this host, such as 0.0.0.0",
                    to_string(to_).c_str());
    try {
        const auto where = awaited_at();
        if (!to_.path.empty())
            remove_abandoned(io_, to_.path);
        door_.open(where.protocol());
        if (to_.path.empty())
            door_.set_option(asio::socket_base::reuse_address(true));
        door_.bind(where);
        door_.listen();
    } catch (const boost::system::system_error &why) {
        boost::system::error_code ignored;
        door_.close(ignored);
        return fail(errc::system, why.code().value(), "cannot wait at %s for a cable",
                    to_string(to_).c_str());
    }
    return {};
}

asio::awaitable<cable_socket::socket> cable_socket::go_there() {
    socket made(io_);
    if (!to_.path.empty()) {
        const asio::local::stream_protocol::endpoint there(to_.path);
        co_await made.async_connect(there, use_awaitable);
        co_return made;
    }
    asio::ip::tcp::resolver names(io_);
    asio::ip::tcp::socket found(io_);
    const auto there =
        co_await names.async_resolve(to_.host, std::to_string(to_.port), use_awaitable);
    co_await asio::async_connect(found, there, use_awaitable);
    co_return socket(std::move(found));
}

asio::awaitable<cable_socket::socket> cable_socket::meet() {
    if (to_.is_awaited)
        co_return co_await door_.async_accept(use_awaitable);
    co_return co_await go_there();
}

asio::awaitable<void> cable_socket::serve() {
    for (;;) {
        co_await serve_one();
        asio::steady_timer again(io_, pause);
        co_await again.async_wait(use_awaitable);
    }
}

// Who is hung up on finds the link down, and told why.
asio::awaitable<void> cable_socket::serve_one() {
    std::optional<socket> other;
    try {
        other = co_await meet();
        co_await talk(*other);
    } catch (const trouble &why) {
        complain(why.what());
    } catch (const boost::system::system_error &why) {
        // Nobody is there, or not any more: that is how it is.
        if (why.code().category() == asio::error::get_netdb_category())
            complain(to_.host + " is no known host: " + why.code().message());
    }
    card_.unplug(end_.link);
}

asio::awaitable<void> cable_socket::talk(socket &with) {
    if (to_.path.empty())
        look_after(with.native_handle());
    greet();
    const auto end =
        co_await (ended(receive(with)) || ended(send(with)) || ended(supervise()));
    std::visit([](const auto &why) { std::rethrow_exception(why); }, end);
}

// Until the other one does not greet in time, or takes nothing.
asio::awaitable<void> cable_socket::supervise() {
    is_greeted_ = false;
    doubt_.expires_after(patience);
    co_await doubt_.async_wait(asio::as_tuple(use_awaitable));
    if (!is_greeted_)
        throw trouble(no_cable);
    co_await ring_of(doubt_);
    throw trouble("the other process takes nothing");
}

// --- in

asio::awaitable<void> cable_socket::receive(socket &from) {
    inbox in;
    co_await greeting(from, in);
    is_greeted_ = true;
    doubt_.cancel();
    const auto taker = [this](const void *message, std::size_t bytes) {
        put(message, bytes);
    };
    if (!card_.plug(end_.link, numbers_, taker))
        throw trouble("the link has another cable");
    complaint_.clear();
    for (;; co_await more(from, in))
        while (const auto message = in.next(no_chip))
            if (!card_.deliver(end_.link, *message))
                throw trouble(no_chip);
}

asio::awaitable<void> cable_socket::greeting(socket &from, inbox &in) {
    auto said = in.next(no_cable);
    for (; !said; said = in.next(no_cable))
        co_await more(from, in);
    const auto own = hello_of(numbers_);
    groq_hello hello;
    if (said->size() != sizeof hello)
        throw trouble(no_cable);
    std::memcpy(&hello, said->data(), sizeof hello);
    if (std::memcmp(hello.magic, own.magic, sizeof own.magic) != 0)
        throw trouble(no_cable);
    if (hello.version != own.version)
        throw trouble("the other end is of another version of this software");
    if (std::memcmp(&hello, &own, sizeof own) != 0)
        throw trouble("the other end has other settings: latency, spread, lanes, seed "
                      "and errors must be alike");
}

asio::awaitable<void> cable_socket::more(socket &from, inbox &in) {
    const auto room = in.room();
    in.came(co_await from.async_read_some(asio::buffer(room.data(), room.size()),
                                          use_awaitable));
}

// --- out

// Of a chip, which must not wait.
void cable_socket::put(const void *message, std::size_t bytes) {
    const auto length = std::uint32_t(bytes);
    const std::lock_guard lock(lock_);
    const bool is_full = out_.size() + GROQ_LENGTH_BYTES + bytes > GROQ_QUEUE_BYTES;
    if (!is_full)
        for (const auto &part :
             {std::as_bytes(std::span(&length, 1)),
              std::span(static_cast<const std::byte *>(message), bytes)})
            out_.insert(out_.end(), part.begin(), part.end());
    if (is_full || std::exchange(rings_, false))
        asio::post(io_, [this, is_full] { (is_full ? doubt_ : bell_).cancel(); });
}

void cable_socket::greet() {
    {
        const std::lock_guard lock(lock_);
        out_.clear();
    }
    const auto hello = hello_of(numbers_);
    put(&hello, sizeof hello);
}

// Nothing: the next one rings.
std::vector<std::byte> cable_socket::take() {
    const std::lock_guard lock(lock_);
    rings_ = out_.empty();
    return std::exchange(out_, {});
}

asio::awaitable<void> cable_socket::send(socket &to) {
    for (;;) {
        const auto frames = take();
        if (!frames.empty())
            co_await asio::async_write(to, asio::buffer(frames), use_awaitable);
        else
            co_await ring_of(bell_);
    }
}

void cable_socket::complain(const std::string &what) {
    if (what != complaint_)
        std::fprintf(stderr, "libgroq: cable of link %s to %s: %s: its link is down\n",
                     to_string(end_).c_str(), to_string(to_).c_str(), what.c_str());
    complaint_ = what;
}

// --- all of them

result<void> cable_sockets::add(card &card, const outer_cable &cable) {
    auto made = std::make_unique<cable_socket>(io_, card, cable);
    if (const auto done = made->open(); !done)
        return done.error();
    sockets_.push_back(std::move(made));
    return {};
}

void cable_sockets::start() {
    for (const auto &each : sockets_)
        asio::co_spawn(io_, each->serve(), asio::detached);
    if (!sockets_.empty())
        thread_ = std::thread([this] { io_.run(); });
}

void cable_sockets::stop() {
    io_.stop();
    if (thread_.joinable())
        thread_.join();
}

} // namespace groq::sim
