// SPDX-License-Identifier: MIT
//
// How many images per second a classifier takes: its inputs written, copied in, run,
// its outputs copied out and read, with two jobs in flight.
#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <optional>
#include <stdexcept>
#include <vector>

#include <groq/groq.hpp>

#include "sample.hpp"

namespace {

using namespace bench;

// A tensor by its direction: its number and what is known of it.
struct named_tensor {
    std::size_t index;
    groq::tensor_info info;
};

named_tensor find_tensor(const groq::program &program, unsigned direction) {
    for (std::size_t i = 0; i < program.tensor_count(); ++i)
        if (const auto info = program.tensor(i).value(); info.direction == direction)
            return {i, info};
    throw std::runtime_error("the program has no input or no output");
}

class classifier {
public:
    classifier(const std::string &uri, const std::string &path)
        : device_(uri), program_(path), image_(device_, program_), queue_(device_),
          input_(find_tensor(program_, GROQ_TENSOR_INPUT)),
          output_(find_tensor(program_, GROQ_TENSOR_OUTPUT)),
          pixels_(input_.info.bytes, std::byte{42}), answers_(output_.info.bytes) {
        for (auto &flight : flights_) {
            flight.job.emplace(image_);
            begin(flight);
        }
    }

    // One batch from beginning to end. Returns its images.
    std::size_t turn() {
        batch &flight = flights_[next_++ % std::size(flights_)];
        const auto end = queue_.wait(flight.ticket, groq::forever).value();
        cycles_ = end.cycles;
        flight.job->get_output(output_.index, answers_).value();
        begin(flight);
        return input_.info.rows;
    }

    double cycles_per_image() const {
        return static_cast<double>(cycles_) / input_.info.rows;
    }

private:
    struct batch {
        std::optional<groq::job> job;
        groq::ticket ticket = 0;
    };

    void begin(batch &flight) {
        flight.job->set_input(input_.index, pixels_).value();
        flight.ticket = queue_.submit(*flight.job).value();
    }

    groq::device device_;
    groq::program program_;
    groq::image image_;
    groq::queue queue_;
    named_tensor input_, output_;
    std::vector<std::byte> pixels_, answers_;
    batch flights_[2];
    std::size_t next_ = 0;
    std::uint64_t cycles_ = 0;
};

void measure(seconds length, const char *uri, const char *path) {
    classifier classifier(uri, path);
    classifier.turn();
    const double each =
        seconds_per_operation(length, [&] { return classifier.turn(); });
    print_sample("images", "image/s", 1 / each);
    print_sample("cycles", "cycle/image", classifier.cycles_per_image());
}

} // namespace

int main(int argc, char **argv) {
    if (argc != 4) {
        std::cerr << "usage: images SECONDS DEVICE PROGRAM\n";
        return 2;
    }
    try {
        measure(seconds(std::atof(argv[1])), argv[2], argv[3]);
    } catch (const std::exception &error) {
        std::cerr << "images: " << error.what() << '\n';
        return 1;
    }
}
