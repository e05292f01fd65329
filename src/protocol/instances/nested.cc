#include "protocol/instances/nested.h"

#include <algorithm>

namespace slipway::instances {

Status NestedReader::Read(JsonReader& json) {
  Lists open;
  do {
    ASSIGN_OR_RETURN(const JsonType type, json.Peek());
    RETURN_IF_ERROR(type == JsonType::kArray ? Open(json, open) : ReadElements(json, open));
    while (!open.empty()) {
      ASSIGN_OR_RETURN(const bool more, json.NextElement());
      if (more) break;
      RETURN_IF_ERROR(Close(json, open));
    }
  } while (!open.empty());
  ++values_;
  return OkStatus();
}

Status NestedReader::Open(JsonReader& json, Lists& open) {
  if (open.size() == shape_.size()) {
    if (rank_known_) return json.Expected("an element, as before it, and no list");
    if (shape_.size() == kMaxRank)
      return json.Refuse(fmt::format("expected at most {} nested lists", kMaxRank));
    shape_.push_back(-1);
  }
  open.push_back(0);
  return json.BeginArray();
}

Status NestedReader::ReadElements(JsonReader& json, Lists& open) {
  if (open.size() != shape_.size()) return json.Expected("a list, as before it");
  const size_t limit = open.empty() ? 1 : SIZE_MAX;
  ASSIGN_OR_RETURN(const size_t count, elements_.Read(json, limit));
  rank_known_ = true;
  if (!open.empty()) open.back() += static_cast<int64_t>(count);
  return OkStatus();
}

Status NestedReader::Close(JsonReader& json, Lists& open) {
  rank_known_ = true;
  const int64_t length = open.back();
  open.pop_back();
  int64_t& expected = shape_[open.size()];
  if (expected == -1) expected = length;
  if (length != expected)
    return json.Refuse(
        fmt::format("expected a list of {} like those before it, got {}", expected, length));
  if (!open.empty()) ++open.back();
  return OkStatus();
}

Tensor NestedReader::Stacked() const {
  Tensor tensor = One();
  tensor.shape.insert(tensor.shape.begin(), static_cast<int64_t>(values_));
  return tensor;
}

Status AppendNested(const Tensor& tensor, ElementStyle style, std::string& out) {
  ElementWriter elements(tensor, style);
  return AppendNested(tensor.shape, elements, out);
}

Status AppendNested(std::span<const int64_t> shape, ElementWriter& elements, std::string& out) {
  if (shape.empty()) return elements.Append(1, out);
  // Nothing lies below a dimension of 0: its lists are the innermost ones.
  const size_t rank =
      std::min<size_t>(std::ranges::find(shape, 0) - shape.begin() + 1, shape.size());
  const std::span<const int64_t> outer = shape.first(rank - 1);
  const int64_t length = shape[rank - 1];
  ASSIGN_OR_RETURN(const int64_t lists, ElementCount(outer));
  if (length == 0 && lists > kMaxEmptyLists)
    return Error(Reason::kBadRequest, "expected at most {} empty lists, got {}", kMaxEmptyLists,
                 lists);
  /// How many of the outer lists begin, or end, beside innermost list `i`.
  const auto edges = [outer](int64_t i) {
    size_t count = 0;
    for (; count < outer.size() && i % outer[outer.size() - 1 - count] == 0; ++count)
      i /= outer[outer.size() - 1 - count];
    return count;
  };
  for (int64_t i = 0; i < lists; ++i) {
    if (i > 0) out += ',';
    out.append(edges(i) + 1, '[');
    RETURN_IF_ERROR(elements.Append(static_cast<size_t>(length), out));
    out.append(edges(i + 1) + 1, ']');
  }
  return OkStatus();
}

}  // namespace slipway::instances
