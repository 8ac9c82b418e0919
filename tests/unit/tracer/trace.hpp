// SPDX-License-Identifier: MIT
// A card whose programs are traced into a file of its own, and what is in it.
#ifndef GROQ_TESTS_TRACER_TRACE_HPP
#define GROQ_TESTS_TRACER_TRACE_HPP

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include <nlohmann/json.hpp>

#include "../chip/dense_layer.hpp"
#include "groq_tracer.h"

namespace groq::tracing::test {

using chip::test::card;
using nlohmann::json;

// Gone with the test.
struct temporary_file {
    temporary_file() : name(testing::TempDir() + "trace-" + unique_name() + ".json") {}
    ~temporary_file() { std::filesystem::remove(name); }

    static std::string unique_name() {
        static int count = 0;
        return std::to_string(::getpid()) + "-" + std::to_string(count++);
    }

    std::string text() const {
        std::ifstream stream(name, std::ios::binary);
        std::ostringstream all;
        all << stream.rdbuf();
        return all.str();
    }

    std::string name;
};

struct trace {
    explicit trace(const char *card_name = "card")
        : tracer(groq_tracer_create(file.name.c_str(), card_name, complain, this)) {}
    ~trace() {
        if (tracer)
            groq_tracer_destroy(tracer);
    }

    void watch(card &of) {
        groq_chip_observe(of.chip.get(), &groq_tracer_observer, tracer);
    }

    static void complain(void *self, const char *line) {
        static_cast<trace *>(self)->complaints.push_back(line);
    }

    // The file as it is now; what is not JSON throws.
    json parsed() const { return json::parse(file.text()); }

    // The events of a phase ("X" slices, "i" instants) in the row of that name.
    json events(std::string_view phase, std::string_view row,
                int process = 1001) const {
        json found = json::array(), all = parsed().at("traceEvents");
        int thread = -1;
        for (const json &each : all)
            if (each["name"] == "thread_name" && each["pid"] == process &&
                each["args"]["name"] == row)
                thread = each["tid"];
        for (const json &each : all)
            if (each["ph"] == phase && each["pid"] == process && each["tid"] == thread)
                found.push_back(each);
        return found;
    }

    json slices(std::string_view row, int process = 1001) const {
        return events("X", row, process);
    }

    temporary_file file;
    std::vector<std::string> complaints;
    groq_tracer *tracer;
};

} // namespace groq::tracing::test

#endif
