// SPDX-License-Identifier: MIT
//
// A program in host memory, and its image in the SRAM of a card.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <groq/device.hpp>
#include <groq/entry_point.hpp>

namespace groq {

// Members: struct groq_entry_info, struct groq_tensor_info, struct groq_image_info.
using entry_info = groq_entry_info;
using tensor_info = groq_tensor_info;
using image_info = groq_image_info;

// What a program says of itself, for as long as its owner lives. Never changes: any
// thread may use it.
class program_view {
public:
    explicit program_view(const groq_program *viewed) noexcept : viewed_(viewed) {}

    // SRAM that a card must have; bytes.
    std::uint64_t sram_bytes() const noexcept {
        return groq_program_sram_bytes(native());
    }

    std::size_t entry_count() const noexcept {
        return groq_program_entry_count(native());
    }
    result<entry_info> entry(std::size_t index) const {
        auto info = detail::sized<entry_info>();
        if (groq_program_get_entry(native(), index, &info) != GROQ_OK)
            return error::last();
        return info;
    }
    std::vector<entry_point> entries() const {
        std::vector<entry_point> all;
        for (std::size_t i = 0; i < entry_count(); ++i) {
            const auto info = entry(i).value();
            all.push_back({info.name, entry_kind(info.kind), info.cycles});
        }
        return all;
    }

    std::size_t tensor_count() const noexcept {
        return groq_program_tensor_count(native());
    }
    result<tensor_info> tensor(std::size_t index) const {
        auto info = detail::sized<tensor_info>();
        if (groq_program_get_tensor(native(), index, &info) != GROQ_OK)
            return error::last();
        return info;
    }
    // errc::not_found: the message lists the names there are.
    result<std::size_t> find_tensor(const std::string &name) const {
        std::size_t index = 0;
        if (groq_program_find_tensor(native(), name.c_str(), &index) != GROQ_OK)
            return error::last();
        return index;
    }

    // Between row-major and the packed layout; sizes as tensor() says, else errc::size.
    result<void> pack(std::size_t tensor, std::span<const std::byte> host,
                      std::span<std::byte> packed) const {
        return detail::check(groq_tensor_pack(
            native(), tensor, host.data(), host.size(), packed.data(), packed.size()));
    }
    result<void> unpack(std::size_t tensor, std::span<const std::byte> packed,
                        std::span<std::byte> host) const {
        return detail::check(groq_tensor_unpack(
            native(), tensor, packed.data(), packed.size(), host.data(), host.size()));
    }

    const groq_program *native() const noexcept { return viewed_; }

private:
    const groq_program *viewed_;
};

// A program file, checked in full. Never changes: any thread may use it.
class program : public program_view {
public:
    // errc::program: the message says what is wrong and where; not_found, permission,
    // system: it cannot be read.
    static result<program> load(const std::string &path) {
        return detail::make<program, groq_program>([&](groq_program **out) {
            return groq_program_load_file(path.c_str(), out);
        });
    }
    // @name stands for the file in messages.
    static result<program> load(std::span<const std::byte> file,
                                const std::string &name) {
        return detail::make<program, groq_program>([&](groq_program **out) {
            return groq_program_load(file.data(), file.size(), name.c_str(), out);
        });
    }
    // Throws groq::failure.
    explicit program(const std::string &path) : program(load(path).value()) {}
    explicit program(groq_program *owned) noexcept
        : program_view(owned), handle_(owned) {}
    // One that was moved from views nothing, rather than what is another's now.
    program(program &&other) noexcept : program(other.handle_.release()) {
        other.program_view::operator=(program_view(nullptr));
    }
    program &operator=(program &&other) noexcept {
        program taken(std::move(other));
        std::swap(static_cast<program_view &>(*this),
                  static_cast<program_view &>(taken));
        std::swap(handle_, taken.handle_);
        return *this;
    }

    groq_program *native() const noexcept { return handle_.get(); }

private:
    detail::handle<groq_program, groq_program_destroy> handle_;
};

// A program that lies in the SRAM of a device. Keeps both. A device keeps what was
// loaded into it until the SRAM is wanted (groq_image_load_file). Any thread may use
// it.
class image {
public:
    // errc::sram: ranges are taken, or the card is too small; timeout. Nothing stays
    // behind then.
    static result<image> load(const device &device, const groq::program &program,
                              deadline deadline = forever) {
        return detail::make<image, groq_image>([&](groq_image **out) {
            return groq_image_load(device.native(), program.native(), deadline.ns(),
                                   out);
        });
    }
    // From its file: bytes go to the card while later ones are still being read.
    static result<image> load(const device &device, const std::string &path,
                              deadline deadline = forever) {
        return detail::make<image, groq_image>([&](groq_image **out) {
            return groq_image_load_file(device.native(), path.c_str(), deadline.ns(),
                                        out);
        });
    }
    // Throw groq::failure.
    image(const device &device, const std::string &path,
          groq::deadline deadline = forever)
        : image(load(device, path, deadline).value()) {}
    image(const device &device, const program &program,
          groq::deadline deadline = forever)
        : image(load(device, program, deadline).value()) {}
    explicit image(groq_image *owned) noexcept : handle_(owned) {}

    // That it is of; for as long as the image lives.
    program_view program() const noexcept {
        return program_view(groq_image_program(native()));
    }
    result<image_info> info() const {
        auto info = detail::sized<image_info>();
        if (groq_image_get_info(native(), &info) != GROQ_OK)
            return error::last();
        return info;
    }

    groq_image *native() const noexcept { return handle_.get(); }

private:
    detail::handle<groq_image, groq_image_destroy> handle_;
};

} // namespace groq
