// SPDX-License-Identifier: MIT
#include "file_stream.hpp"

#include <cerrno>

namespace groq {

result<std::size_t> plain_stream::end(unsigned slot) {
    const auto &piece = pieces_[slot];
    const auto rest = read_at(file_.descriptor(), piece.memory.subspan(piece.got),
                              piece.offset + piece.got);
    if (rest < 0)
        return cannot_read(file_.path(), errno);
    return piece.got + std::size_t(rest);
}

std::unique_ptr<file_stream> file_stream::open_plain(const file_source &file,
                                                     unsigned slots) {
    return std::make_unique<plain_stream>(file, slots);
}

} // namespace groq
