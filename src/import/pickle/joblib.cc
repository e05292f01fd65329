#include "import/pickle/joblib.h"
#include "import/pickle/text.h"

namespace slipway::pickle {
namespace {

constexpr std::string_view kModule = "joblib.numpy_pickle";
// scikit-learn before 0.23 came with a joblib of its own.
constexpr std::string_view kBundledModule = "sklearn.externals.joblib.numpy_pickle";

bool IsJoblib(const Node& object, std::string_view name) {
  return IsInstanceOf(object, kModule, name) || IsInstanceOf(object, kBundledModule, name);
}

/// In a dict of a few values, as joblib writes it; null in any other.
const Node* Find(const Node& dict, std::string_view key) {
  constexpr size_t kMaxPairs = 32;
  if (!dict.is(Kind::kDict) || dict.nodes->size() > 2 * kMaxPairs) return nullptr;
  for (size_t i = dict.nodes->size(); i >= 2; i -= 2) {
    const Node& at = *(*dict.nodes)[i - 2];
    if (at.is(Kind::kString) && at.text == key) return (*dict.nodes)[i - 1];
  }
  return nullptr;
}

}  // namespace

bool IsStreamArray(const Node& object) { return IsJoblib(object, "NumpyArrayWrapper"); }

StatusOr<StreamArray> ReadStreamArrayState(const Node& state, Heap& heap) {
  const Node* const shape = Find(state, "shape");
  const Node* const order = Find(state, "order");
  const Node* const dtype = Find(state, "dtype");
  if (shape == nullptr || order == nullptr || dtype == nullptr || !order->is(Kind::kString))
    return Error(Reason::kBadModel, "joblib: expected an array's shape, order and dtype");
  StreamArray out;
  ASSIGN_OR_RETURN(out.layout.shape, ReadShape(*shape));
  ASSIGN_OR_RETURN(out.type, ReadNumpyType(*dtype, heap));
  if (order->text == "F")
    out.layout.order = ArrayLayout::Order::kFortran;
  else if (order->text != "C")
    return Error(Reason::kBadModel, "joblib: expected order C or F, got \"{}\"",
                 Printable(order->text));
  const Node* const alignment = Find(state, "numpy_array_alignment_bytes");
  out.padded = alignment != nullptr && !alignment->is(Kind::kNone);
  return out;
}

StatusOr<Array> TakeStreamArray(const StreamArray& description, Cursor& stream, Heap& heap) {
  if (description.padded) {
    ASSIGN_OR_RETURN(const uint8_t padding, stream.TakeInteger<uint8_t>());
    RETURN_IF_ERROR(stream.Take(padding).status());
  }
  ASSIGN_OR_RETURN(const size_t count, CountElements(description.layout.shape));
  const size_t item = description.type.type.item_bytes;
  if (item > 0 && count > stream.left() / item)
    return Error(Reason::kBadModel,
                 "joblib: expected {} elements of {} bytes, got {} bytes until the end of the file",
                 count, item, stream.left());
  ASSIGN_OR_RETURN(const std::string_view bytes, stream.Take(count * item));
  return MakeArray(description.type, description.layout, std::as_bytes(std::span(bytes)), heap);
}

Status CheckArraysInside(const Node& object) {
  if (!IsJoblib(object, "NDArrayWrapper") && !IsJoblib(object, "ZNDArrayWrapper"))
    return OkStatus();
  return Error(
      Reason::kUnsupported,
      "joblib before 0.10 keeps arrays in files beside, which are not read; load the model "
      "there and dump it again with a newer joblib");
}

}  // namespace slipway::pickle
