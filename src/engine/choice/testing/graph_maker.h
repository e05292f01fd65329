#pragma once
// Makes a random graph, operator by operator.

#include <algorithm>
#include <cmath>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/choice/testing/random_graph.h"
#include "engine/testing/harness.h"

namespace slipway::testing {

using Texts = std::vector<std::string>;
using Ints = std::vector<int64_t>;
using Floats = std::vector<float>;
using Attributes = std::vector<onnx::Attribute>;

inline constexpr int64_t kMostColumns = 300;
inline constexpr double kWholeEnd = 9.3e18;
inline const Texts kWords = {"", "a", "b", "ab", "Zürich", "a much longer word than the others"};

int64_t CountOf(const Shape& tail);

/// A value of the graph, [n, tail…].
struct GraphNode {
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

/// Add…: one more node of its kind, over values that are there. @return false when none fits.
class GraphMaker {
 public:
  explicit GraphMaker(uint64_t seed) : random_(seed) {
    graph_.model.Opset("", Below(4) == 0 ? 13 : 18).Opset("ai.onnx.ml", 5).IrVersion(10);
  }
  RandomGraph Make();

 private:
  int Below(int end) { return static_cast<int>(random_() % static_cast<uint64_t>(end)); }
  bool Coin() { return Below(2) == 0; }
  template <typename T>
  T OneOf(std::initializer_list<T> values) {
    return values.begin()[Below(static_cast<int>(values.size()))];
  }
  std::string NewName(std::string_view prefix) { return fmt::format("{}{}", prefix, names_++); }
  int64_t Dimension() { return OneOf<int64_t>({1, 1, 2, 3, 3, 4, 5, 8, 9, 17}); }
  void AddInput(int i);
  void AddOutputs();
  void DeclareOutput(const GraphNode& node);
  /// Of operators that were not made in the end.
  void DropUnusedConstants();

  // ---- what operators read
  /// A value that `fits`, the newest more often than others; null when there is none.
  template <typename Fits>
  const GraphNode* Pick(Fits fits) {
    std::vector<size_t> those;
    for (size_t i = 0; i < nodes_.size(); ++i)
      if (fits(nodes_[i])) those.push_back(i);
    if (those.empty()) return nullptr;
    const size_t at = Below(3) > 0 ? those.back() : those[Below(static_cast<int>(those.size()))];
    picked_ = nodes_[at];
    return &picked_;
  }
  const GraphNode* PickAny();
  const GraphNode* PickFloat(bool exact);
  const GraphNode* PickMatrix(bool exact, bool fp32_only = false);
  /// Quarters up to 2, so that products stay dyadic.
  double Quarter() { return (Below(17) - 8) / 4.0; }
  Tensor Numbers(DType dtype, const Shape& shape, bool special = false);
  std::string Constant(const Tensor& tensor);
  std::string Constant(const Ints& values);
  /// The operator that gives a value; "" for an input.
  std::string MadeBy(const GraphNode& node) const;
  /// A shape that broadcasts with [n, tail…]: now and then to more columns, or with more rank than
  /// the engine takes.
  Shape BesideTail(const Shape& tail);
  static Shape Broadcast(const Shape& a, const Shape& b);

  // ---- what they give
  bool Give(GraphNode y, std::string_view op, const Texts& inputs,
            const Attributes& attributes = {}, std::string_view domain = "");
  static GraphNode Approximate(GraphNode y, double bound);
  /// After an operation that is rounded once, and by every engine alike.
  static GraphNode Rounded(GraphNode y, double bound);
  /// A sum of `terms` products with numbers of at most `factor` that have `bits` more.
  static GraphNode Summed(GraphNode y, double terms, double factor, int bits);
  bool AddNode();
  bool AddMap();
  bool AddIsInf();
  /// The other operand of `x`: a constant or a value. @return its bound and bits in `other`.
  std::optional<std::string> Partner(const GraphNode& x, GraphNode& other, bool special);
  bool AddPair();
  bool AddManyOf();
  bool AddTest();
  bool AddProduct();

  // ---- shapes
  bool AddReshape();
  /// The same number of columns, parted otherwise.
  Shape OtherTail(const Shape& tail);
  bool AddReshapeTo(const GraphNode& x, const Shape& tail);
  bool AddTranspose();
  /// A constant for every row.
  bool AddExpand();

  // ---- places
  bool AddConcat();
  static GraphNode Merge(GraphNode y, const GraphNode& z);
  bool AddGather();
  bool AddExtractor();
  bool AddSlice();
  bool AddSplit();
  bool AddTopK();

  // ---- over columns
  bool AddArg();
  bool AddReduce();
  bool AddSoftmax();
  bool AddCumSum();
  bool AddWhere();
  static int ToOnnx(DType dtype);
  bool AddCast();
  /// Numbers that whole numbers can hold: no NaN, within -100 and 100.
  bool AddTamed();

  // ---- ai.onnx.ml
  Floats Quarters(size_t count);
  bool AddMl();
  bool AddLinear();
  /// A classifier of as many labels as `scores` has columns.
  bool GiveClasses(GraphNode scores, std::string_view op, const std::string& x,
                   Attributes attributes, const char* whole_labels);
  bool AddEncoder();
  /// Trees of one or two levels; weights are those of `leaf` by number, thresholds are values that
  /// occur. @return what they sum to.
  bool AddTrees();
  /// Rows of a table by the numbers that trees gave, in one shape or another, and their sum.
  bool AddTable(int64_t rows);
  bool AddOldTrees();
  std::mt19937_64 random_;
  RandomGraph graph_;
  std::vector<GraphNode> nodes_;
  GraphNode picked_;
  int names_ = 0;
};

}  // namespace slipway::testing
