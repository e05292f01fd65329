#pragma once
// How numpy's arrays, scalars and dtypes stand in a pickle.
// Source: numpy's ndarray.__reduce__, dtype.__reduce__ and array_setstate; docs/formats/pickle.md

#include <string_view>

#include "import/pickle/node.h"

namespace slipway::pickle {

/// numpy 1 says numpy.core, numpy 2 numpy._core.
bool IsNumpyCore(std::string_view module, std::string_view part);

/// A dtype with what Array does not keep.
struct NumpyType {
  ArrayType type;
  bool big_endian = false;             // of plain types
  std::vector<bool> field_big_endian;  // of each field
};

/// @param dtype  an instance of numpy.dtype, with or without its state.
StatusOr<NumpyType> ReadNumpyType(const Node& dtype, Heap& heap);

/// A type by its code: "<f8", "|S4", "U12".
/// @return kBadModel for what is no code or a size that numpy does not have.
StatusOr<NumpyType> ParseNumpyType(std::string_view code);

/// How elements lie in their bytes.
struct ArrayLayout {
  std::vector<int64_t> shape;
  enum class Order { kC, kFortran } order = Order::kC;
  std::vector<int64_t> axes;  // when not empty: `shape` in C order, then transposed so
};

/// The number of elements; kBadModel for a rank above numpy's, a negative size, or a product that
/// no memory holds.
StatusOr<size_t> CountElements(std::span<const int64_t> shape);

/// The sizes in a tuple of ints.
StatusOr<std::vector<int64_t>> ReadShape(const Node& tuple);

/// The array of `type` that `bytes` hold: borrowed where they are C-contiguous and little-endian.
StatusOr<Array> MakeArray(const NumpyType& type, ArrayLayout layout,
                          std::span<const std::byte> bytes, Heap& heap);
/// The array of objects in the list, which is in C order even where the array was not.
StatusOr<Array> MakeObjectArray(const NumpyType& type, std::vector<int64_t> shape,
                                const Nodes& objects, Heap& heap);

/// The state that BUILD gives to what numpy's _reconstruct made: version, shape, dtype, whether in
/// Fortran order, and the bytes or the list of objects.
StatusOr<Array> ArrayFromState(const Node& state, Heap& heap);
/// numpy's scalar(dtype, bytes): rank 0.
StatusOr<Array> ScalarFromArguments(const Nodes& args, Heap& heap);
/// numpy's _frombuffer(bytes, dtype, shape, order[, axes]), of protocol 5.
StatusOr<Array> ArrayFromBuffer(const Nodes& args, Heap& heap);

}  // namespace slipway::pickle
