// SPDX-License-Identifier: MIT
//
// Every view of every sample report is, byte for byte, the golden file beside
// this test. After a change that is meant: run with GROQ_UPDATE_GOLDEN=1 and
// read the difference. A change to the JSON that breaks readers needs a new
// schema_version.
#include <cstdlib>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "reports.hpp"
#include "smi/health.hpp"
#include "smi/json.hpp"
#include "smi/table.hpp"

namespace groq::smi {
namespace {

void expect_golden(const std::string &name, const std::string &text) {
    const auto path = std::string(GOLDEN_DIR) + "/" + name;
    if (std::getenv("GROQ_UPDATE_GOLDEN")) {
        std::ofstream(path) << text;
        return;
    }
    std::ifstream file(path);
    ASSERT_TRUE(file) << path;
    std::ostringstream expected;
    expected << file.rdbuf();
    EXPECT_EQ(expected.str(), text) << path;
}

class golden : public testing::TestWithParam<named_report> {
protected:
    golden() { ::unsetenv("GROQ_PATH"); }
};

TEST_P(golden, table) {
    expect_golden(GetParam().name + ".txt", table(GetParam().report));
}

TEST_P(golden, json) {
    expect_golden(GetParam().name + ".json", json(GetParam().report, layout::indented));
}

TEST_P(golden, doctor) {
    expect_golden(GetParam().name + ".doctor.txt", diagnosis(GetParam().report));
}

INSTANTIATE_TEST_SUITE_P(reports, golden, testing::ValuesIn(sample_reports()),
                         [](const auto &param) { return param.param.name; });

} // namespace
} // namespace groq::smi
