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
    load(std::unique_ptr<std::byte[]> file, std::size_t size, std::string name);

    const std::string &name() const { return name_; }
    const groq::program_contents &contents() const { return contents_; }

    // errc::not_found lists the names there are.
    groq::result<std::size_t> find_tensor(std::string_view name) const;
    groq::result<const groq::program_entry *> find_entry(std::string_view name) const;
    groq::result<const groq::program_tensor *> tensor(std::size_t index) const;

private:
    std::unique_ptr<std::byte[]> file_; // `contents_` points into it
    std::string name_;
    groq::program_contents contents_;
};
