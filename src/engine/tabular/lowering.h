#pragma once
// From a node of the graph to steps of the program.

#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"
#include "engine/tabular/program.h"
#include "onnx/onnx.pb.h"

namespace slipway::tabular {

/// The number of a request's rows among dimensions that are known now.
inline constexpr int64_t kRowCount = std::numeric_limits<int64_t>::min();

/// A value of the graph while it is compiled.
struct Value {
  enum class Kind : uint8_t {
    kAbsent,    // an optional input left out
    kConstant,  // known now
    kRows,      // [n, tail…], n being the rows of a request
    kShape,     // the dimensions of rows: known but for n
    kOpaque,    // a graph input that can only be handed through
  };
  Kind kind = Kind::kAbsent;
  DType dtype = DType::kFp32;
  Shape tail = {};                   // of kRows
  bool row_vector = false;           // of kRows without a tail: [1, n] instead of [n]
  bool sparse = false;               // of kRows, FP64 [n, k]: the slot holds SparseRows
  Slot slot = kNoSlot;               // of kRows
  std::vector<int64_t> dims = {};    // of kShape; one is kRowCount where it is n
  std::optional<size_t> input = {};  // the graph input that it is
  std::shared_ptr<const Tensor> constant = nullptr;  // of kConstant

  bool rows() const { return kind == Kind::kRows; }
  bool is_constant() const { return kind == Kind::kConstant; }
  size_t rank() const { return rows() ? tail.size() + 1 : constant ? constant->shape.size() : 0; }
  /// Elements of a row.
  size_t columns() const;
  /// "FP64 [n,30]"
  std::string ToString() const;
};

/// The program while it grows.
struct Draft {
  Program program;
  std::map<std::string, Value, std::less<>> values;
  std::map<std::string, Value, std::less<>> dense;  // of sparse values that were needed so
  std::map<std::string, int64_t, std::less<>> opsets;
  bool counts_rows = false;  // the number of rows is a value
  size_t row_bytes = 0;      // of all slots that nodes asked for
  /// What was made of constants, by the constant and how: Lowering::Once.
  std::map<std::pair<std::shared_ptr<const Tensor>, std::string>, std::shared_ptr<const void>> made;
};

/// One node and what surrounds it, for the function that lowers its operator.
class Lowering {
 public:
  /// @param sparse  whether inputs may be sparse; else they are what Draft::dense has.
  Lowering(const ::onnx::NodeProto& node, Draft& draft, bool sparse = false);

  const ::onnx::NodeProto& node() const { return node_; }
  /// The version of the node's domain.
  int64_t opset() const { return opset_; }

  size_t input_count() const { return inputs_.size(); }
  size_t output_count() const { return static_cast<size_t>(node_.output_size()); }
  /// Absent beyond the last.
  const Value& input(size_t i) const;
  bool has(size_t i) const { return input(i).kind != Value::Kind::kAbsent; }

  /// Input i as rows. @return kUnsupported when it is none.
  StatusOr<Value> Rows(size_t i) const;
  /// Input i as rows [n, k] or [n], of one of `dtypes`.
  StatusOr<Value> Matrix(size_t i, std::initializer_list<DType> dtypes) const;
  /// Input i as a constant, of any type or of `dtype`.
  StatusOr<std::shared_ptr<const Tensor>> Constant(size_t i) const;
  /// Whole numbers of a constant input, or, in older operator sets, of an attribute.
  StatusOr<std::vector<int64_t>> Integers(size_t i, std::string_view attribute) const;

  /// The same where it may be dimensions of rows too: one of them may be kRowCount.
  StatusOr<std::vector<int64_t>> Dimensions(size_t i, std::string_view attribute) const;

  const ::onnx::AttributeProto* attribute(std::string_view name) const;
  int64_t Int(std::string_view name, int64_t otherwise) const;
  float Float(std::string_view name, float otherwise) const;
  std::string Text(std::string_view name, std::string_view otherwise) const;
  std::vector<int64_t> Ints(std::string_view name) const;
  /// The same, where they lie in the node.
  std::span<const int64_t> IntsOf(std::string_view name) const;
  std::vector<float> Floats(std::string_view name) const;
  std::vector<std::string> Texts(std::string_view name) const;
  /// A tensor attribute; null when there is none.
  StatusOr<std::shared_ptr<const Tensor>> TensorOf(std::string_view name) const;

  /// An axis counted from the front; kUnsupported when it is that of the rows or there is none.
  StatusOr<size_t> ColumnAxis(int64_t axis, const Value& value) const;

  /// A new slot for rows: called before anything is made that is as large as they are.
  /// @return kUnsupported when one row, or all slots together, take too much.
  StatusOr<Value> NewRows(DType dtype, Shape tail);
  /// The same elements under another shape. @return kUnsupported when a dimension is too large.
  StatusOr<Value> Reshaped(Value value, Shape tail) const;
  /// The same for sparse rows, FP64 [n, columns].
  Value NewSparseRows(int64_t columns);
  /// Appends a step; `reads` and `writes` are its slots.
  void Emit(std::unique_ptr<Step> step, std::vector<Slot> reads, std::vector<Slot> writes);
  void Give(size_t output, Value value);
  /// What nodes make of a constant that they share, made by the first of them.
  /// @param how  tells apart what is made of one constant; of one `how`, always the same T.
  template <typename T, typename Make>
  std::shared_ptr<const T> Once(const std::shared_ptr<const Tensor>& constant, std::string how,
                                Make make) {
    auto& made = draft_.made[{constant, std::move(how)}];
    if (made == nullptr) made = std::make_shared<const T>(make());
    return std::static_pointer_cast<const T>(made);
  }
  /// Gives dimensions of which one may be kRowCount.
  void GiveDimensions(size_t output, std::vector<int64_t> dims);
  void GiveConstant(size_t output, Tensor tensor);

  template <typename... Args>
  Status Unsupported(fmt::format_string<Args...> format, Args&&... args) const {
    return Refuse(Reason::kUnsupported, fmt::format(format, std::forward<Args>(args)...));
  }
  template <typename... Args>
  Status Bad(fmt::format_string<Args...> format, Args&&... args) const {
    return Refuse(Reason::kBadModel, fmt::format(format, std::forward<Args>(args)...));
  }

 private:
  Status Refuse(Reason reason, std::string_view why) const;

  const ::onnx::NodeProto& node_;
  Draft& draft_;
  int64_t opset_ = 0;
  std::vector<const Value*> inputs_;
};

/// How one operator is lowered. Everything it needs to refuse, it refuses here: a program that was
/// compiled runs.
struct Operator {
  std::string_view domain;  // "" is ai.onnx
  std::string_view name;
  Status (*lower)(Lowering&);
  // Of its inputs; the first `least_inputs` are there when it is lowered.
  size_t least_inputs = 1;
  size_t most_inputs = least_inputs;
  bool takes_sparse = false;  // whether inputs may be sparse rows
};
inline constexpr size_t kAnyNumber = SIZE_MAX;

/// Every operator of the engine; null for what it does not have.
const Operator* FindOperator(std::string_view domain, std::string_view name);

// One list a file of operators/.
std::span<const Operator> CastOperators();
std::span<const Operator> CategoryOperators();
std::span<const Operator> CouplingOperators();
std::span<const Operator> DistanceOperators();
std::span<const Operator> LabelOperators();
std::span<const Operator> LinearOperators();
std::span<const Operator> MapOperators();
std::span<const Operator> MlOperators();
std::span<const Operator> OldTreeOperators();
std::span<const Operator> PairOperators();
std::span<const Operator> RankingOperators();
std::span<const Operator> ReductionOperators();
std::span<const Operator> SelectionOperators();
std::span<const Operator> ShapeOperators();
std::span<const Operator> SupportVectorOperators();
std::span<const Operator> TermOperators();
std::span<const Operator> TreeOperators();
std::span<const Operator> WhereOperators();

}  // namespace slipway::tabular
