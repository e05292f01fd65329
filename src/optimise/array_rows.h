#pragma once
// Arrays of NumPy → rows of a model: images and other inputs that are no tables.

#include <span>
#include <string>

#include "base/status.h"
#include "optimise/rows.h"
#include "tensor/signature.h"

namespace slipway::optimise {

/// Reads an .npz, whose arrays go to the inputs of their names; one called "x" goes to the only
/// input. Or an .npy, which is the only input. Numbers are converted to what the input takes, and
/// dimensions of 1 may be left out.
/// @param file    must outlive the rows.
/// @param target  the array of right answers, whole numbers being classes: the labels of the
///   model's output, where it has any, by their place. "": "y", where there is one.
/// @return kBadRequest naming array, input and what it expects, or the arrays there are.
StatusOr<LabelledRows> RowsOfArrays(std::span<const std::byte> file, const Signature& signature,
                                    const std::string& target);

}  // namespace slipway::optimise
