#pragma once
// NumPy's .npy files, format versions 1 to 3. Source: NEP 1 and numpy.lib.format.

#include <span>
#include <string>

#include "base/status.h"
#include "tensor/tensor.h"

namespace slipway::data {

/// Reads one array: little-endian or single-byte numbers, booleans, fixed-size bytes (S) and text
/// (U), the latter two as BYTES without their padding.
/// @param file  borrowed: numbers are not copied when the data is aligned for them.
/// @return kBadRequest for anything else (objects, big-endian, Fortran order, a size that does not
/// fit).
StatusOr<Tensor> ReadNpy(std::span<const std::byte> file);

/// The file numpy.save would write. BYTES become S of the longest element; BF16, which NumPy has no
/// word for, is kBadRequest, and so are BYTES that end in NUL.
StatusOr<std::string> WriteNpy(const Tensor& tensor);

}  // namespace slipway::data
