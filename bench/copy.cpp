// SPDX-License-Identifier: MIT
//
// Copies between host memory and SRAM, beside memcpy of the same size.
//
//   memcpy/SIZE             this processor, one piece of memory to another
//   copy-in/SIZE            host memory to SRAM, one job after another
//   copy-in-streamed/SIZE   the same with the card kept busy
//   copy-out..., the other way
#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <stdexcept>

#include "job_stream.hpp"
#include "memory_pair.hpp"
#include "sample.hpp"

namespace {

using namespace bench;

constexpr std::size_t smallest = 1 << 10, largest = 64 << 20;
// Copies of one streamed job: enough that its launch does not matter.
constexpr std::size_t streamed_bytes = 32 << 20, streamed_copies = 64;

enum class direction { in, out };

void print_bandwidth(const std::string &what, std::size_t bytes, double seconds) {
    print_sample(what + '/' + std::to_string(bytes), "GB/s",
                 static_cast<double>(bytes) / seconds * 1e-9);
}

class card_copies {
public:
    card_copies(const std::string &uri, seconds length)
        : device_(uri), length_(length), buffer_(device_, largest),
          region_(device_, (largest + 319) / 320 * 320) {}

    // What goes in must come out, or the figures are of nothing.
    void check() {
        const auto words = buffer_.as<std::uint32_t>();
        for (std::size_t i = 0; i < words.size(); ++i)
            words[i] = static_cast<std::uint32_t>(i) * 2654435761u;
        groq::queue queue(device_);
        run_once(queue, direction::in);
        std::ranges::fill(words, 0u);
        run_once(queue, direction::out);
        for (std::size_t i = 0; i < words.size(); ++i)
            if (words[i] != static_cast<std::uint32_t>(i) * 2654435761u)
                throw std::runtime_error("the card gave back other bytes");
    }

    void measure(direction way, std::size_t bytes) {
        const std::string name = way == direction::in ? "copy-in" : "copy-out";
        print_bandwidth(name, bytes, time(way, bytes, 1, 1));
        const auto copies =
            std::clamp(streamed_bytes / bytes, std::size_t{1}, streamed_copies);
        print_bandwidth(name + "-streamed", bytes, time(way, bytes, 2, copies));
    }

private:
    groq::job make_job(direction way, std::size_t bytes, std::size_t copies) {
        groq::job job(device_);
        const groq::copy copy{.buffer = buffer_,
                              .buffer_offset = 0,
                              .sram = region_.address(),
                              .bytes = bytes};
        for (std::size_t i = 0; i < copies; ++i)
            (way == direction::in ? job.copy_in(copy) : job.copy_out(copy)).value();
        return job;
    }

    void run_once(groq::queue &queue, direction way) {
        auto job = make_job(way, largest, 1);
        queue.run(job, groq::forever).value();
    }

    // Seconds per copy.
    double time(direction way, std::size_t bytes, std::size_t jobs,
                std::size_t copies) {
        std::vector<groq::job> all;
        for (std::size_t i = 0; i < jobs; ++i)
            all.push_back(make_job(way, bytes, copies));
        job_stream stream(device_, std::move(all), copies);
        stream.turn();
        return seconds_per_operation(length_, [&] { return stream.turn(); });
    }

    groq::device device_;
    seconds length_;
    groq::buffer buffer_;
    groq::region region_;
};

void measure_memcpy(std::size_t bytes, seconds length) {
    memory_pair memory(bytes);
    const std::size_t copies = std::max<std::size_t>(1, (1 << 20) / bytes);
    const auto turn = [&] {
        for (std::size_t i = 0; i < copies; ++i)
            memory.copy();
        return copies;
    };
    turn();
    print_bandwidth("memcpy", bytes, seconds_per_operation(length, turn));
}

void measure_all(const char *uri, seconds length) {
    std::optional<card_copies> card;
    if (uri)
        card.emplace(uri, length).check();
    for (std::size_t bytes = smallest; bytes <= largest; bytes *= 4) {
        measure_memcpy(bytes, length);
        if (card) {
            card->measure(direction::in, bytes);
            card->measure(direction::out, bytes);
        }
    }
}

} // namespace

int main(int argc, char **argv) {
    if (argc != 2 && argc != 3) {
        std::cerr << "usage: copy SECONDS [DEVICE]\n"
                     "Measures memcpy, and copies of the card if one is named.\n";
        return 2;
    }
    try {
        measure_all(argc == 3 ? argv[2] : nullptr, seconds(std::atof(argv[1])));
    } catch (const std::exception &error) {
        std::cerr << "copy: " << error.what() << '\n';
        return 1;
    }
}
