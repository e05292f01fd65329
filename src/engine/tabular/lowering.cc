#include "engine/tabular/lowering.h"

#include <algorithm>

#include "base/check.h"
#include "engine/tabular/operators/sparse.h"
#include "onnx/display.h"
#include "onnx/tensor_proto.h"

namespace slipway::tabular {
namespace {

// Of one row in all slots together, whose steps may keep a table as large.
constexpr size_t kMaxDraftBytes = 4 * kMaxRowBytes;

}  // namespace

size_t Value::columns() const {
  size_t columns = 1;  // no overflow: RowBytes has seen the tail
  for (const int64_t dim : tail) columns *= static_cast<size_t>(dim);
  return columns;
}

std::string Value::ToString() const {
  if (is_constant()) return "constant " + slipway::ToString(dtype, constant->shape);
  if (kind == Kind::kAbsent) return "nothing";
  if (kind == Kind::kShape) return fmt::format("{} dimensions of rows", dims.size());
  if (kind == Kind::kOpaque) return "an input of unknown shape";
  std::string text = fmt::format("{} [{}n", NameOf(dtype), row_vector ? "1," : "");
  for (const int64_t dim : tail) text += fmt::format(",{}", dim);
  return text + "]";
}

Lowering::Lowering(const ::onnx::NodeProto& node, Draft& draft, bool sparse)
    : node_(node), draft_(draft) {
  const auto opset = draft.opsets.find(node.domain() == "ai.onnx" ? "" : node.domain());
  if (opset != draft.opsets.end()) opset_ = opset->second;
  static const Value kAbsent;
  for (const std::string& name : node.input()) {
    if (const auto dense = draft.dense.find(name); !sparse && dense != draft.dense.end()) {
      inputs_.push_back(&dense->second);
      continue;
    }
    const auto found = draft.values.find(name);
    inputs_.push_back(found == draft.values.end() ? &kAbsent : &found->second);
  }
}

const Value& Lowering::input(size_t i) const {
  static const Value kAbsent;
  return i < inputs_.size() ? *inputs_[i] : kAbsent;
}

StatusOr<Value> Lowering::Rows(size_t i) const {
  const Value& value = input(i);
  if (!value.rows() || value.row_vector)
    return Unsupported("input {} is {}, expected rows", i, value.ToString());
  return value;
}

StatusOr<Value> Lowering::Matrix(size_t i, std::initializer_list<DType> dtypes) const {
  ASSIGN_OR_RETURN(Value value, Rows(i));
  if (value.tail.size() > 1)
    return Unsupported("input {} is {}, expected columns", i, value.ToString());
  if (std::ranges::find(dtypes, value.dtype) == dtypes.end())
    return Unsupported("input {} is {}", i, value.ToString());
  return value;
}

StatusOr<std::shared_ptr<const Tensor>> Lowering::Constant(size_t i) const {
  if (!input(i).is_constant())
    return Unsupported("input {} is {}, expected a constant", i, input(i).ToString());
  return input(i).constant;
}

StatusOr<std::vector<int64_t>> Lowering::Integers(size_t i, std::string_view attribute) const {
  if (!has(i)) return Ints(attribute);
  ASSIGN_OR_RETURN(const auto tensor, Constant(i));
  if (tensor->dtype == DType::kInt64)
    return std::vector<int64_t>(tensor->as<int64_t>().begin(), tensor->as<int64_t>().end());
  if (tensor->dtype == DType::kInt32)
    return std::vector<int64_t>(tensor->as<int32_t>().begin(), tensor->as<int32_t>().end());
  return Unsupported("input {} is {}, expected whole numbers", i, input(i).ToString());
}

StatusOr<std::vector<int64_t>> Lowering::Dimensions(size_t i, std::string_view attribute) const {
  if (input(i).kind == Value::Kind::kShape) return input(i).dims;
  ASSIGN_OR_RETURN(std::vector<int64_t> dims, Integers(i, attribute));
  if (std::ranges::any_of(dims, [](int64_t dim) { return dim < -1; }))
    return Unsupported("input {} has a dimension below -1", i);
  return dims;
}

const ::onnx::AttributeProto* Lowering::attribute(std::string_view name) const {
  for (const auto& attribute : node_.attribute())
    if (attribute.name() == name) return &attribute;
  return nullptr;
}

int64_t Lowering::Int(std::string_view name, int64_t otherwise) const {
  const auto* found = attribute(name);
  return found == nullptr ? otherwise : found->i();
}

float Lowering::Float(std::string_view name, float otherwise) const {
  const auto* found = attribute(name);
  return found == nullptr ? otherwise : found->f();
}

std::string Lowering::Text(std::string_view name, std::string_view otherwise) const {
  const auto* found = attribute(name);
  return found == nullptr ? std::string(otherwise) : found->s();
}

std::vector<int64_t> Lowering::Ints(std::string_view name) const {
  const auto ints = IntsOf(name);
  return {ints.begin(), ints.end()};
}

std::span<const int64_t> Lowering::IntsOf(std::string_view name) const {
  const auto* found = attribute(name);
  if (found == nullptr) return {};
  return {found->ints().data(), static_cast<size_t>(found->ints_size())};
}

std::vector<float> Lowering::Floats(std::string_view name) const {
  const auto* found = attribute(name);
  if (found == nullptr) return {};
  return {found->floats().begin(), found->floats().end()};
}

std::vector<std::string> Lowering::Texts(std::string_view name) const {
  const auto* found = attribute(name);
  if (found == nullptr) return {};
  return {found->strings().begin(), found->strings().end()};
}

StatusOr<std::shared_ptr<const Tensor>> Lowering::TensorOf(std::string_view name) const {
  const auto* found = attribute(name);
  if (found == nullptr || !found->has_t()) return nullptr;
  ASSIGN_OR_RETURN(Tensor tensor, onnx::ToTensor(found->t()));
  return std::make_shared<const Tensor>(std::move(tensor));
}

StatusOr<size_t> Lowering::ColumnAxis(int64_t axis, const Value& value) const {
  const auto rank = static_cast<int64_t>(value.rank());
  const int64_t front = axis < 0 ? axis + rank : axis;
  if (front < 1 || front >= rank)
    return Unsupported("axis {} of {} is not one of its columns", axis, value.ToString());
  return static_cast<size_t>(front - 1);
}

StatusOr<Value> Lowering::NewRows(DType dtype, Shape tail) {
  const auto bytes = RowBytes(dtype, tail);
  if (!bytes || *bytes > kMaxDraftBytes - draft_.row_bytes)
    return Unsupported("one row of {} is too large", slipway::ToString(dtype, tail));
  draft_.row_bytes += *bytes;
  Value value{.kind = Value::Kind::kRows, .dtype = dtype, .tail = std::move(tail)};
  value.slot = static_cast<Slot>(draft_.program.slots.size());
  draft_.program.slots.push_back({dtype, *bytes});
  return value;
}

StatusOr<Value> Lowering::Reshaped(Value value, Shape tail) const {
  const size_t columns = value.columns();
  if (!RowBytes(value.dtype, tail))
    return Unsupported("{} to {}", value.ToString(), slipway::ToString(tail));
  value.tail = std::move(tail);
  value.row_vector = false;
  value.input.reset();
  SLIPWAY_CHECK(value.columns() == columns, "another shape holds the same elements");
  return value;
}

Value Lowering::NewSparseRows(int64_t columns) {
  Value value{.kind = Value::Kind::kRows, .dtype = DType::kFp64, .tail = {columns}};
  value.sparse = true;
  value.slot = static_cast<Slot>(draft_.program.slots.size());
  draft_.program.slots.push_back({DType::kFp64, sizeof(SparseRow), 0});
  return value;
}

void Lowering::Emit(std::unique_ptr<Step> step, std::vector<Slot> reads, std::vector<Slot> writes) {
  draft_.program.steps.push_back({std::move(step), std::move(reads), std::move(writes)});
}

void Lowering::Give(size_t output, Value value) {
  if (output >= output_count()) return;
  const std::string& name = node_.output(static_cast<int>(output));
  if (name.empty()) return;
  draft_.values[name] = std::move(value);
}

void Lowering::GiveConstant(size_t output, Tensor tensor) {
  const DType dtype = tensor.dtype;
  Give(output, {.kind = Value::Kind::kConstant,
                .dtype = dtype,
                .constant = std::make_shared<const Tensor>(std::move(tensor))});
}

void Lowering::GiveDimensions(size_t output, std::vector<int64_t> dims) {
  draft_.counts_rows |= std::ranges::find(dims, kRowCount) != dims.end();
  Give(output, {.kind = Value::Kind::kShape, .dtype = DType::kInt64, .dims = std::move(dims)});
}

Status Lowering::Refuse(Reason reason, std::string_view why) const {
  const std::string name = node_.name().empty() && node_.output_size() > 0
                               ? onnx::Shown(node_.output(0))
                               : onnx::Shown(node_.name());
  return Error(reason, "node \"{}\" ({}): {}", name, onnx::Shown(node_.op_type()), why);
}

}  // namespace slipway::tabular
