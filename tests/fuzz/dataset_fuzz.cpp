// SPDX-License-Identifier: MIT
// Any bytes as a file of Fashion-MNIST, gzipped or not: it is refused with a reason, or
// all that it promises is there.
#include <stdexcept>

#include "fashion-mnist/dataset.hpp"
#include "file_of.hpp"

namespace {

template <class Read>
void read(Read reader) {
    try {
        reader();
    } catch (const std::runtime_error &refusal) {
        require(*refusal.what() != '\0');
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    using namespace fashion_mnist;
    const auto file = file_of(data, size);
    read([&] { require(read_images(file).size() % image_pixels == 0); });
    read([&] {
        for (const auto label : read_labels(file))
            require(!class_name(label).empty());
    });
    return 0;
}
