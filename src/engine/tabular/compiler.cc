#include "engine/tabular/compiler.h"

#include <algorithm>
#include <map>

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
    CountUses();
    RETURN_IF_ERROR(AddInitializers());
    AddInputs();
    for (const auto& node : graph_.node()) RETURN_IF_ERROR(AddNode(node));
    for (const TensorSpec& spec : signature_.outputs) RETURN_IF_ERROR(AddOutput(spec));
    KeepInputsThatAreRead();
    RETURN_IF_ERROR(CheckRows());
    RETURN_IF_ERROR(Plan(draft_.program));
    return std::move(draft_.program);
  }

 private:
  void CountUses() {
    for (const auto& node : graph_.node())
      for (const auto& name : node.input()) ++draft_.uses[name];
    for (const auto& output : graph_.output()) ++draft_.uses[output.name()];
  }

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
      if (!spec.any_rank && !spec.optional && !spec.shape.empty() &&
          std::all_of(spec.shape.begin() + 1, spec.shape.end(), [](int64_t d) { return d >= 0; }) &&
          Countable(spec)) {
        value.kind = Value::Kind::kRows;
        value.tail.assign(spec.shape.begin() + 1, spec.shape.end());
        value.slot = static_cast<Slot>(draft_.program.slots.size());
        draft_.program.slots.push_back(
            {spec.dtype, value.columns() * SlotElementSize(spec.dtype), 0});
        draft_.readers[value.slot] = draft_.uses[spec.name];
      }
      draft_.program.inputs.push_back(value.slot);
      draft_.values[spec.name] = std::move(value);
    }
  }

  static bool Countable(const TensorSpec& spec) {
    const auto bytes = ByteCount(DType::kFp64, std::span(spec.shape).subspan(1));
    return bytes.ok() && static_cast<size_t>(*bytes) <= kMaxRowBytes;
  }

  Status AddNode(const ::onnx::NodeProto& node) {
    const Operator* const found = FindOperator(node.domain(), node.op_type());
    const bool takes_sparse = found != nullptr && found->takes_sparse;
    for (const std::string& name : node.input())
      if (!takes_sparse) MakeDenseToo(name);
    Lowering lowering(node, draft_, takes_sparse);
    if (found == nullptr) return lowering.Unsupported("is not an operator of this engine");
    for (size_t i = 0; i < lowering.input_count(); ++i)
      if (!node.input(static_cast<int>(i)).empty() && !lowering.has(i))
        return lowering.Bad("input \"{}\" is made by nothing before it",
                            onnx::Shown(node.input(static_cast<int>(i))));
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
    draft_.writers[dense.slot] = program.steps.size();
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
    if (value.input) {
      source.input = value.input;
    } else if (value.is_constant()) {
      source.constant = value.constant;
    } else {
      RETURN_IF_ERROR(CheckDeclared(spec, value));
      source.slot = draft_.writers.contains(value.slot) ? value.slot : CopyOf(value);
      source.tail = value.tail;
    }
    draft_.program.outputs.push_back(std::move(source));
    return OkStatus();
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

  static Status CheckDeclared(const TensorSpec& spec, const Value& value) {
    bool fits = value.rows() && !value.row_vector && value.dtype == spec.dtype;
    if (fits && !spec.any_rank) {
      fits = spec.shape.size() == value.rank();
      for (size_t i = 1; fits && i < spec.shape.size(); ++i)
        fits = spec.shape[i] == -1 || spec.shape[i] == value.tail[i - 1];
    }
    if (fits) return OkStatus();
    return Error(Reason::kUnsupported, "output \"{}\": declared as {}, computed as {}",
                 onnx::Shown(spec.name), ToString(spec.dtype, spec.shape), value.ToString());
  }

  // What only goes through is no row input, and its first dimension is its own.
  void KeepInputsThatAreRead() {
    std::vector<bool> read(draft_.program.slots.size());
    for (const auto& planned : draft_.program.steps)
      for (const Slot slot : planned.reads) read[slot] = true;
    for (Slot& slot : draft_.program.inputs)
      if (slot != kNoSlot && !read[slot]) slot = kNoSlot;
  }

  /// One number of rows for all: ONNX would spread one row over those of another input.
  Status CheckRows() const {
    const TensorSpec* first = nullptr;
    for (size_t i = 0; i < signature_.inputs.size(); ++i) {
      if (draft_.program.inputs[i] == kNoSlot) continue;
      const TensorSpec& spec = signature_.inputs[i];
      if (first == nullptr) first = &spec;
      if (spec.shape[0] != first->shape[0])
        return Error(Reason::kUnsupported, "inputs \"{}\" and \"{}\" differ in their rows",
                     onnx::Shown(first->name), onnx::Shown(spec.name));
    }
    return OkStatus();
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
