// SPDX-License-Identifier: MIT
//
// The elements of a tensor where they lie, by row and column.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

#include <groq/queue.hpp>

namespace groq {

namespace detail {

// GROQ_ELEMENT_* of elements that are a T on the host; of F16, their bits.
template <class T>
constexpr bool is_element(std::uint32_t element) noexcept {
    using plain = std::remove_cv_t<T>;
    switch (element) {
    case GROQ_ELEMENT_I8:
        return std::is_same_v<plain, std::int8_t>;
    case GROQ_ELEMENT_U8:
        return std::is_same_v<plain, std::uint8_t>;
    case GROQ_ELEMENT_I16:
        return std::is_same_v<plain, std::int16_t>;
    case GROQ_ELEMENT_I32:
        return std::is_same_v<plain, std::int32_t>;
    case GROQ_ELEMENT_F16:
        return std::is_same_v<plain, std::uint16_t>;
    case GROQ_ELEMENT_F32:
        return std::is_same_v<plain, float>;
    default:
        return false;
    }
}

} // namespace detail

// Rows of elements, which may have room behind them. Owns nothing: what it is made of
// stays in place as long as it is used. Rows and columns count from 0; that they are
// there is not checked.
template <class T>
class tensor_view {
public:
    tensor_view(std::span<T> elements, std::size_t rows, std::size_t columns) noexcept
        : tensor_view(elements, rows, columns, columns) {}
    // @stride: elements from one row to the next.
    tensor_view(std::span<T> elements, std::size_t rows, std::size_t columns,
                std::size_t stride) noexcept
        : elements_(elements), rows_(rows), columns_(columns), stride_(stride) {}

    // A tensor of @job, of @program, as the card reads and writes it: while the job
    // is not in work. errc::unsupported: the card has it in another order than by
    // rows. errc::invalid: its elements are no T.
    static result<tensor_view> in_place(job &job, program_view program,
                                        std::size_t tensor) {
        const auto info = program.tensor(tensor);
        if (!info)
            return info.error();
        if (!detail::is_element<T>(info->element))
            return wrong_type(*info);
        // Of one part, a byte plane, which has a vector for each row.
        constexpr std::size_t vector_bytes = 320;
        if (sizeof(T) != 1 || info->packed_bytes != info->rows * vector_bytes)
            return error(errc::unsupported,
                         "tensor " + std::string(info->name) +
                             " does not lie in rows on the card: convert it with "
                             "set_input and get_output, or pack and unpack");
        const auto data = job.tensor_data(tensor);
        if (!data)
            return data.error();
        return tensor_view({reinterpret_cast<T *>(data->data()), data->size()},
                           info->rows, info->columns, vector_bytes);
    }

    // Row-major bytes, as of set_input, get_output and unpack. errc::size: of another
    // tensor. errc::invalid: its elements are no T, or not aligned.
    static result<tensor_view> over(std::span<std::byte> host, program_view program,
                                    std::size_t tensor) {
        const auto info = program.tensor(tensor);
        if (!info)
            return info.error();
        if (!detail::is_element<T>(info->element))
            return wrong_type(*info);
        if (host.size() != info->bytes)
            return error(errc::size, "tensor " + std::string(info->name) + " has " +
                                         std::to_string(info->bytes) + " bytes, not " +
                                         std::to_string(host.size()));
        if (reinterpret_cast<std::uintptr_t>(host.data()) % alignof(T) != 0)
            return error(errc::invalid, "the bytes are not aligned for their elements");
        return tensor_view(
            {reinterpret_cast<T *>(host.data()), host.size() / sizeof(T)}, info->rows,
            info->columns);
    }

    std::size_t rows() const noexcept { return rows_; }
    std::size_t columns() const noexcept { return columns_; }
    std::span<T> row(std::size_t row) const noexcept {
        return elements_.subspan(row * stride_, columns_);
    }
    T &operator()(std::size_t row, std::size_t column) const noexcept {
        return elements_[row * stride_ + column];
    }

private:
    static error wrong_type(const tensor_info &info) {
        return {errc::invalid, "tensor " + std::string(info.name) +
                                   " has elements of another type than this view"};
    }

    std::span<T> elements_;
    std::size_t rows_, columns_, stride_;
};

} // namespace groq
