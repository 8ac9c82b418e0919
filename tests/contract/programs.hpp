// SPDX-License-Identifier: MIT
//
// Small programs for the contract suite, as files.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace groq::contract {

using file = std::vector<std::byte>;

// Adds `addend`, modulo 256, to each byte of "in" (rows x 320) and gives "out".
file adder(unsigned rows, unsigned addend);

// The same with int32 elements (rows x columns), its sum saturating.
file wide_adder(unsigned rows, unsigned columns, std::int32_t addend);

// The adder in three entry points, which hand the data on from one to the next.
file split_adder(unsigned rows, unsigned addend);

// Reads a stream that carries nothing, with VXM ALU 3, in this cycle.
constexpr std::uint64_t fault_cycle = 5;
file faulty();

// Keeps the chip busy for tens of millions of operations. Of the file: no tensors, and
// a length that it does not tell. It lies in SRAM slice `slice`.
file lengthy(unsigned slice = 0);

// `program`, of which the file says that it takes so many cycles.
file claiming(const file &program, std::uint64_t cycles);

// `program` with one more segment that it does not write.
inline constexpr std::uint32_t data_at = 30 * 8192 * 320; // slices of their own
file with_data(const file &program, const file &data);

// The adder for a card with more SRAM than there is.
file for_larger_card();

} // namespace groq::contract
