#include "engine/tabular/compiler.h"

#include <algorithm>
#include <map>

#include "engine/tabular/fusion.h"
#include "engine/tabular/lowering.h"
#include "engine/tabular/operators/sparse.h"
#include "engine/tabular/operators/steps.h"
#include "onnx/display.h"
#include "onnx/tensor_proto.h"

namespace slipway::tabular {
namespace {

constexpr int kMaxNodes = 10'000;  // of which every one may keep a slot alive
// What the operators are lowered by; others may mean something else.
constexpr int64_t kOldestOpset = 7, kNewestOpset = 26;
constexpr int64_t kNewestMlOpset = 5;

using Opsets = std::map<std::string, int64_t, std::less<>>;

Opsets OpsetsOf(const ::onnx::ModelProto& model) {
  Opsets opsets;
  for (const auto& opset : model.opset_import())
    opsets[opset.domain() == "ai.onnx" ? "" : opset.domain()] = opset.version();
  return opsets;
}

Status CheckOpsets(const Opsets& opsets) {
  for (const auto& [domain, version] : opsets) {
    if (domain.empty() && (version < kOldestOpset || version > kNewestOpset))
      return Error(Reason::kUnsupported, "operator set {} of ai.onnx is not one of {} to {}",
                   version, kOldestOpset, kNewestOpset);
    if (domain == "ai.onnx.ml" && (version < 1 || version > kNewestMlOpset))
      return Error(Reason::kUnsupported, "operator set {} of ai.onnx.ml is not one of 1 to {}",
                   version, kNewestMlOpset);
  }
  return OkStatus();
}

Value ConstantValue(Tensor tensor) {
  const DType dtype = tensor.dtype;
  return {.kind = Value::Kind::kConstant,
          .dtype = dtype,
          .constant = std::make_shared<const Tensor>(std::move(tensor))};
}

class Compiler {
 public:
  Compiler(const ::onnx::ModelProto& model, const Signature& signature)
      : graph_(model.graph()), signature_(signature) {
    draft_.opsets = OpsetsOf(model);
  }

  StatusOr<Program> Run() {
    RETURN_IF_ERROR(AddInitializers());
    AddInputs();
    for (const auto& node : graph_.node()) RETURN_IF_ERROR(AddNode(node));
    for (const TensorSpec& spec : signature_.outputs) RETURN_IF_ERROR(AddOutput(spec));
    DropUnused(draft_.program);
    Fuse(draft_.program);
    DropUnused(draft_.program);
    KeepInputsThatAreRead();
    RETURN_IF_ERROR(CheckRows());
    RETURN_IF_ERROR(Plan(draft_.program));
    return std::move(draft_.program);
  }

 private:
  Status AddInitializers() {
    for (const auto& initializer : graph_.initializer()) {
      ASSIGN_OR_RETURN(Tensor tensor, onnx::ToTensor(initializer));
      draft_.values[initializer.name()] = ConstantValue(std::move(tensor));
    }
    return OkStatus();
  }

  void AddInputs() {
    for (size_t i = 0; i < signature_.inputs.size(); ++i) {
      const TensorSpec& spec = signature_.inputs[i];
      // An initializer of the same name is a default that a request may replace.
      Value value{.kind = Value::Kind::kOpaque, .dtype = spec.dtype, .input = i};
      const bool ranked = !spec.any_rank && !spec.optional && !spec.shape.empty();
      const auto row_bytes = ranked ? RowBytes(spec.dtype, std::span(spec.shape).subspan(1))
                                    : std::nullopt;  // also where a dimension is open
      if (row_bytes) {
        value.kind = Value::Kind::kRows;
        value.tail.assign(spec.shape.begin() + 1, spec.shape.end());
        value.slot = static_cast<Slot>(draft_.program.slots.size());
        draft_.program.slots.push_back({spec.dtype, *row_bytes});
      }
      draft_.program.inputs.push_back(value.slot);
      draft_.values[spec.name] = std::move(value);
    }
  }

  Status CheckNode(const Operator& op, const Lowering& lowering) const {
    const ::onnx::NodeProto& node = lowering.node();
    const size_t count = lowering.input_count();
    if (count < op.least_inputs || count > op.most_inputs || node.output_size() == 0)
      return lowering.Bad("{} inputs and {} outputs", count, node.output_size());
    for (size_t i = 0; i < count; ++i)
      if (!lowering.has(i) && (i < op.least_inputs || !node.input(static_cast<int>(i)).empty()))
        return lowering.Bad("input \"{}\" is made by nothing before it",
                            onnx::Shown(node.input(static_cast<int>(i))));
    for (const auto& name : node.output())
      if (!name.empty() && draft_.values.contains(name))
        return lowering.Bad("\"{}\" is there already", onnx::Shown(name));
    return OkStatus();
  }

  Status AddNode(const ::onnx::NodeProto& node) {
    const Operator* const found = FindOperator(node.domain(), node.op_type());
    const bool takes_sparse = found != nullptr && found->takes_sparse;
    for (const std::string& name : node.input())
      if (!takes_sparse) MakeDenseToo(name);
    Lowering lowering(node, draft_, takes_sparse);
    if (found == nullptr) return lowering.Unsupported("is not an operator of this engine");
    RETURN_IF_ERROR(CheckNode(*found, lowering));
    RETURN_IF_ERROR(found->lower(lowering));
    return OkStatus();
  }

  /// What knows nothing of sparse rows is given these.
  void MakeDenseToo(const std::string& name) {
    const auto found = draft_.values.find(name);
    if (found == draft_.values.end() || !found->second.sparse || draft_.dense.contains(name))
      return;
    Program& program = draft_.program;
    Value dense = found->second;
    dense.sparse = false;
    dense.slot = static_cast<Slot>(program.slots.size());
    program.slots.push_back({DType::kFp64, dense.columns() * sizeof(double), 0});
    program.steps.push_back({MakeDense(found->second.slot, dense.slot, dense.columns()),
                             {found->second.slot},
                             {dense.slot}});
    draft_.dense[name] = std::move(dense);
  }

  Status AddOutput(const TensorSpec& spec) {
    MakeDenseToo(spec.name);
    const auto dense = draft_.dense.find(spec.name);
    const auto found = draft_.values.find(spec.name);
    if (found == draft_.values.end())
      return Error(Reason::kBadModel, "output \"{}\": nothing makes it", onnx::Shown(spec.name));
    const Value& value = dense == draft_.dense.end() ? found->second : dense->second;
    OutputSource source;
    RETURN_IF_ERROR(CheckDeclared(spec, value));
    if (value.input) {
      source.input = value.input;
    } else if (value.is_constant()) {
      source.constant = value.constant;
    } else {
      source.slot = IsInput(value.slot) ? CopyOf(value) : value.slot;
      source.tail = value.tail;
    }
    draft_.program.outputs.push_back(std::move(source));
    return OkStatus();
  }

  bool IsInput(Slot slot) const {
    return std::ranges::find(draft_.program.inputs, slot) != draft_.program.inputs.end();
  }

  /// What an input holds, under another shape: outputs own what they answer.
  Slot CopyOf(const Value& value) {
    Program& program = draft_.program;
    const auto copy = static_cast<Slot>(program.slots.size());
    program.slots.push_back(program.slots[value.slot]);
    const size_t row_bytes = program.slots[copy].row_bytes;
    auto step = MakeStep([from = value.slot, copy, row_bytes](const Block& block) {
      CopyBytes(block.In<std::byte>(from), block.rows * row_bytes, block.Out<std::byte>(copy));
    });
    program.steps.push_back({std::move(step), {value.slot}, {copy}});
    return copy;
  }

  Status CheckDeclared(const TensorSpec& spec, const Value& value) const {
    if (value.dtype == spec.dtype && HasShape(value, spec)) return OkStatus();
    return Error(Reason::kUnsupported, "output \"{}\": declared as {}, computed as {}",
                 onnx::Shown(spec.name), ToString(spec.dtype, spec.shape), value.ToString());
  }

  bool HasShape(const Value& value, const TensorSpec& declared) const {
    if (value.is_constant())
      return declared.any_rank || Matches(declared.shape, value.constant->shape);
    if (value.rows() && !value.row_vector)
      return declared.any_rank ||
             (!declared.shape.empty() && Matches(std::span(declared.shape).subspan(1), value.tail));
    if (!value.input) return false;
    // Handed through: what a request leaves out is not there to be answered.
    const TensorSpec& input = signature_.inputs[*value.input];
    return !input.optional &&
           (declared.any_rank || (!input.any_rank && Matches(declared.shape, input.shape)));
  }

  // What only goes through is no row input, and its first dimension is its own; unless some value
  // is the number of rows, which may be of any.
  void KeepInputsThatAreRead() {
    if (draft_.counts_rows) return;
    std::vector<bool> read(draft_.program.slots.size());
    for (const auto& planned : draft_.program.steps)
      for (const Slot slot : planned.reads) read[slot] = true;
    for (Slot& slot : draft_.program.inputs)
      if (slot != kNoSlot && !read[slot]) slot = kNoSlot;
  }

  /// One number of rows for all, as the model says: ONNX would spread one row over those of another
  /// input.
  Status CheckRows() const {
    const TensorSpec* first = nullptr;
    std::string first_rows;
    for (size_t i = 0; i < signature_.inputs.size(); ++i) {
      if (draft_.program.inputs[i] == kNoSlot) continue;
      const TensorSpec& spec = signature_.inputs[i];
      const std::string rows = RowsOf(spec.name);
      if (first != nullptr && (rows.empty() || rows != first_rows))
        return Error(Reason::kUnsupported,
                     "inputs \"{}\" and \"{}\" may differ in their rows: their first dimensions "
                     "have no name in common",
                     onnx::Shown(first->name), onnx::Shown(spec.name));
      first = &spec;
      first_rows = rows;
    }
    return OkStatus();
  }

  /// What the model calls the first dimension of an input: a name, a number, or nothing.
  std::string RowsOf(const std::string& input) const {
    for (const auto& declared : graph_.input()) {
      if (declared.name() != input) continue;
      const auto& shape = declared.type().tensor_type().shape();
      if (shape.dim_size() == 0) return "";
      const auto& rows = shape.dim(0);
      return rows.has_dim_value() ? fmt::format("{}", rows.dim_value()) : rows.dim_param();
    }
    return "";
  }

  const ::onnx::GraphProto& graph_;
  const Signature& signature_;
  Draft draft_;
};

}  // namespace

Status CheckOperators(const ::onnx::ModelProto& skeleton) {
  RETURN_IF_ERROR(CheckOpsets(OpsetsOf(skeleton)));
  if (skeleton.graph().node_size() > kMaxNodes)
    return Error(Reason::kUnsupported, "{} nodes, at most {} are compiled",
                 skeleton.graph().node_size(), kMaxNodes);
  if (skeleton.graph().sparse_initializer_size() > 0)
    return Error(Reason::kUnsupported, "sparse initializers are not supported");
  for (const auto& function : skeleton.functions())
    if (function.domain() != kOwnDomain)  // ours are known without their definitions
      return Error(Reason::kUnsupported, "functions of the model's own are not supported");
  Draft none;
  for (const auto& node : skeleton.graph().node())
    if (FindOperator(node.domain(), node.op_type()) == nullptr && node.op_type() != "ZipMap")
      return Lowering(node, none).Unsupported("is not an operator of this engine");
  return OkStatus();
}

StatusOr<Program> Compile(const ::onnx::ModelProto& model, const Signature& signature) {
  return Compiler(model, signature).Run();
}

}  // namespace slipway::tabular
