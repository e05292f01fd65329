#include "engine/tabular/lowering.h"

#include <algorithm>

#include "onnx/display.h"
#include "onnx/tensor_proto.h"

namespace slipway::tabular {

size_t Value::columns() const {
  size_t columns = 1;
  for (const int64_t dim : tail) columns *= static_cast<size_t>(dim);
  return columns;
}

std::string Value::ToString() const {
  if (is_constant()) return "constant " + slipway::ToString(dtype, constant->shape);
  if (kind == Kind::kAbsent) return "nothing";
  if (kind == Kind::kShape) return "the dimensions " + slipway::ToString(dims);
  if (kind == Kind::kOpaque) return "an input of unknown shape";
  std::string text = fmt::format("{} [{}n", NameOf(dtype), row_vector ? "1," : "");
  for (const int64_t dim : tail) text += fmt::format(",{}", dim);
  return text + "]";
}

Lowering::Lowering(const ::onnx::NodeProto& node, Draft& draft) : node_(node), draft_(draft) {
  const auto opset = draft.opsets.find(node.domain() == "ai.onnx" ? "" : node.domain());
  if (opset != draft.opsets.end()) opset_ = opset->second;
  static const Value kAbsent;
  for (const std::string& name : node.input()) {
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
  if (input(i).kind == Value::Kind::kShape) return input(i).dims;
  ASSIGN_OR_RETURN(const auto tensor, Constant(i));
  if (tensor->dtype == DType::kInt64)
    return std::vector<int64_t>(tensor->as<int64_t>().begin(), tensor->as<int64_t>().end());
  if (tensor->dtype == DType::kInt32)
    return std::vector<int64_t>(tensor->as<int32_t>().begin(), tensor->as<int32_t>().end());
  return Unsupported("input {} is {}, expected whole numbers", i, input(i).ToString());
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

Value Lowering::NewRows(DType dtype, Shape tail) {
  Value value{.kind = Value::Kind::kRows, .dtype = dtype, .tail = std::move(tail)};
  value.slot = static_cast<Slot>(draft_.program.slots.size());
  draft_.program.slots.push_back({dtype, value.columns() * SlotElementSize(dtype), 0});
  return value;
}

void Lowering::Emit(std::unique_ptr<Step> step, std::vector<Slot> reads, std::vector<Slot> writes) {
  for (const Slot slot : writes) draft_.writers[slot] = draft_.program.steps.size();
  draft_.program.steps.push_back({std::move(step), std::move(reads), std::move(writes)});
}

void Lowering::Give(size_t output, Value value) {
  if (output >= output_count()) return;
  const std::string& name = node_.output(static_cast<int>(output));
  if (name.empty()) return;
  const auto uses = draft_.uses.find(name);
  // A slot that has a name already was read once to get another.
  const auto [readers, first] = draft_.readers.try_emplace(value.slot, 0);
  readers->second += (uses == draft_.uses.end() ? 0 : uses->second) - (first ? 0 : 1);
  draft_.values[name] = std::move(value);
}

void Lowering::GiveConstant(size_t output, Tensor tensor) {
  const DType dtype = tensor.dtype;
  Give(output, {.kind = Value::Kind::kConstant,
                .dtype = dtype,
                .constant = std::make_shared<const Tensor>(std::move(tensor))});
}

Program::PlannedStep* Lowering::WriterOf(const Value& value) const {
  const auto writer = draft_.writers.find(value.slot);
  return writer == draft_.writers.end() ? nullptr : &draft_.program.steps[writer->second];
}

Program::PlannedStep* Lowering::OnlyWriterOf(size_t i) const {
  if (!input(i).rows()) return nullptr;
  const auto readers = draft_.readers.find(input(i).slot);
  if (readers == draft_.readers.end() || readers->second != 1) return nullptr;
  return WriterOf(input(i));
}

Status Lowering::Refuse(Reason reason, std::string_view why) const {
  const std::string name = node_.name().empty() && node_.output_size() > 0
                               ? onnx::Shown(node_.output(0))
                               : onnx::Shown(node_.name());
  return Error(reason, "node \"{}\" ({}): {}", name, onnx::Shown(node_.op_type()), why);
}

}  // namespace slipway::tabular
