// Other shapes of the same elements, and elements by their place.

#include "engine/choice/testing/graph_maker.h"
#include "onnx/onnx.pb.h"

namespace slipway::testing {

bool GraphMaker::AddReshape() {
  const GraphNode* found = PickAny();
  if (found == nullptr) return false;
  const GraphNode x = *found;
  GraphNode y = x;
  switch (Below(4)) {
    case 0: {
      const auto at = static_cast<size_t>(Below(static_cast<int>(x.tail.size()) + 1));
      y.tail.insert(y.tail.begin() + static_cast<ptrdiff_t>(at), 1);
      const auto rank = static_cast<int64_t>(y.tail.size()) + 1;
      const auto axis = static_cast<int64_t>(at) + 1;
      return Give(y, "Unsqueeze", {x.name, Constant(Ints{Coin() ? axis : axis - rank})});
    }
    case 1: {
      const auto one = std::ranges::find(y.tail, 1);
      if (one == y.tail.end()) return false;
      const auto axis = static_cast<int64_t>(one - y.tail.begin()) + 1;
      y.tail.erase(one);
      return Give(y, "Squeeze", {x.name, Constant(Ints{axis})});
    }
    case 2:
      y.tail = {CountOf(x.tail)};
      return Give(y, "Flatten", {x.name}, {{"axis", 1}});
    default:
      return AddReshapeTo(x, OtherTail(x.tail));
  }
}

bool GraphMaker::AddReshapeTo(const GraphNode& x, const Shape& tail) {
  GraphNode y = x;
  y.tail = tail;
  Ints dims(tail.begin(), tail.end());
  const int kind = Below(4);
  if (kind == 0 && !dims.empty()) {  // with the number of rows as a value
    const std::string rows = NewName("v"), all = NewName("v");
    graph_.model.Node("Shape", {x.name}, {rows}, {{"start", 0}, {"end", 1}});
    if (Coin()) dims.back() = -1;
    graph_.model.Node("Concat", {rows, Constant(dims)}, {all}, {{"axis", 0}});
    return Give(y, "Reshape", {x.name, all});
  }
  dims.insert(dims.begin(), kind == 1 ? -1 : 0);
  if (kind == 2 && dims.size() > 1) dims.back() = -1;
  for (size_t i = 1; i < dims.size() && i <= x.tail.size(); ++i)
    if (dims[i] == x.tail[i - 1] && Below(3) == 0) dims[i] = 0;
  return Give(y, "Reshape", {x.name, Constant(dims)});
}

bool GraphMaker::AddTranspose() {
  const GraphNode* x = PickAny();
  if (x == nullptr) return false;
  Ints order(x->tail.size() + 1);
  for (size_t i = 0; i < order.size(); ++i) order[i] = static_cast<int64_t>(i);
  if (Below(3) == 0 && order.size() > 2) std::swap(order[1], order[2]);
  GraphNode y = *x;
  for (size_t i = 1; i < order.size(); ++i) y.tail[i - 1] = x->tail[order[i] - 1];
  return Give(y, "Transpose", {x->name}, {{"perm", order}});
}

bool GraphMaker::AddExpand() {
  const GraphNode x = *PickAny();
  GraphNode y{.dtype = OneOf({DType::kFp32, DType::kFp64, DType::kInt64, DType::kBytes})};
  y.bound = 2;
  if (y.is_float()) y.bits = 2, y.finite = y.no_nan = false;
  for (int rank = Below(3); rank > 0; --rank) y.tail.push_back(Dimension());
  Shape own = y.tail;
  for (int64_t& dim : own)
    if (Below(3) == 0) dim = 1;
  if (Below(3) == 0) own.insert(own.begin(), 1);
  const std::string rows = NewName("v"), all = NewName("v");
  graph_.model.Node("Shape", {x.name}, {rows}, {{"start", 0}, {"end", 1}});
  graph_.model.Node("Concat", {rows, Constant(Ints(y.tail.begin(), y.tail.end()))}, {all},
                    {{"axis", 0}});
  return Give(y, "Expand", {Constant(Numbers(y.dtype, own, true)), all});
}

bool GraphMaker::AddConcat() {
  const GraphNode* found = Pick([](const GraphNode& n) { return !n.tail.empty(); });
  if (found == nullptr) return false;
  const GraphNode x = *found;
  const auto at = static_cast<size_t>(Below(static_cast<int>(x.tail.size())));
  GraphNode y = x;
  Texts inputs = {x.name};
  for (int i = 1 + Below(2); i > 0; --i) {
    const GraphNode* with = Pick([&](const GraphNode& n) {
      if (n.dtype != x.dtype || n.tail.size() != x.tail.size()) return false;
      for (size_t k = 0; k < n.tail.size(); ++k)
        if (k != at && n.tail[k] != x.tail[k]) return false;
      return true;
    });
    if (with == nullptr) continue;
    inputs.push_back(with->name);
    y.tail[at] += with->tail[at];
    y = Merge(y, *with);
  }
  const auto axis = static_cast<int64_t>(at) + 1;
  const auto rank = static_cast<int64_t>(x.tail.size()) + 1;
  return Give(y, "Concat", inputs, {{"axis", Coin() ? axis : axis - rank}});
}

bool GraphMaker::AddGather() {
  // ONNX Runtime 1.30 loses strings where an index stands for several.
  const GraphNode* found =
      Pick([](const GraphNode& n) { return !n.tail.empty() && n.dtype != DType::kBytes; });
  if (found == nullptr) return false;
  const GraphNode x = *found;
  const auto at = static_cast<size_t>(Below(static_cast<int>(x.tail.size())));
  Shape shape;
  for (int rank = Below(3); rank > 0; --rank) shape.push_back(1 + Below(3));
  Ints indices(static_cast<size_t>(CountOf(shape)));
  for (int64_t& index : indices) {
    index = Below(static_cast<int>(x.tail[at]));
    if (Below(4) == 0) index -= x.tail[at];
  }
  GraphNode y = x;
  y.tail.erase(y.tail.begin() + static_cast<ptrdiff_t>(at));
  y.tail.insert(y.tail.begin() + static_cast<ptrdiff_t>(at), shape.begin(), shape.end());
  return Give(y, "Gather", {x.name, Constant(TensorOf<int64_t>(shape, indices))},
              {{"axis", static_cast<int64_t>(at) + 1}});
}

bool GraphMaker::AddExtractor() {
  const GraphNode* found = Pick([](const GraphNode& n) {
    return n.tail.size() == 1 && n.dtype != DType::kBool && n.dtype != DType::kBytes;
  });
  if (found == nullptr) return false;
  GraphNode y = *found;
  const GraphNode x = *found;
  Ints indices(1 + static_cast<size_t>(Below(3)));
  for (int64_t& index : indices) index = Below(static_cast<int>(x.tail[0]));
  y.tail = {static_cast<int64_t>(indices.size())};
  return Give(y, "ArrayFeatureExtractor", {x.name, Constant(indices)}, {}, "ai.onnx.ml");
}

bool GraphMaker::AddSlice() {
  const GraphNode* found = Pick([](const GraphNode& n) { return !n.tail.empty(); });
  if (found == nullptr) return false;
  const GraphNode x = *found;
  const auto at = static_cast<size_t>(Below(static_cast<int>(x.tail.size())));
  const int64_t length = x.tail[at], step = 1 + Below(3);
  const int64_t begin = Below(static_cast<int>(length)),
                end = begin + 1 + Below(static_cast<int>(length - begin));
  GraphNode y = x;
  y.tail[at] = (end - begin + step - 1) / step;
  const int64_t beyond = end == length && Coin() ? INT64_MAX : end;
  return Give(y, "Slice",
              {x.name, Constant(Ints{Coin() ? begin : begin - length}), Constant(Ints{beyond}),
               Constant(Ints{static_cast<int64_t>(at) + 1}), Constant(Ints{step})});
}

bool GraphMaker::AddSplit() {
  const GraphNode* found =
      Pick([](const GraphNode& n) { return !n.tail.empty() && n.tail.back() > 1; });
  if (found == nullptr) return false;
  GraphNode first = *found, second = *found;
  const std::string x = found->name;
  const int64_t length = found->tail.back(), cut = 1 + Below(static_cast<int>(length) - 1);
  first.tail.back() = cut;
  second.tail.back() = length - cut;
  first.name = NewName("v");
  second.name = NewName("v");
  graph_.model.Node("Split", {x, Constant(Ints{cut, length - cut})}, {first.name, second.name},
                    {{"axis", -1}});
  nodes_.push_back(first);
  nodes_.push_back(second);
  return true;
}

bool GraphMaker::AddTopK() {
  // Where NaN stands among numbers is each engine's own affair.
  const GraphNode* found = Pick([](const GraphNode& n) {
    return n.tail.size() == 1 && n.no_nan && n.exact && (n.is_float() || n.dtype == DType::kInt64);
  });
  if (found == nullptr) return false;
  GraphNode values = *found, places = *found;
  const std::string x = found->name;
  const int64_t k = 1 + Below(static_cast<int>(found->tail[0]));
  values.name = NewName("v");
  values.tail = {k};
  values.signed_zero = false;
  places = {.name = NewName("v"), .dtype = DType::kInt64, .tail = {k}, .fits_int = true};
  places.bound = static_cast<double>(found->tail[0]), places.bits = 0;
  graph_.model.Node("TopK", {x, Constant(Ints{k})}, {values.name, places.name},
                    {{"axis", -1}, {"largest", Below(2)}});
  nodes_.push_back(places);
  nodes_.push_back(values);
  return true;
}

}  // namespace slipway::testing
