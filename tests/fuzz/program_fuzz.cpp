// SPDX-License-Identifier: MIT
// Any bytes as a program file, as they are and with the right checksum, which hardly
// any would have: what is refused is refused with a reason, what is taken can be used.
#include <memory>
#include <vector>

#include <groq/groq.h>

#include "mended_file.hpp"
#include "require.hpp"

namespace groq {
namespace {

using bytes = std::vector<std::byte>;
using loaded_program = std::unique_ptr<groq_program, decltype(&groq_program_destroy)>;

constexpr std::uint64_t largest_tensor = 1 << 20;

loaded_program load(const bytes &file) {
    groq_program *loaded = nullptr;
    if (groq_program_load(file.data(), file.size(), "fuzz", &loaded) != GROQ_OK) {
        groq_error_info error{};
        error.size = sizeof(error);
        groq_last_error(&error);
        require(!loaded && error.error != GROQ_OK && error.message[0]);
    }
    return {loaded, groq_program_destroy};
}

// Packed and unpacked it is what it was.
void use_tensor(const groq_program *program, std::size_t index) {
    groq_tensor_info info{};
    info.size = sizeof(info);
    require(groq_program_get_tensor(program, index, &info) == GROQ_OK);
    if (info.bytes > largest_tensor || info.packed_bytes > largest_tensor)
        return;
    bytes host(info.bytes), packed(info.packed_bytes), again(info.bytes);
    for (std::size_t i = 0; i < host.size(); ++i)
        host[i] = std::byte(1 + i % 255);
    require(groq_tensor_pack(program, index, host.data(), host.size(), packed.data(),
                             packed.size()) == GROQ_OK);
    require(groq_tensor_unpack(program, index, packed.data(), packed.size(),
                               again.data(), again.size()) == GROQ_OK);
    require(again == host);
}

void use(const groq_program *program) {
    require(groq_program_entry_count(program) > 0);
    for (std::size_t i = 0; i < groq_program_tensor_count(program); ++i)
        use_tensor(program, i);
}

} // namespace
} // namespace groq

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    const auto *first = reinterpret_cast<const std::byte *>(data);
    groq::load({first, first + size});
    const auto whole = groq::mended({first, first + size});
    if (!whole)
        return 0;
    if (const auto loaded = groq::load(*whole))
        groq::use(loaded.get());
    return 0;
}
