// SPDX-License-Identifier: MIT
//
// Cells in columns as wide as needed.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace groq::smi {

// The first row is the heading.
class grid {
public:
    explicit grid(std::vector<std::string> heading) { add(std::move(heading)); }

    void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }

    std::string text() const {
        std::string text;
        for (const auto &row : rows_) {
            for (std::size_t column = 0; column < row.size(); ++column) {
                text += row[column];
                if (column + 1 < row.size())
                    text.append(width(column) - row[column].size() + 2, ' ');
            }
            text += '\n';
        }
        return text;
    }

private:
    std::size_t width(std::size_t column) const {
        std::size_t width = 0;
        for (const auto &row : rows_)
            width = std::max(width, row[column].size());
        return width;
    }

    std::vector<std::vector<std::string>> rows_;
};

} // namespace groq::smi
