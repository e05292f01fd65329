#pragma once
// Arrays as numpy.save writes them.
// Source: numpy.lib.format; docs/formats/skops.md

#include <cstddef>
#include <span>

#include "base/status.h"
#include "import/pickle/node.h"
#include "import/pickle/value.h"

namespace slipway::skops {

/// The array of an .npy file of version 1 to 3: plain, or structured with plain fields.
/// @param file  must outlive the array, which borrows from it where it can.
/// @return kBadModel naming what of the header is wrong, or how many bytes were expected;
///   kUnsupported for arrays of objects and fields that hold arrays.
StatusOr<pickle::Array> ReadNpy(std::span<const std::byte> file, pickle::Heap& heap);

}  // namespace slipway::skops
