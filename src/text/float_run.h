#pragma once
// The fast way through long arrays of floats. Private to the room.

#include <cstddef>

namespace slipway {

/// Reads floats separated by "," or ", ", as long as they are plain and more text than they need
/// follows; the last number of an array and anything unusual is left to the strict reader.
/// @param begin  the text's first byte: bytes before `at` down to here may be looked at.
/// @param at     a number's first byte. Receives the first byte of the number that is next, unread.
/// @param room   at most so many are written to `out`.
/// @return how many were written; each is the float nearest to its text.
size_t ReadFloatRun(const char* begin, const char** at, const char* end, float* out, size_t room);

}  // namespace slipway
