#include "engine/choice/testing/random_graph.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <optional>

#include "engine/testing/harness.h"
#include "onnx/onnx.pb.h"

namespace slipway::testing {
namespace {

using Texts = std::vector<std::string>;
using Ints = std::vector<int64_t>;
using Floats = std::vector<float>;
using Attributes = std::vector<onnx::Attribute>;

constexpr int64_t kMostColumns = 300;
constexpr double kWholeEnd = 9.3e18;
const Texts kWords = {"", "a", "b", "ab", "Zürich", "a much longer word than the others"};

int64_t CountOf(const Shape& tail) {
  int64_t count = 1;
  for (const int64_t dim : tail) count *= dim;
  return count;
}

/// A value of the graph, [n, tail…].
struct Node {
  std::string name;
  DType dtype;
  Shape tail;
  bool exact = true;
  bool signed_zero = true;  // whether engines agree on the sign of a zero
  bool finite = true;
  bool no_nan = true;
  bool fits_int = false;  // finite, and not beyond whole numbers
  double bound = 8;       // of magnitudes, infinities aside
  int bits = 3;           // behind the point; kRounded where that many are not known

  static constexpr int kRounded = 1000;
  bool is_float() const { return dtype == DType::kFp32 || dtype == DType::kFp64; }
  /// Whether sums of `terms` such numbers are exact in any order.
  bool SumsAreExact(double terms) const {
    if (!is_float()) return true;
    return exact &&
           bits + std::log2(std::max(1.0, bound * terms)) < (dtype == DType::kFp32 ? 23 : 52);
  }
};

class Maker {
 public:
  explicit Maker(uint64_t seed) : random_(seed) {
    graph_.model.Opset("", Below(4) == 0 ? 13 : 18).Opset("ai.onnx.ml", 5).IrVersion(10);
  }

  RandomGraph Make() {
    graph_.special = OneOf({Special::kNone, Special::kInfinities, Special::kAll, Special::kAll});
    const int inputs = 1 + Below(3) / 2;
    for (int i = 0; i < inputs; ++i) AddInput(i);
    const int wanted = 1 + Below(7);
    for (int tries = 0, made = 0; made < wanted && tries < 60; ++tries) made += AddNode();
    AddOutputs();
    DropUnusedConstants();
    return std::move(graph_);
  }

 private:
  int Below(int end) { return static_cast<int>(random_() % static_cast<uint64_t>(end)); }
  bool Coin() { return Below(2) == 0; }
  template <typename T>
  T OneOf(std::initializer_list<T> values) {
    return values.begin()[Below(static_cast<int>(values.size()))];
  }
  std::string NewName(std::string_view prefix) { return fmt::format("{}{}", prefix, names_++); }

  int64_t Dimension() { return OneOf<int64_t>({1, 1, 2, 3, 3, 4, 5, 8, 9, 17}); }

  void AddInput(int i) {
    Node x{.name = fmt::format("x{}", i)};
    x.dtype = OneOf({DType::kFp32, DType::kFp32, DType::kFp32, DType::kFp64, DType::kFp64,
                     DType::kInt64, DType::kInt32, DType::kBool, DType::kBytes});
    for (int rank = OneOf({0, 1, 1, 1, 1, 2, 2, 3}); rank > 0; --rank)
      x.tail.push_back(Dimension());
    while (CountOf(x.tail) > 60) x.tail.pop_back();
    if (!x.is_float()) x.bound = graph_.special == Special::kNone ? 3 : kWholeEnd, x.bits = 0;
    x.finite = !x.is_float() || graph_.special == Special::kNone;
    x.no_nan = !x.is_float() || graph_.special != Special::kAll;
    graph_.input_dtypes.push_back(x.dtype);
    graph_.input_tails.push_back(x.tail);
    Shape shape = {-1};
    shape.insert(shape.end(), x.tail.begin(), x.tail.end());
    graph_.model.Input(x.name, x.dtype, shape);
    // All inputs call their rows the same.
    auto& graph = *graph_.model.proto().mutable_graph();
    graph.mutable_input(i)
        ->mutable_type()
        ->mutable_tensor_type()
        ->mutable_shape()
        ->mutable_dim(0)
        ->set_dim_param("n");
    nodes_.push_back(x);
  }

  void AddOutputs() {
    std::vector<size_t> chosen = {nodes_.size() - 1};
    for (size_t i = 0; i + 1 < nodes_.size(); ++i)
      if (Below(4) == 0 && !nodes_[i].name.starts_with("x")) chosen.push_back(i);
    for (const size_t i : chosen) {
      const Node& node = nodes_[i];
      if (node.name.starts_with("x")) {  // an input alone: hand it through
        Node y = node;
        y.name = NewName("v");
        graph_.model.Node("Identity", {node.name}, {y.name});
        DeclareOutput(y);
        continue;
      }
      DeclareOutput(node);
    }
  }

  void DeclareOutput(const Node& node) {
    Shape shape = {-1};
    shape.insert(shape.end(), node.tail.begin(), node.tail.end());
    graph_.model.Output(node.name, node.dtype, shape);
    graph_.outputs.push_back({node.exact, node.bound});
  }

  /// Of operators that were not made in the end.
  void DropUnusedConstants() {
    auto& graph = *graph_.model.proto().mutable_graph();
    const auto used = [&](const std::string& name) {
      return std::ranges::any_of(graph.node(), [&](const auto& node) {
        return std::ranges::find(node.input(), name) != node.input().end();
      });
    };
    auto& constants = *graph.mutable_initializer();
    for (int i = constants.size() - 1; i >= 0; --i)
      if (!used(constants[i].name())) constants.DeleteSubrange(i, 1);
  }

  // ---- what operators read

  /// A value that `fits`, the newest more often than others; null when there is none.
  template <typename Fits>
  const Node* Pick(Fits fits) {
    std::vector<size_t> those;
    for (size_t i = 0; i < nodes_.size(); ++i)
      if (fits(nodes_[i])) those.push_back(i);
    if (those.empty()) return nullptr;
    const size_t at = Below(3) > 0 ? those.back() : those[Below(static_cast<int>(those.size()))];
    picked_ = nodes_[at];
    return &picked_;
  }
  const Node* PickAny() {
    return Pick([](const Node&) { return true; });
  }
  const Node* PickFloat(bool exact) {
    return Pick([&](const Node& n) { return n.is_float() && (n.exact || !exact); });
  }
  const Node* PickMatrix(bool exact, bool fp32_only = false) {
    return Pick([&](const Node& n) {
      return n.is_float() && n.tail.size() == 1 && (n.exact || !exact) &&
             (!fp32_only || n.dtype == DType::kFp32);
    });
  }

  /// Quarters up to 2, so that products stay dyadic.
  double Quarter() { return (Below(17) - 8) / 4.0; }

  Tensor Numbers(DType dtype, const Shape& shape, bool special = false) {
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

  std::string Constant(const Tensor& tensor) {
    const std::string name = NewName("c");
    graph_.model.Initializer(name, tensor);
    return name;
  }
  std::string Constant(const Ints& values) {
    return Constant(TensorOf<int64_t>({static_cast<int64_t>(values.size())}, values));
  }

  /// A shape that broadcasts with [n, tail…]: now and then to more columns, or with more rank than
  /// the engine takes.
  Shape BesideTail(const Shape& tail) {
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

  static Shape Broadcast(const Shape& a, const Shape& b) {
    Shape out(std::max(a.size(), b.size()), 1);
    for (size_t i = 0; i < out.size(); ++i) {
      const int64_t x = i < a.size() ? a[a.size() - 1 - i] : 1;
      const int64_t y = i < b.size() ? b[b.size() - 1 - i] : 1;
      out[out.size() - 1 - i] = x == 1 ? y : x;
    }
    return out;
  }

  // ---- what they give

  bool Give(Node y, std::string_view op, const Texts& inputs, const Attributes& attributes = {},
            std::string_view domain = "") {
    if (CountOf(y.tail) > kMostColumns || y.tail.size() > 4) return false;
    y.name = NewName("v");
    graph_.model.Node(op, inputs, {y.name}, attributes, domain);
    nodes_.push_back(std::move(y));
    return true;
  }

  static Node Approximate(Node y, double bound) {
    y.exact = false;
    y.bound = bound;
    y.bits = Node::kRounded;
    return y;
  }

  /// After an operation that is rounded once, and by every engine alike.
  static Node Rounded(Node y, double bound) {
    y.bound = bound;
    y.bits = Node::kRounded;
    return y;
  }

  /// A sum of `terms` products with numbers of at most `factor` that have `bits` more.
  static Node Summed(Node y, double terms, double factor, int bits) {
    const Node product = [&] {
      Node p = y;
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

  bool AddNode() {
    using Make = bool (Maker::*)();
    static constexpr Make kMakers[] = {
        &Maker::AddMap,       &Maker::AddMap,     &Maker::AddPair,      &Maker::AddPair,
        &Maker::AddPair,      &Maker::AddTest,    &Maker::AddProduct,   &Maker::AddProduct,
        &Maker::AddReshape,   &Maker::AddReshape, &Maker::AddReshape,   &Maker::AddExpand,
        &Maker::AddConcat,    &Maker::AddGather,  &Maker::AddSlice,     &Maker::AddSplit,
        &Maker::AddTopK,      &Maker::AddArg,     &Maker::AddReduce,    &Maker::AddReduce,
        &Maker::AddReduce,    &Maker::AddSoftmax, &Maker::AddWhere,     &Maker::AddCast,
        &Maker::AddTamed,     &Maker::AddMl,      &Maker::AddLinear,    &Maker::AddEncoder,
        &Maker::AddTrees,     &Maker::AddTrees,   &Maker::AddOldTrees,  &Maker::AddCumSum,
        &Maker::AddTranspose, &Maker::AddManyOf,  &Maker::AddExtractor, &Maker::AddIsInf};
    return (this->*kMakers[Below(static_cast<int>(std::size(kMakers)))])();
  }

  bool AddMap() {
    const std::string op =
        OneOf({"Abs", "Neg", "Ceil", "Floor", "Round", "Sign", "Relu", "Sqrt", "Reciprocal", "Exp",
               "Log", "Tanh", "Sigmoid", "Erf", "Sin", "Cos", "IsNaN", "Not", "Identity"});
    if (op == "Not") {
      const Node* x = Pick([](const Node& n) { return n.dtype == DType::kBool; });
      return x != nullptr && Give(*x, op, {x->name});
    }
    const bool smooth = op == "Abs" || op == "Neg" || op == "Relu" || op == "Tanh" ||
                        op == "Sigmoid" || op == "Identity" || op == "IsNaN" || op == "Erf";
    const Node* x = PickFloat(!smooth);
    if (x == nullptr) return false;
    if ((op == "Reciprocal" || op == "Log") && !x->signed_zero) return false;
    if ((op == "Sin" || op == "Cos") && x->bound > 1e3) return false;
    if (op == "Exp" && x->bound > 60) return false;
    Node y = *x;
    if (op == "IsNaN") y.dtype = DType::kBool, y.exact = true;
    if (op == "Relu") y.signed_zero = false;
    if (op == "Ceil" || op == "Floor" || op == "Round") y.bits = 0, y.bound += 1;
    if (op == "Sign") y.bits = 0, y.bound = 1;
    if (op == "Sqrt" || op == "Log" || op == "Sin" || op == "Cos") y.no_nan = false;
    if (op == "Log" || op == "Reciprocal") y.finite = false;
    if (op == "Sqrt" || op == "Reciprocal") y = Rounded(y, std::max(8.0, x->bound) * 1e3);
    if (op == "Exp") y = Approximate(y, std::exp(x->bound));
    if (op == "Log") y = Approximate(y, 100);
    if (op == "Tanh" || op == "Sigmoid" || op == "Erf" || op == "Sin" || op == "Cos")
      y = Approximate(y, std::max(1.0, x->exact ? 1.0 : x->bound));
    return Give(y, op, {x->name});
  }

  bool AddIsInf() {
    const Node* x = PickFloat(true);
    if (x == nullptr) return false;
    Node y = *x;
    y.dtype = DType::kBool;
    return Give(y, "IsInf", {x->name});
  }

  /// The other operand of `x`: a constant or a value. @return its bound and bits in `other`.
  std::optional<std::string> Partner(const Node& x, Node& other, bool special) {
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
    const Node* with = Pick([&](const Node& n) {
      if (n.dtype != x.dtype || n.tail.size() != x.tail.size()) return false;
      for (size_t i = 0; i < n.tail.size(); ++i)
        if (n.tail[i] != x.tail[i] && n.tail[i] != 1 && x.tail[i] != 1) return false;
      return true;
    });
    if (with == nullptr) return std::nullopt;
    other = *with;
    return with->name;
  }

  bool AddPair() {
    const std::string op =
        OneOf({"Add", "Add", "Sub", "Mul", "Div", "Pow", "Min", "Max", "And", "Or", "Xor"});
    const bool logical = op == "And" || op == "Or" || op == "Xor";
    const bool ratio = op == "Div" || op == "Pow";
    const Node* found = Pick([&](const Node& n) {
      if (logical) return n.dtype == DType::kBool;
      if (ratio) return n.is_float() && n.exact && n.signed_zero;
      return n.is_float() || n.dtype == DType::kInt64 || n.dtype == DType::kInt32;
    });
    if (found == nullptr) return false;
    const Node x = *found;
    Node z;
    const auto other = Partner(x, z, /*special=*/true);
    if (!other) return false;
    Node y = x;
    y.tail = Broadcast(x.tail, z.tail);
    y.exact = x.exact && z.exact;
    y.signed_zero = x.signed_zero && z.signed_zero;
    if (!x.is_float())
      y.bound = std::min(kWholeEnd, op == "Mul" ? x.bound * z.bound : x.bound + z.bound);
    if (x.is_float()) {
      y.finite = x.finite && z.finite && !ratio;
      y.no_nan = op == "Min" || op == "Max" ? x.no_nan && z.no_nan : y.finite;
      y.bits = std::max(x.bits, z.bits);
      y.bound = std::max(x.bound, z.bound);
      if (op == "Mul") y.bits = x.bits + z.bits, y.bound = x.bound * z.bound;
      if (op == "Add" || op == "Sub") y.bound = x.bound + z.bound;
      if (op == "Min" || op == "Max") y.signed_zero = false;
      if (ratio && (!z.exact || !z.signed_zero)) return false;
      if (op == "Pow") y = Approximate(y, std::pow(std::max(x.bound, 8.0), 2.5));
      if (op == "Div") y = Rounded(y, x.bound * 1e3);
      if (!y.SumsAreExact(1)) y.bits = Node::kRounded;
      if (y.bound > 1e12) return false;
    }
    y.fits_int = x.fits_int && z.fits_int && y.finite && y.bound < 1e6;
    const bool swap = Coin() && op != "Pow" && op != "Div" && op != "Sub";
    return Give(y, op, swap ? Texts{*other, x.name} : Texts{x.name, *other});
  }

  bool AddManyOf() {
    const std::string op = OneOf({"Sum", "Min", "Max"});
    const Node* found = PickFloat(true);
    if (found == nullptr || found->bits == Node::kRounded) return false;
    const Node x = *found;
    Node y = x;
    Texts inputs = {x.name};
    for (int i = Below(3); i > 0; --i) {
      Shape shape = BesideTail(x.tail);
      if (shape.size() > x.tail.size() + 1) return false;
      inputs.push_back(Constant(Numbers(x.dtype, shape, true)));
      y.finite = y.no_nan = y.fits_int = false;
      if (shape.size() > x.tail.size()) shape.erase(shape.begin());
      for (size_t k = 0; k < shape.size(); ++k) {
        const int64_t own = y.tail[y.tail.size() - 1 - k], more = shape[shape.size() - 1 - k];
        if (own != more && own != 1 && more != 1) return false;
      }
      y.tail = Broadcast(y.tail, shape);
      y.bound += 2;
    }
    y.signed_zero = false;
    return Give(y, op, inputs);
  }

  bool AddTest() {
    const std::string op = OneOf({"Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual"});
    const Node* found = Pick([&](const Node& n) {
      return n.exact && (op == "Equal" || (n.dtype != DType::kBytes && n.dtype != DType::kBool));
    });
    if (found == nullptr) return false;
    const Node x = *found;
    Node z;
    const auto other = Partner(x, z, true);
    if (!other || !z.exact) return false;
    Node y = x;
    y.dtype = DType::kBool;
    y.tail = Broadcast(x.tail, z.tail);
    return Give(y, op, {x.name, *other});
  }

  bool AddProduct() {
    const Node* found = PickMatrix(false);
    if (found == nullptr) return false;
    const Node x = *found;
    const int64_t inputs = x.tail[0], outputs = Dimension();
    Node y = Summed(x, static_cast<double>(inputs), 2, 2);
    y.tail = {outputs};
    if (y.bound > 1e12) return false;
    if (Coin()) {
      if (Below(6) == 0) {
        y.tail = {};
        return Give(y, "MatMul", {x.name, Constant(Numbers(x.dtype, {inputs}))});
      }
      return Give(y, "MatMul", {x.name, Constant(Numbers(x.dtype, {inputs, outputs}))});
    }
    const bool transposed = Coin();
    const Shape shape = transposed ? Shape{outputs, inputs} : Shape{inputs, outputs};
    Texts operands = {x.name, Constant(Numbers(x.dtype, shape))};
    if (Below(3) > 0)
      operands.push_back(Constant(Numbers(
          x.dtype, OneOf({Shape{outputs}, Shape{1, outputs}, Shape{1}, Shape{}, Shape{1, 1}}))));
    return Give(y, "Gemm", operands,
                {{"transB", int{transposed}},
                 {"alpha", OneOf({1.0F, 0.5F, 2.0F})},
                 {"beta", OneOf({1.0F, 0.5F})}});
  }

  // ---- shapes

  bool AddReshape() {
    const Node* found = PickAny();
    if (found == nullptr) return false;
    const Node x = *found;
    Node y = x;
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

  /// The same number of columns, parted otherwise.
  Shape OtherTail(const Shape& tail) {
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

  bool AddReshapeTo(const Node& x, const Shape& tail) {
    Node y = x;
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

  bool AddTranspose() {
    const Node* x = PickAny();
    if (x == nullptr) return false;
    Ints order(x->tail.size() + 1);
    for (size_t i = 0; i < order.size(); ++i) order[i] = static_cast<int64_t>(i);
    if (Below(3) == 0 && order.size() > 2) std::swap(order[1], order[2]);
    Node y = *x;
    for (size_t i = 1; i < order.size(); ++i) y.tail[i - 1] = x->tail[order[i] - 1];
    return Give(y, "Transpose", {x->name}, {{"perm", order}});
  }

  /// A constant for every row.
  bool AddExpand() {
    const Node x = *PickAny();
    Node y{.dtype = OneOf({DType::kFp32, DType::kFp64, DType::kInt64, DType::kBytes})};
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

  // ---- places

  bool AddConcat() {
    const Node* found = Pick([](const Node& n) { return !n.tail.empty(); });
    if (found == nullptr) return false;
    const Node x = *found;
    const auto at = static_cast<size_t>(Below(static_cast<int>(x.tail.size())));
    Node y = x;
    Texts inputs = {x.name};
    for (int i = 1 + Below(2); i > 0; --i) {
      const Node* with = Pick([&](const Node& n) {
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

  static Node Merge(Node y, const Node& z) {
    y.exact &= z.exact;
    y.signed_zero &= z.signed_zero;
    y.fits_int &= z.fits_int;
    y.finite &= z.finite;
    y.no_nan &= z.no_nan;
    y.bound = std::max(y.bound, z.bound);
    y.bits = std::max(y.bits, z.bits);
    return y;
  }

  bool AddGather() {
    // ONNX Runtime 1.30 loses strings where an index stands for several.
    const Node* found =
        Pick([](const Node& n) { return !n.tail.empty() && n.dtype != DType::kBytes; });
    if (found == nullptr) return false;
    const Node x = *found;
    const auto at = static_cast<size_t>(Below(static_cast<int>(x.tail.size())));
    Shape shape;
    for (int rank = Below(3); rank > 0; --rank) shape.push_back(1 + Below(3));
    Ints indices(static_cast<size_t>(CountOf(shape)));
    for (int64_t& index : indices) {
      index = Below(static_cast<int>(x.tail[at]));
      if (Below(4) == 0) index -= x.tail[at];
    }
    Node y = x;
    y.tail.erase(y.tail.begin() + static_cast<ptrdiff_t>(at));
    y.tail.insert(y.tail.begin() + static_cast<ptrdiff_t>(at), shape.begin(), shape.end());
    return Give(y, "Gather", {x.name, Constant(TensorOf<int64_t>(shape, indices))},
                {{"axis", static_cast<int64_t>(at) + 1}});
  }

  bool AddExtractor() {
    const Node* found = Pick([](const Node& n) {
      return n.tail.size() == 1 && n.dtype != DType::kBool && n.dtype != DType::kBytes;
    });
    if (found == nullptr) return false;
    Node y = *found;
    const Node x = *found;
    Ints indices(1 + static_cast<size_t>(Below(3)));
    for (int64_t& index : indices) index = Below(static_cast<int>(x.tail[0]));
    y.tail = {static_cast<int64_t>(indices.size())};
    return Give(y, "ArrayFeatureExtractor", {x.name, Constant(indices)}, {}, "ai.onnx.ml");
  }

  bool AddSlice() {
    const Node* found = Pick([](const Node& n) { return !n.tail.empty(); });
    if (found == nullptr) return false;
    const Node x = *found;
    const auto at = static_cast<size_t>(Below(static_cast<int>(x.tail.size())));
    const int64_t length = x.tail[at], step = 1 + Below(3);
    const int64_t begin = Below(static_cast<int>(length)),
                  end = begin + 1 + Below(static_cast<int>(length - begin));
    Node y = x;
    y.tail[at] = (end - begin + step - 1) / step;
    const int64_t beyond = end == length && Coin() ? INT64_MAX : end;
    return Give(y, "Slice",
                {x.name, Constant(Ints{Coin() ? begin : begin - length}), Constant(Ints{beyond}),
                 Constant(Ints{static_cast<int64_t>(at) + 1}), Constant(Ints{step})});
  }

  bool AddSplit() {
    const Node* found = Pick([](const Node& n) { return !n.tail.empty() && n.tail.back() > 1; });
    if (found == nullptr) return false;
    Node first = *found, second = *found;
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

  bool AddTopK() {
    // Where NaN stands among numbers is each engine's own affair.
    const Node* found = Pick([](const Node& n) {
      return n.tail.size() == 1 && n.no_nan && n.exact &&
             (n.is_float() || n.dtype == DType::kInt64);
    });
    if (found == nullptr) return false;
    Node values = *found, places = *found;
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

  // ---- over columns

  bool AddArg() {
    const Node* found = Pick([](const Node& n) {
      return n.exact && n.no_nan && !n.tail.empty() && (n.is_float() || n.dtype == DType::kInt64);
    });
    if (found == nullptr) return false;
    const Node x = *found;
    const auto at = static_cast<size_t>(Below(static_cast<int>(x.tail.size())));
    const bool keep = Coin();
    Node y{.dtype = DType::kInt64, .tail = x.tail, .fits_int = true};
    y.bound = static_cast<double>(x.tail[at]), y.bits = 0;
    y.tail[at] = 1;
    if (!keep) y.tail.erase(y.tail.begin() + static_cast<ptrdiff_t>(at));
    if (!Give(y, Coin() ? "ArgMax" : "ArgMin", {x.name},
              {{"axis", static_cast<int64_t>(at) + 1},
               {"keepdims", int{keep}},
               {"select_last_index", Below(2)}}))
      return false;
    if (Coin()) return true;
    // Labels of classes.
    const Node index = nodes_.back();
    Node label{.dtype = OneOf({DType::kBytes, DType::kInt64, DType::kFp32}), .tail = index.tail};
    label.bound = 3, label.bits = label.is_float() ? 2 : 0;
    return Give(label, "Gather", {Constant(Numbers(label.dtype, {x.tail[at]})), index.name},
                {{"axis", 0}});
  }

  bool AddReduce() {
    const std::string op =
        OneOf({"ReduceSum", "ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin", "ReduceProd",
               "ReduceL1", "ReduceL2", "ReduceLogSum", "ReduceLogSumExp", "ReduceSumSquare"});
    const bool sum = op == "ReduceSum" || op == "ReduceL1" || op == "ReduceMean";
    const bool extreme = op == "ReduceMax" || op == "ReduceMin";
    const Node* found = Pick([&](const Node& n) {
      if (n.tail.empty()) return false;
      // ONNX Runtime sums whole numbers by way of floating point.
      if (n.dtype == DType::kInt64) return extreme || (op == "ReduceSum" && n.bound < 1e9);
      return n.is_float() && (n.exact || sum || extreme) && (n.no_nan || !extreme);
    });
    if (found == nullptr) return false;
    const Node x = *found;
    const auto rank = x.tail.size();
    const auto begin = static_cast<size_t>(Below(static_cast<int>(rank)));
    const size_t end = begin + 1 + static_cast<size_t>(Below(static_cast<int>(rank - begin)));
    const bool keep = Coin();
    Ints axes;
    double terms = 1;
    Node y = x;
    y.tail.clear();
    for (size_t i = 0; i < rank; ++i) {
      if (i < begin || i >= end) {
        y.tail.push_back(x.tail[i]);
        continue;
      }
      axes.push_back(Coin() ? static_cast<int64_t>(i) + 1
                            : static_cast<int64_t>(i) - static_cast<int64_t>(rank));
      terms *= static_cast<double>(x.tail[i]);
      if (keep) y.tail.push_back(1);
    }
    if (x.is_float()) {
      y.signed_zero = false;
      const Node total = Summed(y, terms, 1, 0);
      if (sum) y = op == "ReduceMean" ? Approximate(total, total.bound) : total;
      if (op == "ReduceSumSquare") y = Summed(y, terms, x.bound, std::min(x.bits, 1000));
      if (op == "ReduceL2") y = Approximate(y, x.bound * terms);
      if (op == "ReduceLogSumExp") y = Approximate(y, x.bound + 10);
      if (op == "ReduceLogSum") {
        if (!total.exact) return false;
        y = Approximate(y, 100);
      }
      if (op == "ReduceProd") {
        if (std::log2(std::max(2.0, x.bound)) * terms > 30) return false;
        y = Approximate(y, std::pow(std::max(2.0, x.bound), terms));
      }
      if (!extreme) y.no_nan = y.finite = y.finite && op != "ReduceLogSum";
      if (y.bound > 1e12) return false;
    }
    const bool constant = op == "ReduceSum" || graph_.model.proto().opset_import(0).version() >= 18;
    if (constant) return Give(y, op, {x.name, Constant(axes)}, {{"keepdims", int{keep}}});
    return Give(y, op, {x.name}, {{"axes", axes}, {"keepdims", int{keep}}});
  }

  bool AddSoftmax() {
    const Node* x = Pick(
        [](const Node& n) { return n.is_float() && !n.tail.empty() && (n.exact || n.bound < 50); });
    if (x == nullptr) return false;
    Node y = Approximate(*x, 1);
    y.no_nan = y.finite;
    return Give(y, "Softmax", {x->name}, {{"axis", -1}});
  }

  bool AddCumSum() {
    const Node* x = Pick([](const Node& n) {
      return n.tail.size() == 1 && (n.is_float() || n.dtype == DType::kInt64);
    });
    if (x == nullptr) return false;
    Node y = Summed(*x, static_cast<double>(x->tail[0]), 1, 0);
    y.bound = std::min(y.bound, kWholeEnd);
    if (y.is_float() && y.bound > 1e12) return false;
    return Give(y, "CumSum", {x->name, Constant(TensorOf<int64_t>({}, {1}))});
  }

  bool AddWhere() {
    const Node* found = Pick([](const Node& n) { return n.dtype == DType::kBool; });
    if (found == nullptr) return false;
    const Node which = *found;
    const Node* value = Pick([&](const Node& n) { return n.tail.size() == which.tail.size(); });
    if (value == nullptr) return false;
    const Node a = *value;
    for (size_t i = 0; i < a.tail.size(); ++i)
      if (a.tail[i] != which.tail[i] && a.tail[i] != 1 && which.tail[i] != 1) return false;
    Node y = a;
    y.tail = Broadcast(a.tail, which.tail);
    Node z = y;
    const auto other = Partner(y, z, true);
    if (!other) return false;
    y.tail = Broadcast(y.tail, z.tail);
    y = Merge(y, z);
    y.fits_int = false;
    return Give(y, "Where",
                Coin() ? Texts{which.name, a.name, *other} : Texts{which.name, *other, a.name});
  }

  static int ToOnnx(DType dtype) {
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

  bool AddCast() {
    const Node* found = Pick([](const Node& n) { return n.dtype != DType::kBytes; });
    if (found == nullptr) return false;
    const Node x = *found;
    Node y = x;
    y.dtype = OneOf({DType::kFp32, DType::kFp64, DType::kInt64, DType::kInt32, DType::kBool});
    const bool to_int = y.dtype == DType::kInt64 || y.dtype == DType::kInt32;
    // What becomes of numbers that do not fit is each engine's own affair.
    if (to_int && x.is_float() && (!x.exact || !x.fits_int)) return false;
    if (y.dtype == DType::kInt32 && x.dtype == DType::kInt64 && !x.fits_int) return false;
    if (y.dtype == DType::kBool && !x.exact) return false;
    if (to_int || y.dtype == DType::kBool) y.bits = 0;
    if (y.is_float() && !x.is_float() && x.bound > 1e6) y.bits = Node::kRounded;
    if (y.dtype == DType::kBool) y.bound = 1, y.fits_int = true;
    if (y.dtype == DType::kFp32 && x.dtype == DType::kFp64 && x.bits == Node::kRounded && !x.exact)
      y.bound = std::max(y.bound, 1.0);
    if (x.dtype == DType::kFp32 && !x.exact && y.dtype == DType::kFp64) return false;
    return Give(y, "Cast", {x.name}, {{"to", ToOnnx(y.dtype)}});
  }

  /// Numbers that whole numbers can hold: no NaN, within -100 and 100.
  bool AddTamed() {
    const Node* found = PickFloat(true);
    if (found == nullptr) return false;
    const Node x = *found;
    Node nan = x;
    nan.dtype = DType::kBool;
    if (!Give(nan, "IsNaN", {x.name})) return false;
    const Node is_nan = nodes_.back();
    if (!Give(x, "Where", {is_nan.name, Constant(Numbers(x.dtype, {})), x.name})) return false;
    Node y = nodes_.back();
    y.fits_int = y.finite = y.no_nan = true;
    y.signed_zero = false;
    y.bound = 100;
    const auto bound = [&](double value) {
      return Constant(x.dtype == DType::kFp32 ? TensorOf<float>({}, {static_cast<float>(value)})
                                              : TensorOf<double>({}, {value}));
    };
    return Give(y, "Clip", {y.name, bound(-100), bound(100)});
  }

  // ---- ai.onnx.ml

  Floats Quarters(size_t count) {
    Floats values(count);
    for (float& value : values) value = static_cast<float>(Quarter());
    return values;
  }

  bool AddMl() {
    const std::string op = OneOf({"Scaler", "Scaler", "Binarizer", "Imputer", "Normalizer"});
    const Node* found = Pick([&](const Node& n) {
      if (n.tail.size() != 1) return false;
      if (op == "Scaler") return n.dtype == DType::kFp32 || (n.dtype == DType::kFp64 && n.exact);
      if (op == "Normalizer") return n.exact && n.dtype == DType::kFp32;
      return n.exact && n.dtype == DType::kFp32;
    });
    if (found == nullptr) return false;
    const Node x = *found;
    Node y = x;
    y.dtype = DType::kFp32;
    const auto columns = static_cast<size_t>(x.tail[0]);
    const size_t many = Coin() ? columns : 1;
    Attributes attributes;
    if (op == "Scaler") {
      attributes = {{"offset", Quarters(many)}, {"scale", Quarters(many)}};
      y.bound = (x.bound + 2) * 2;
      y.bits = std::min(x.bits, Node::kRounded / 2) * 1 + 4;
      if (!y.SumsAreExact(1)) y = Approximate(y, y.bound);
      y.signed_zero = false;
      y.no_nan = y.finite;
    } else if (op == "Binarizer") {
      attributes = {{"threshold", static_cast<float>(Quarter())}};
      y.bound = 1, y.bits = 0;
    } else if (op == "Imputer") {
      attributes = {{"imputed_value_floats", Quarters(many)},
                    {"replaced_value_float", OneOf({NAN, 0.0F, 1.0F})}};
      y.signed_zero = false;
    } else {
      attributes = {{"norm", OneOf({"MAX", "L1", "L2"})}};
      y = Approximate(y, 8);
      y.finite = y.no_nan = false;
    }
    return Give(y, op, {x.name}, attributes, "ai.onnx.ml");
  }

  bool AddLinear() {
    const Node* found = PickMatrix(true, true);
    if (found == nullptr) return false;
    const Node x = *found;
    const auto columns = static_cast<size_t>(x.tail[0]);
    const auto outputs = 1 + static_cast<size_t>(Below(4));
    Node y = Summed(x, static_cast<double>(columns), 2, 2);
    y.tail = {static_cast<int64_t>(outputs)};
    if (y.bound > 1e12) return false;
    const Floats coefficients = Quarters(columns * outputs), intercepts = Quarters(outputs);
    const std::string transform = OneOf({"NONE", "NONE", "LOGISTIC", "SOFTMAX"});
    if (transform != "NONE") y = Approximate(y, std::max(1.0, y.exact ? 1.0 : y.bound));
    if (Coin())
      return Give(y, "LinearRegressor", {x.name},
                  {{"coefficients", coefficients},
                   {"intercepts", intercepts},
                   {"targets", static_cast<int64_t>(outputs)},
                   {"post_transform", transform}},
                  "ai.onnx.ml");
    if (outputs < 2 || !Summed(x, static_cast<double>(columns), 2, 2).exact) return false;
    return GiveClasses(
        y, "LinearClassifier", x.name,
        {{"coefficients", coefficients}, {"intercepts", intercepts}, {"post_transform", transform}},
        "classlabels_ints");
  }

  /// A classifier of as many labels as `scores` has columns.
  bool GiveClasses(Node scores, std::string_view op, const std::string& x, Attributes attributes,
                   const char* whole_labels) {
    const auto count = static_cast<size_t>(scores.tail[0]);
    Node label{.name = NewName("v"), .dtype = Coin() ? DType::kBytes : DType::kInt64};
    label.bound = 20, label.bits = 0;
    if (label.dtype == DType::kBytes) {
      attributes.emplace_back("classlabels_strings", Texts(kWords.begin(), kWords.begin() + count));
    } else {
      Ints labels(count);
      for (size_t i = 0; i < count; ++i) labels[i] = static_cast<int64_t>(10 - 3 * i);
      attributes.emplace_back(whole_labels, labels);
    }
    scores.name = NewName("v");
    graph_.model.Node(op, {x}, {label.name, scores.name}, attributes, "ai.onnx.ml");
    nodes_.push_back(scores);
    nodes_.push_back(label);
    return true;
  }

  bool AddEncoder() {
    const Node* found = Pick([](const Node& n) {
      return n.exact &&
             (n.dtype == DType::kBytes || n.dtype == DType::kInt64 || n.dtype == DType::kFp32);
    });
    if (found == nullptr) return false;
    const Node x = *found;
    Node y = x;
    if (Below(3) == 0 && x.dtype != DType::kFp32) {
      y.dtype = DType::kFp32;
      y.bound = 1, y.bits = 0;
      Attributes attributes = {{"zeros", 1}};
      if (x.dtype == DType::kBytes)
        attributes.emplace_back("cats_strings", Texts{"b", "a", "ab"});
      else
        attributes.emplace_back("cats_int64s", Ints{2, 0, -1, 1});
      y.tail.push_back(x.dtype == DType::kBytes ? 3 : 4);
      return Give(y, "OneHotEncoder", {x.name}, attributes, "ai.onnx.ml");
    }
    Attributes attributes;
    if (x.dtype == DType::kBytes) attributes.emplace_back("keys_strings", Texts{"b", "", "ab"});
    if (x.dtype == DType::kInt64) attributes.emplace_back("keys_int64s", Ints{2, 0, -1});
    if (x.dtype == DType::kFp32)
      attributes.emplace_back("keys_floats", Floats{1, OneOf({NAN, 0.5F}), 0});
    y.dtype = OneOf({DType::kBytes, DType::kInt64, DType::kFp32});
    y.bound = 9, y.bits = y.is_float() ? 2 : 0;
    if (y.dtype == DType::kBytes) attributes.emplace_back("values_strings", Texts{"x", "y", ""});
    if (y.dtype == DType::kInt64) attributes.emplace_back("values_int64s", Ints{5, 6, 7});
    if (y.dtype == DType::kFp32) attributes.emplace_back("values_floats", Floats{1.5F, -2, 0.25F});
    return Give(y, "LabelEncoder", {x.name}, attributes, "ai.onnx.ml");
  }

  /// Trees of one or two levels; weights are those of `leaf` by number, thresholds are values that
  /// occur. @return what they sum to.
  bool AddTrees() {
    const Node* found = PickMatrix(true);
    if (found == nullptr) return false;
    const Node x = *found;
    const bool numbered = Coin() && x.dtype == DType::kFp32;
    const int trees = 1 + Below(4);
    const int targets = numbered ? trees : 1 + Below(3);
    Ints roots, features, on_true, true_leaves, on_false, false_leaves, missing, leaf_targets;
    std::vector<double> splits, weights;
    std::vector<uint8_t> modes;
    const auto leaf = [&](int tree) {
      weights.push_back(numbered ? static_cast<double>(weights.size()) : Quarter());
      leaf_targets.push_back(numbered ? tree : Below(targets));
      return static_cast<int64_t>(weights.size()) - 1;
    };
    for (int tree = 0; tree < trees; ++tree) {
      const auto root = static_cast<int64_t>(features.size());
      roots.push_back(root);
      const int count = 1 + Below(2);
      for (int i = 0; i < count; ++i) {
        features.push_back(Below(static_cast<int>(x.tail[0])));
        modes.push_back(static_cast<uint8_t>(Below(6)));
        splits.push_back(Quarter());
        missing.push_back(Below(2));
        const bool deeper = i + 1 < count;
        on_true.push_back(deeper ? root + 1 : leaf(tree));
        true_leaves.push_back(!deeper);
        on_false.push_back(leaf(tree));
        false_leaves.push_back(1);
      }
    }
    const auto numbers = [&](const std::vector<double>& values) {
      const Shape shape = {static_cast<int64_t>(values.size())};
      return x.dtype == DType::kFp64 ? TensorOf<double>(shape, values)
                                     : TensorOf<float>(shape, Floats(values.begin(), values.end()));
    };
    Node y = x;
    y.finite = y.no_nan = true;
    y.bound = 8, y.bits = 2, y.tail = {targets}, y.signed_zero = false;
    Attributes attributes = {
        {"n_targets", targets},
        {"aggregate_function", 1},
        {"tree_roots", roots},
        {"nodes_featureids", features},
        {"nodes_modes", TensorOf<uint8_t>({static_cast<int64_t>(modes.size())}, modes)},
        {"nodes_splits", numbers(splits)},
        {"nodes_truenodeids", on_true},
        {"nodes_trueleafs", true_leaves},
        {"nodes_falsenodeids", on_false},
        {"nodes_falseleafs", false_leaves},
        {"leaf_targetids", leaf_targets},
        {"leaf_weights", numbers(weights)}};
    if (Coin()) attributes.emplace_back("nodes_missing_value_tracks_true", missing);
    if (!Give(y, "TreeEnsemble", {x.name}, attributes, "ai.onnx.ml")) return false;
    return !numbered || AddTable(static_cast<int64_t>(weights.size()));
  }

  /// Rows of a table by the numbers that trees gave, in one shape or another, and their sum.
  bool AddTable(int64_t rows) {
    Node index = nodes_.back();
    const std::string scores = index.name;
    const int64_t trees = index.tail[0], width = 1 + Below(4);
    index.dtype = DType::kInt64;
    if (!Give(index, "Cast", {scores}, {{"to", 7}})) return false;
    Node entries = nodes_.back();
    const std::string numbers = entries.name;
    entries.dtype = OneOf({DType::kFp32, DType::kFp64, DType::kInt64});
    entries.bits = entries.dtype == DType::kInt64 ? 0 : 2;
    entries.bound = 3;
    entries.tail = {trees, width};
    const std::string table = Constant(Numbers(entries.dtype, {rows, width}));
    if (!Give(entries, "Gather", {table, numbers}, {{"axis", 0}})) return false;
    if (Coin() && !AddReshapeTo(nodes_.back(), OneOf({Shape{width, trees}, Shape{trees * width},
                                                      Shape{1, trees, width}})))
      return false;
    Node sum = nodes_.back();
    const std::string all = sum.name;
    const int64_t axis = 1 + Below(static_cast<int>(sum.tail.size()));
    sum.bound *= static_cast<double>(sum.tail[static_cast<size_t>(axis) - 1]);
    sum.tail.erase(sum.tail.begin() + axis - 1);
    return Give(sum, "ReduceSum", {all, Constant(Ints{axis})}, {{"keepdims", 0}});
  }

  bool AddOldTrees() {
    const Node* found = PickMatrix(true, true);
    if (found == nullptr) return false;
    const Node x = *found;
    const int trees = 1 + Below(3), targets = 1 + Below(3);
    const bool classes = Coin();
    Ints tree_ids, numbers, features, on_true, on_false, missing, leaf_trees, leaf_numbers, ids;
    Texts modes;
    Floats values, weights;
    const auto node = [&](int tree, int number, const char* mode, int yes, int no) {
      tree_ids.push_back(tree);
      numbers.push_back(number);
      features.push_back(Below(static_cast<int>(x.tail[0])));
      modes.emplace_back(mode);
      values.push_back(static_cast<float>(Quarter()));
      on_true.push_back(yes);
      on_false.push_back(no);
      missing.push_back(Below(2));
    };
    for (int tree = 0; tree < trees; ++tree) {
      node(tree, 0,
           OneOf({"BRANCH_LEQ", "BRANCH_LT", "BRANCH_GTE", "BRANCH_GT", "BRANCH_EQ", "BRANCH_NEQ"}),
           1, 2);
      for (const int number : {1, 2}) {
        node(tree, number, "LEAF", 0, 0);
        for (int i = classes ? targets : 1; i > 0; --i) {
          leaf_trees.push_back(tree);
          leaf_numbers.push_back(number);
          ids.push_back(classes ? i - 1 : Below(targets));
          weights.push_back(static_cast<float>(Quarter()));
        }
      }
    }
    const std::string transform = OneOf({"NONE", "NONE", "LOGISTIC", "SOFTMAX"});
    Node y = x;
    y.finite = y.no_nan = true;
    y.bound = 10, y.bits = 2, y.tail = {targets}, y.signed_zero = false;
    if (transform != "NONE") y = Approximate(y, 1);
    const std::string leaves = classes ? "class" : "target";
    Attributes attributes = {{"nodes_treeids", tree_ids},
                             {"nodes_nodeids", numbers},
                             {"nodes_featureids", features},
                             {"nodes_modes", modes},
                             {"nodes_values", values},
                             {"nodes_truenodeids", on_true},
                             {"nodes_falsenodeids", on_false},
                             {leaves + "_treeids", leaf_trees},
                             {leaves + "_nodeids", leaf_numbers},
                             {leaves + "_ids", ids},
                             {leaves + "_weights", weights},
                             {"post_transform", transform}};
    if (Coin()) attributes.emplace_back("nodes_missing_value_tracks_true", missing);
    if (Coin()) attributes.emplace_back("base_values", Quarters(static_cast<size_t>(targets)));
    if (classes)
      return targets > 1 &&
             GiveClasses(y, "TreeEnsembleClassifier", x.name, attributes, "classlabels_int64s");
    attributes.emplace_back("n_targets", targets);
    if (Coin()) attributes.emplace_back("aggregate_function", "SUM");
    return Give(y, "TreeEnsembleRegressor", {x.name}, attributes, "ai.onnx.ml");
  }

  std::mt19937_64 random_;
  RandomGraph graph_;
  std::vector<Node> nodes_;
  Node picked_;
  int names_ = 0;
};

template <typename T>
Tensor Values(DType dtype, const Shape& shape, int64_t count, std::mt19937_64& random,
              const std::vector<T>& special, int every) {
  std::vector<T> values(static_cast<size_t>(count));
  for (T& value : values) {
    if (every > 0 && random() % static_cast<uint64_t>(every) == 0)
      value = special[random() % special.size()];
    else if constexpr (std::is_floating_point_v<T>)
      value = static_cast<T>(static_cast<int64_t>(random() % 129) - 64) / 8;
    else
      value = static_cast<T>(static_cast<int64_t>(random() % 7) - 3);
  }
  Tensor tensor = TensorOf<T>(shape, values);
  tensor.dtype = dtype;
  return tensor;
}

}  // namespace

Tensor RandomGraph::Input(size_t i, int64_t rows, uint64_t seed) const {
  std::mt19937_64 random(seed * 31 + i);
  Shape shape = {rows};
  shape.insert(shape.end(), input_tails[i].begin(), input_tails[i].end());
  const int64_t count = CountOf(shape);
  const auto specials = [this]<typename T>(T infinity) {
    std::vector<T> values = {-T{0}, T{0}};
    if (special != Special::kNone) values.insert(values.end(), {infinity, -infinity});
    if (special == Special::kAll) values.push_back(std::numeric_limits<T>::quiet_NaN());
    return values;
  };
  const auto ends = [this]<typename T>(T lowest, T highest) {
    return special == Special::kNone ? std::vector<T>{0} : std::vector<T>{0, lowest, highest};
  };
  constexpr int kEvery = 6;
  switch (input_dtypes[i]) {
    case DType::kFp32:
      return Values<float>(DType::kFp32, shape, count, random, specials(INFINITY), kEvery);
    case DType::kFp64:
      return Values<double>(DType::kFp64, shape, count, random, specials(double{INFINITY}), kEvery);
    case DType::kInt64:
      return Values<int64_t>(DType::kInt64, shape, count, random, ends(INT64_MIN, INT64_MAX),
                             kEvery);
    case DType::kInt32:
      return Values<int32_t>(DType::kInt32, shape, count, random, ends(INT32_MIN, INT32_MAX),
                             kEvery);
    case DType::kBool:
      return Values<uint8_t>(DType::kBool, shape, count, random, {0, 1}, 1);
    default:
      break;
  }
  Texts words(static_cast<size_t>(count));
  for (std::string& word : words) word = kWords[random() % kWords.size()];
  return BytesTensorOf(shape, words);
}

RandomGraph MakeRandomGraph(uint64_t seed) { return Maker(seed).Make(); }

}  // namespace slipway::testing
