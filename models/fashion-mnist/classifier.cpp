// SPDX-License-Identifier: MIT
#include "fashion-mnist/classifier.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>

namespace fashion_mnist {

// A card that has not answered for so long will not.
constexpr std::chrono::seconds patience{60};
constexpr std::size_t slot_count = 2;

static std::size_t find(const groq::program &program, const std::string &name,
                        std::uint32_t direction, std::uint32_t element,
                        std::size_t columns) {
    const std::size_t index = program.find_tensor(name).value();
    const groq::tensor_info tensor = program.tensor(index).value();
    if (tensor.direction != direction || tensor.element != element ||
        tensor.columns != columns)
        throw std::runtime_error("the program's tensor \"" + name +
                                 "\" is not that of a Fashion-MNIST classifier");
    return index;
}

classifier::classifier(const groq::device &card, const groq::program &program)
    : image_(card, program, patience), queue_(card),
      images_(
          find(program, "images", GROQ_TENSOR_INPUT, GROQ_ELEMENT_I8, image_pixels)),
      logits_(
          find(program, "logits", GROQ_TENSOR_OUTPUT, GROQ_ELEMENT_I32, class_count)),
      batch_(program.tensor(images_).value().rows), activations_(batch_ * image_pixels),
      answers_(batch_) {
    for (std::size_t i = 0; i < slot_count; ++i)
        slots_.push_back({groq::job(image_), 0, 0});
}

outcome classifier::run(std::span<const std::uint8_t> pixels) {
    outcome outcome;
    outcome.logits.resize(pixels.size() / image_pixels);
    const auto start = std::chrono::steady_clock::now();
    std::size_t turn = 0;
    for (std::size_t first = 0; first < outcome.logits.size(); first += batch_) {
        slot &next = slots_[turn++ % slot_count];
        collect(next, outcome);
        next.first = first;
        submit(next, pixels.subspan(first * image_pixels));
    }
    for (std::size_t i = 0; i < slot_count; ++i)
        collect(slots_[turn++ % slot_count], outcome);
    outcome.wall = std::chrono::steady_clock::now() - start;
    return outcome;
}

// The last batch may be short: rows past its end compute what nobody reads.
void classifier::submit(slot &to, std::span<const std::uint8_t> pixels) {
    const std::size_t count = std::min(pixels.size(), activations_.size());
    std::transform(pixels.begin(), pixels.begin() + count, activations_.begin(),
                   activation);
    std::fill(activations_.begin() + count, activations_.end(), std::int8_t{0});
    to.job.set_input(images_, std::as_bytes(std::span(activations_))).value();
    to.ticket = queue_.submit(to.job).value();
}

void classifier::collect(slot &from, outcome &into) {
    if (from.ticket == 0)
        return;
    const groq::completion end = queue_.wait(from.ticket, patience).value();
    from.ticket = 0;
    from.job.get_output(logits_, std::as_writable_bytes(std::span(answers_))).value();
    const std::size_t count = std::min(batch_, into.logits.size() - from.first);
    std::copy_n(answers_.begin(), count, into.logits.begin() + from.first);
    into.cycles += end.cycles;
    ++into.batches;
}

} // namespace fashion_mnist
