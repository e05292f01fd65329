#include "engine/choice/testing/graph_maker.h"
#include "onnx/onnx.pb.h"

namespace slipway::testing {

int64_t CountOf(const Shape& tail) {
  int64_t count = 1;
  for (const int64_t dim : tail) count *= dim;
  return count;
}

const GraphNode* GraphMaker::PickAny() {
  return Pick([](const GraphNode&) { return true; });
}

const GraphNode* GraphMaker::PickFloat(bool exact) {
  return Pick([&](const GraphNode& n) { return n.is_float() && (n.exact || !exact); });
}

const GraphNode* GraphMaker::PickMatrix(bool exact, bool fp32_only) {
  return Pick([&](const GraphNode& n) {
    return n.is_float() && n.tail.size() == 1 && (n.exact || !exact) &&
           (!fp32_only || n.dtype == DType::kFp32);
  });
}

Tensor GraphMaker::Numbers(DType dtype, const Shape& shape, bool special) {
  const auto count = static_cast<size_t>(CountOf(shape));
  const auto fill = [&]<typename T>(auto next) {
    std::vector<T> values(count);
    for (T& value : values) value = static_cast<T>(next());
    Tensor tensor = TensorOf<T>(shape, values);
    tensor.dtype = dtype;
    return tensor;
  };
  const auto number = [&] {
    if (special && Below(8) == 0)
      return OneOf({0.0, -0.0, double{NAN}, double{INFINITY}, -double{INFINITY}});
    return Quarter();
  };
  if (dtype == DType::kFp32) return fill.template operator()<float>(number);
  if (dtype == DType::kFp64) return fill.template operator()<double>(number);
  const auto whole = [&] { return Below(7) - 3; };
  if (dtype == DType::kInt64) return fill.template operator()<int64_t>(whole);
  if (dtype == DType::kInt32) return fill.template operator()<int32_t>(whole);
  if (dtype == DType::kBool) {
    std::string bytes(count, '\0');
    for (char& byte : bytes) byte = static_cast<char>(Below(2));
    return {DType::kBool, shape, Buffer::Own(std::move(bytes))};
  }
  Texts words(count);
  for (std::string& word : words) word = kWords[Below(static_cast<int>(kWords.size()))];
  return BytesTensorOf(shape, words);
}

std::string GraphMaker::Constant(const Tensor& tensor) {
  const std::string name = NewName("c");
  graph_.model.Initializer(name, tensor);
  return name;
}

std::string GraphMaker::Constant(const Ints& values) {
  return Constant(TensorOf<int64_t>({static_cast<int64_t>(values.size())}, values));
}

Shape GraphMaker::BesideTail(const Shape& tail) {
  Shape shape = tail;
  for (int64_t& dim : shape)
    if (Below(4) == 0)
      dim = 1;
    else if (dim == 1 && Below(3) == 0)
      dim = 3;
  switch (Below(6)) {
    case 0:
      return {};
    case 1:
      return {1};
    case 2:
      shape.insert(shape.begin(), 1);
      break;
    case 3:
      if (!shape.empty()) shape.erase(shape.begin());
      break;
    case 4:
      if (Below(6) == 0) shape.insert(shape.begin(), 2, 1);
      break;
    default:
      break;
  }
  return shape;
}

Shape GraphMaker::Broadcast(const Shape& a, const Shape& b) {
  Shape out(std::max(a.size(), b.size()), 1);
  for (size_t i = 0; i < out.size(); ++i) {
    const int64_t x = i < a.size() ? a[a.size() - 1 - i] : 1;
    const int64_t y = i < b.size() ? b[b.size() - 1 - i] : 1;
    out[out.size() - 1 - i] = x == 1 ? y : x;
  }
  return out;
}

bool GraphMaker::Give(GraphNode y, std::string_view op, const Texts& inputs,
                      const Attributes& attributes, std::string_view domain) {
  if (CountOf(y.tail) > kMostColumns || y.tail.size() > 4) return false;
  y.name = NewName("v");
  graph_.model.Node(op, inputs, {y.name}, attributes, domain);
  nodes_.push_back(std::move(y));
  return true;
}

std::string GraphMaker::MadeBy(const GraphNode& node) const {
  for (const auto& made : graph_.model.proto().graph().node())
    if (std::ranges::count(made.output(), node.name) > 0) return made.op_type();
  return "";
}

GraphNode GraphMaker::Approximate(GraphNode y, double bound) {
  y.exact = false;
  y.bound = bound;
  y.bits = GraphNode::kRounded;
  return y;
}

GraphNode GraphMaker::Rounded(GraphNode y, double bound) {
  y.bound = bound;
  y.bits = GraphNode::kRounded;
  return y;
}

GraphNode GraphMaker::Summed(GraphNode y, double terms, double factor, int bits) {
  const GraphNode product = [&] {
    GraphNode p = y;
    p.bound *= factor;
    p.bits += bits;
    return p;
  }();
  const bool exact = product.SumsAreExact(terms + 1);
  y.bound = product.bound * (terms + 1);
  y.bits = product.bits;
  y.no_nan = y.finite;
  y.fits_int = y.fits_int && y.finite && y.bound < 1e6;
  y.signed_zero = y.is_float() ? false : y.signed_zero;
  if (!exact) return Approximate(y, y.bound);
  return y;
}

std::optional<std::string> GraphMaker::Partner(const GraphNode& x, GraphNode& other, bool special) {
  if (Below(3) > 0) {
    other = x;
    other.exact = true;
    other.finite = other.no_nan = !special || !x.is_float();
    other.signed_zero = true;
    other.bound = x.is_float() ? 2 : 3;
    other.bits = x.is_float() ? 2 : 0;
    const Shape shape = BesideTail(x.tail);
    other.tail = shape;
    if (other.tail.size() > x.tail.size()) other.tail.erase(other.tail.begin());
    if (shape.size() > x.tail.size() + 1) return std::nullopt;
    return Constant(Numbers(x.dtype, shape, special));
  }
  const GraphNode* with = Pick([&](const GraphNode& n) {
    if (n.dtype != x.dtype || n.tail.size() != x.tail.size()) return false;
    for (size_t i = 0; i < n.tail.size(); ++i)
      if (n.tail[i] != x.tail[i] && n.tail[i] != 1 && x.tail[i] != 1) return false;
    return true;
  });
  if (with == nullptr) return std::nullopt;
  other = *with;
  return with->name;
}

Shape GraphMaker::OtherTail(const Shape& tail) {
  int64_t left = CountOf(tail);
  Shape other;
  while (left > 1 && other.size() < 2) {
    std::vector<int64_t> divisors;
    for (int64_t d = 1; d <= left; ++d)
      if (left % d == 0) divisors.push_back(d);
    other.push_back(divisors[Below(static_cast<int>(divisors.size()))]);
    left /= other.back();
  }
  other.push_back(left);
  return other;
}

GraphNode GraphMaker::Merge(GraphNode y, const GraphNode& z) {
  y.exact &= z.exact;
  y.signed_zero &= z.signed_zero;
  y.fits_int &= z.fits_int;
  y.finite &= z.finite;
  y.no_nan &= z.no_nan;
  y.bound = std::max(y.bound, z.bound);
  y.bits = std::max(y.bits, z.bits);
  return y;
}

int GraphMaker::ToOnnx(DType dtype) {
  switch (dtype) {
    case DType::kFp32:
      return 1;
    case DType::kInt32:
      return 6;
    case DType::kInt64:
      return 7;
    case DType::kBool:
      return 9;
    default:
      return 11;
  }
}

}  // namespace slipway::testing
