// SPDX-License-Identifier: MIT
#include "json.hpp"

#include <array>
#include <charconv>

namespace groq::tracing {
namespace {

// Digits of any 64-bit number, with a sign.
struct digits {
    template <class Number>
    explicit digits(Number value, int base = 10)
        : end(std::to_chars(text.begin(), text.end(), value, base).ptr) {}

    operator std::string_view() const { return {text.begin(), end}; }

    std::array<char, 24> text;
    char *end;
};

} // namespace

json_object &json_object::text(std::string_view name, std::string_view value) {
    this->name(name);
    append_quoted(value);
    return *this;
}

json_object &json_object::number(std::string_view name, int64_t value) {
    this->name(name);
    members_ += digits(value);
    return *this;
}

json_object &json_object::number(std::string_view name, uint64_t value) {
    this->name(name);
    members_ += digits(value);
    return *this;
}

json_object &json_object::hexadecimal(std::string_view name, uint64_t value) {
    return text(name, hexadecimal_text(value));
}

json_object &json_object::microseconds(std::string_view name, uint64_t ns) {
    this->name(name);
    members_ += digits(ns / 1000);
    members_ += '.';
    const digits fraction(1000 + ns % 1000);
    members_ += std::string_view(fraction).substr(1);
    return *this;
}

json_object &json_object::object(std::string_view name, const json_object &value) {
    this->name(name);
    value.append_to(members_);
    return *this;
}

void json_object::name(std::string_view name) {
    members_ += members_.empty() ? '{' : ',';
    append_quoted(name);
    members_ += ':';
}

void json_object::append_quoted(std::string_view text) {
    constexpr char digit[] = "0123456789abcdef";
    members_ += '"';
    for (char c : text) {
        auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\')
            members_ += '\\';
        if (byte < 0x20)
            members_ += {'\\', 'u', '0', '0', digit[byte >> 4], digit[byte & 0xf]};
        else
            members_ += c;
    }
    members_ += '"';
}

std::string hexadecimal_text(uint64_t value) {
    return "0x" + std::string(digits(value, 16));
}

} // namespace groq::tracing
