// SPDX-License-Identifier: MIT
//
// A program in host memory. Never changes once it is made.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include <groq/groq.h>

#include "handle.hpp"
#include "program_reader.hpp"

struct groq_program : groq::shared_handle<groq_program> {
public:
    static groq::result<std::shared_ptr<groq_program>> load(const std::string &path);
    static groq::result<std::shared_ptr<groq_program>>
    load(std::unique_ptr<std::byte[]> bytes, std::size_t size, std::string name);

    // Of a file that was not kept.
    groq_program(std::string name, groq::read_file file)
        : name_(std::move(name)), file_(std::move(file)) {}

    const std::string &name() const { return name_; }
    const groq::program_contents &contents() const { return file_.contents; }
    const groq::content_hash &hash() const { return file_.hash; }
    const groq::checksum_field &checksum() const { return file_.checksum; }
    groq::program_key key() const { return {file_.size, file_.checksum.crc32}; }
    // Its file, or nothing if that was not kept.
    std::span<const std::byte> bytes() const { return {bytes_.get(), size_}; }

    // errc::not_found lists the names there are.
    groq::result<std::size_t> find_tensor(std::string_view name) const;
    groq::result<const groq::program_entry *> find_entry(std::string_view name) const;
    groq::result<const groq::program_tensor *> tensor(std::size_t index) const;

private:
    std::string name_;
    groq::read_file file_;
    std::unique_ptr<std::byte[]> bytes_;
    std::size_t size_ = 0;
};
