#pragma once
// How joblib writes arrays: an object that describes one, then its bytes in the stream.
// Source: joblib.numpy_pickle.NumpyArrayWrapper; docs/formats/pickle.md

#include "import/pickle/cursor.h"
#include "import/pickle/numpy.h"

namespace slipway::pickle {

struct StreamArray {
  NumpyType type;
  ArrayLayout layout;
  bool padded = false;  // since joblib 1.2: a byte that counts the padding behind it
};

/// Whether `object` describes an array whose bytes follow.
bool IsStreamArray(const Node& object);
/// @param state  of such an object.
StatusOr<StreamArray> ReadStreamArrayState(const Node& state, Heap& heap);
/// An array of no objects, from where the stream stands.
StatusOr<Array> TakeStreamArray(const StreamArray& description, Cursor& stream, Heap& heap);

/// kUnsupported for joblib before 0.10, which kept arrays in files beside.
Status CheckArraysInside(const Node& object);

}  // namespace slipway::pickle
