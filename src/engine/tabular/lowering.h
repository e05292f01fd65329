#pragma once
// From a node of the graph to steps of the program.

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "engine/tabular/program.h"
#include "onnx/onnx.pb.h"

namespace slipway::tabular {

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
  Slot slot = kNoSlot;               // of kRows
  std::vector<int64_t> dims = {};    // of kShape; -1 is n
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
  std::map<std::string, int, std::less<>> uses;  // of a name, as a node's input or a graph output
  std::map<Slot, size_t> writers;                // the step that writes a slot
  std::map<Slot, int> readers;                   // uses of a slot under all its names
  std::map<std::string, int64_t, std::less<>> opsets;
};

/// One node and what surrounds it, for the function that lowers its operator.
class Lowering {
 public:
  Lowering(const ::onnx::NodeProto& node, Draft& draft);

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

  /// A new slot for rows.
  Value NewRows(DType dtype, Shape tail);
  /// Appends a step; `reads` and `writes` are its slots.
  void Emit(std::unique_ptr<Step> step, std::vector<Slot> reads, std::vector<Slot> writes);
  void Give(size_t output, Value value);
  void GiveConstant(size_t output, Tensor tensor);

  /// The step that wrote a value; null for an input of the graph.
  Program::PlannedStep* WriterOf(const Value& value) const;
  /// The step that wrote input i when nothing but this node reads it, so that it may take over the
  /// node's work or be taken over; null otherwise.
  Program::PlannedStep* OnlyWriterOf(size_t i) const;

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
};

/// Every operator of the engine; null for what it does not have.
const Operator* FindOperator(std::string_view domain, std::string_view name);

// One list a file of operators/.
std::span<const Operator> CastOperators();
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
std::span<const Operator> TreeOperators();
std::span<const Operator> WhereOperators();

}  // namespace slipway::tabular
