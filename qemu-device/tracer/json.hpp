// SPDX-License-Identifier: MIT
// A JSON object as text, written member by member.
#ifndef GROQ_TRACER_JSON_HPP
#define GROQ_TRACER_JSON_HPP

#include <cstdint>
#include <string>
#include <string_view>

namespace groq::tracing {

// "0x280"
std::string hexadecimal_text(uint64_t value);

class json_object {
public:
    json_object() { members_.reserve(usual_size); }

    // @value: UTF-8
    json_object &text(std::string_view name, std::string_view value);
    json_object &number(std::string_view name, int64_t value);
    json_object &number(std::string_view name, uint64_t value);
    // As a text, like "0x280": JSON has no hexadecimal numbers.
    json_object &hexadecimal(std::string_view name, uint64_t value);
    // @ns in microseconds, as events have their times.
    json_object &microseconds(std::string_view name, uint64_t ns);
    json_object &object(std::string_view name, const json_object &value);

    void append_to(std::string &text) const {
        (text += members_.empty() ? "{" : members_) += '}';
    }

private:
    static constexpr size_t usual_size = 240;

    void name(std::string_view name);
    void append_quoted(std::string_view text);

    std::string members_; // from the first brace on
};

} // namespace groq::tracing

#endif
