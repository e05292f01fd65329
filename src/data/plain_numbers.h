#pragma once
// The fast way through columns of numbers.

#include <cstddef>
#include <string_view>

namespace slipway::data {

/// Reads cells that are plain decimals of up to 15 digits, until one is something else.
/// @param cells   every `stride`-th, `count` in all; each with the bytes before its end that
///   RowBatch promises.
/// @return how many were read; each is the double nearest to its text.
size_t ReadPlainNumbers(const std::string_view* cells, size_t stride, size_t count, double* out);

}  // namespace slipway::data
