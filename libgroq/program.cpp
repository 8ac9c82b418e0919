// SPDX-License-Identifier: MIT
#include "program.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "file_source.hpp"
#include "structure.hpp"
#include "tensor.hpp"

namespace groq {
namespace {

template <class Named>
error no_such_name(const char *what, std::string_view name, const std::string &program,
                   const std::vector<Named> &there) {
    std::string names;
    for (const auto &one : there)
        names += (names.empty() ? "" : ", ") + one.name;
    return fail(errc::not_found, "%s has no %s \"%.*s\"; it has %s", program.c_str(),
                what, int(name.size()), name.data(),
                names.empty() ? "none" : names.c_str());
}

template <class Named>
auto find_name(const std::vector<Named> &there, std::string_view name) {
    return std::find_if(there.begin(), there.end(),
                        [&](const auto &one) { return one.name == name; });
}

} // namespace
} // namespace groq

groq::result<std::shared_ptr<groq_program>>
groq_program::load(const std::string &path) {
    const auto source = groq::file_source::open(path);
    if (!source)
        return source.error();
    const auto size = std::size_t(source->size());
    auto file = std::make_unique_for_overwrite<std::byte[]>(size);
    const auto got = groq::read_at(source->descriptor(), {file.get(), size}, 0);
    if (got < 0)
        return groq::cannot_read(path, errno);
    return load(std::move(file), std::size_t(got), path);
}

groq::result<std::shared_ptr<groq_program>>
groq_program::load(std::unique_ptr<std::byte[]> bytes, std::size_t size,
                   std::string name) {
    auto file = groq::read_program({bytes.get(), size}, name);
    if (!file)
        return file.error();
    auto program = std::make_shared<groq_program>(std::move(name), std::move(*file));
    program->bytes_ = std::move(bytes);
    program->size_ = size;
    return program;
}

groq::result<std::size_t> groq_program::find_tensor(std::string_view name) const {
    const auto found = groq::find_name(contents().tensors, name);
    if (found == contents().tensors.end())
        return groq::no_such_name("tensor", name, name_, contents().tensors);
    return std::size_t(found - contents().tensors.begin());
}

groq::result<const groq::program_entry *>
groq_program::find_entry(std::string_view name) const {
    const auto found = groq::find_name(contents().entries, name);
    if (found == contents().entries.end())
        return groq::no_such_name("entry point", name, name_, contents().entries);
    return &*found;
}

groq::result<const groq::program_tensor *>
groq_program::tensor(std::size_t index) const {
    if (index >= contents().tensors.size())
        return groq::fail(groq::errc::invalid,
                          "%s has %zu tensors, there is no number %zu", name_.c_str(),
                          contents().tensors.size(), index);
    return &contents().tensors[index];
}

using groq::guarded;
using groq::result;

namespace {

result<void> wrong_size(const groq::program_tensor &tensor, const char *which,
                        uint64_t wanted, uint64_t given) {
    return groq::fail(groq::errc::size,
                      "tensor %s is %llu bytes long in the %s layout, not %llu",
                      tensor.name.c_str(), (unsigned long long)wanted, which,
                      (unsigned long long)given);
}

// The tensor, if both sizes are its own.
result<const groq::program_tensor *> exact_tensor(const groq_program *program,
                                                  size_t index, uint64_t bytes,
                                                  uint64_t packed_bytes) {
    const auto tensor = program->tensor(index);
    if (!tensor)
        return tensor.error();
    if (bytes != (*tensor)->bytes())
        return wrong_size(**tensor, "host", (*tensor)->bytes(), bytes).error();
    if (packed_bytes != (*tensor)->packed_bytes())
        return wrong_size(**tensor, "packed", (*tensor)->packed_bytes(), packed_bytes)
            .error();
    return *tensor;
}

} // namespace

int groq_program_load_file(const char *path, struct groq_program **program) {
    return guarded([&]() -> result<void> {
        if (!path || !program)
            return groq::missing_argument();
        auto loaded = groq_program::load(path);
        if (!loaded)
            return loaded.error();
        *program = groq_program::publish(std::move(*loaded));
        return {};
    });
}

int groq_program_load(const void *data, size_t bytes, const char *name,
                      struct groq_program **program) {
    return guarded([&]() -> result<void> {
        if ((!data && bytes) || !name || !program)
            return groq::missing_argument();
        auto copy = std::make_unique_for_overwrite<std::byte[]>(bytes);
        if (bytes)
            std::memcpy(copy.get(), data, bytes);
        auto loaded = groq_program::load(std::move(copy), bytes, name);
        if (!loaded)
            return loaded.error();
        *program = groq_program::publish(std::move(*loaded));
        return {};
    });
}

void groq_program_destroy(struct groq_program *program) {
    groq_program::retire(program);
}

uint64_t groq_program_sram_bytes(const struct groq_program *program) {
    return program ? program->contents().sram_bytes : 0;
}

size_t groq_program_entry_count(const struct groq_program *program) {
    return program ? program->contents().entries.size() : 0;
}

int groq_program_get_entry(const struct groq_program *program, size_t index,
                           struct groq_entry_info *info) {
    return guarded([&]() -> result<void> {
        if (!program || !info)
            return groq::missing_argument();
        const auto &entries = program->contents().entries;
        if (index >= entries.size())
            return groq::fail(groq::errc::invalid,
                              "%s has %zu entry points, there is no number %zu",
                              program->name().c_str(), entries.size(), index);
        groq_entry_info entry{};
        groq::copy_text(entry.name, entries[index].name);
        entry.kind = entries[index].kind;
        entry.cycles = entries[index].cycles;
        return groq::store(info, entry);
    });
}

size_t groq_program_tensor_count(const struct groq_program *program) {
    return program ? program->contents().tensors.size() : 0;
}

int groq_program_get_tensor(const struct groq_program *program, size_t index,
                            struct groq_tensor_info *info) {
    return guarded([&]() -> result<void> {
        if (!program || !info)
            return groq::missing_argument();
        const auto found = program->tensor(index);
        if (!found)
            return found.error();
        const auto &tensor = **found;
        groq_tensor_info shown{};
        groq::copy_text(shown.name, tensor.name);
        shown.direction = tensor.direction;
        shown.element = tensor.element;
        shown.rows = tensor.rows;
        shown.columns = tensor.columns;
        shown.bytes = tensor.bytes();
        shown.packed_bytes = tensor.packed_bytes();
        return groq::store(info, shown);
    });
}

int groq_program_find_tensor(const struct groq_program *program, const char *name,
                             size_t *index) {
    return guarded([&]() -> result<void> {
        if (!program || !name || !index)
            return groq::missing_argument();
        const auto found = program->find_tensor(name);
        if (!found)
            return found.error();
        *index = *found;
        return {};
    });
}

int groq_tensor_pack(const struct groq_program *program, size_t tensor,
                     const void *host, uint64_t bytes, void *packed,
                     uint64_t packed_bytes) {
    return guarded([&]() -> result<void> {
        if (!program || !host || !packed)
            return groq::missing_argument();
        const auto found = exact_tensor(program, tensor, bytes, packed_bytes);
        if (!found)
            return found.error();
        groq::pack(**found, {static_cast<const std::byte *>(host), bytes},
                   {static_cast<std::byte *>(packed), packed_bytes});
        return {};
    });
}

int groq_tensor_unpack(const struct groq_program *program, size_t tensor,
                       const void *packed, uint64_t packed_bytes, void *host,
                       uint64_t bytes) {
    return guarded([&]() -> result<void> {
        if (!program || !host || !packed)
            return groq::missing_argument();
        const auto found = exact_tensor(program, tensor, bytes, packed_bytes);
        if (!found)
            return found.error();
        groq::unpack(**found, {static_cast<const std::byte *>(packed), packed_bytes},
                     {static_cast<std::byte *>(host), bytes});
        return {};
    });
}
