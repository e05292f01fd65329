#include "protocol/instances/rows.h"

#include <algorithm>
#include <vector>

#include "infer/spec_finder.h"
#include "infer/table.h"
#include "protocol/instances/json_table.h"
#include "text/json_writer.h"

namespace slipway::instances {
namespace {

std::string Quote(std::string_view name) {
  constexpr size_t kQuoted = 60;
  return fmt::format("\"{}{}\"", name.substr(0, kQuoted), name.size() > kQuoted ? "..." : "");
}

Status AnnotateInput(const Status& status, std::string_view name) {
  return Annotate(status, fmt::format("input {}", Quote(name)));
}

/// What is asked of the value ahead: `reader` is a copy, the caller's own stays where it is.
bool IsNamedTensors(JsonReader reader) {
  if (const auto type = reader.Peek(); !type.ok() || *type != JsonType::kObject) return false;
  std::string_view key;
  if (!reader.BeginObject().ok()) return false;
  if (const auto any = reader.NextKey(&key); !any.ok() || !*any || key != "b64") return true;
  if (const auto type = reader.Peek(); !type.ok() || *type != JsonType::kString) return true;
  const bool skipped = reader.Skip().ok();
  const auto more = reader.NextKey(&key);
  return skipped && more.ok() && *more;
}

bool BeginsWithNamedTensors(JsonReader reader) {
  if (!reader.BeginArray().ok()) return false;
  const auto more = reader.NextElement();
  return more.ok() && *more && IsNamedTensors(reader);
}

/// The input that a value without a name is for.
StatusOr<const TensorSpec*> SoleInput(const Signature& signature) {
  const TensorSpec* sole = nullptr;
  for (const TensorSpec& spec : signature.inputs) {
    if (spec.optional && signature.inputs.size() > 1) continue;
    if (sole != nullptr)
      return Error(Reason::kBadRequest,
                   "the model has {} inputs: expected an object with their names",
                   signature.inputs.size());
    sole = &spec;
  }
  if (sole == nullptr)
    return Error(Reason::kBadRequest, "the model has no input that must be given");
  return sole;
}

Status ReadSoleInput(JsonReader& json, const Signature& signature, InferRequest& request) {
  ASSIGN_OR_RETURN(const TensorSpec* spec, SoleInput(signature));
  NestedReader reader(*spec, request.arena);
  if (const Status read = reader.Read(json); !read.ok()) return AnnotateInput(read, spec->name);
  request.inputs.push_back({spec->name, reader.One()});
  return OkStatus();
}

/// Objects of named tensors, each with the same names.
class NamedRows {
 public:
  NamedRows(const Signature& signature, Arena& arena)
      : specs_(signature.inputs), finder_(signature.inputs) {
    for (const TensorSpec& spec : specs_) inputs_.emplace_back(spec, arena);
  }

  Status ReadRow(JsonReader& json) {
    size_t seen = 0;
    RETURN_IF_ERROR(json.BeginObject());
    for (std::string_view key;; ++seen) {
      ASSIGN_OR_RETURN(const bool more, json.NextKey(&key));
      if (!more) break;
      RETURN_IF_ERROR(ReadInput(json, key));
    }
    if (rows_ == 0) named_ = seen;
    if (seen < named_) {
      const auto missing = std::ranges::find(inputs_, rows_, &NestedReader::values);
      return Error(Reason::kBadRequest, "input {} is missing",
                   Quote(specs_[missing - inputs_.begin()].name));
    }
    ++rows_;
    return OkStatus();
  }

  size_t rows() const { return rows_; }

  void Take(InferRequest& request) const {
    for (size_t i = 0; i < specs_.size(); ++i)
      if (inputs_[i].values() > 0) request.inputs.push_back({specs_[i].name, inputs_[i].Stacked()});
  }

 private:
  Status ReadInput(JsonReader& json, std::string_view name) {
    const auto index = finder_.Find(name);
    if (!index) return Error(Reason::kBadRequest, "the model has no input {}", Quote(name));
    NestedReader& input = inputs_[*index];
    if (input.values() > rows_)
      return Error(Reason::kBadRequest, "input {} is given twice", Quote(name));
    if (input.values() < rows_)
      return Error(Reason::kBadRequest, "input {} is not in the instances before it", Quote(name));
    const Status read = input.Read(json);
    return read.ok() ? read : AnnotateInput(read, specs_[*index].name);
  }

  const std::vector<TensorSpec>& specs_;
  SpecFinder finder_;
  std::vector<NestedReader> inputs_;  // by index into specs_
  size_t rows_ = 0;
  size_t named_ = 0;  // inputs of each row
};

Status ReadNamedRows(JsonReader& json, const Signature& signature, InferRequest& request) {
  NamedRows rows(signature, request.arena);
  RETURN_IF_ERROR(json.BeginArray());
  for (;;) {
    ASSIGN_OR_RETURN(const bool more, json.NextElement());
    if (!more) break;
    ASSIGN_OR_RETURN(const JsonType type, json.Peek());
    if (type != JsonType::kObject) return json.Expected("an object, like the instances before it");
    if (const Status read = rows.ReadRow(json); !read.ok())
      return Annotate(read, fmt::format("instance {}", rows.rows()));
  }
  rows.Take(request);
  return OkStatus();
}

Status ReadNamedColumns(JsonReader& json, const Signature& signature, InferRequest& request) {
  SpecFinder finder(signature.inputs);
  std::vector<bool> seen(signature.inputs.size());
  RETURN_IF_ERROR(json.BeginObject());
  for (std::string_view key;;) {
    ASSIGN_OR_RETURN(const bool more, json.NextKey(&key));
    if (!more) return OkStatus();
    const auto index = finder.Find(key);
    if (!index) return Error(Reason::kBadRequest, "the model has no input {}", Quote(key));
    if (seen[*index]) return Error(Reason::kBadRequest, "input {} is given twice", Quote(key));
    seen[*index] = true;
    const TensorSpec& spec = signature.inputs[*index];
    NestedReader reader(spec, request.arena);
    if (const Status read = reader.Read(json); !read.ok()) return AnnotateInput(read, spec.name);
    request.inputs.push_back({spec.name, reader.One()});
  }
}

ElementStyle StyleOf(const NamedTensor& output, OutputStyle style) {
  return {style.non_finite, style.base64_by_name && output.name.ends_with("_bytes")};
}

Status AnnotateOutput(const Status& status, std::string_view name) {
  return status.ok() ? status : Annotate(status, fmt::format("output \"{}\"", name));
}

Status AppendColumn(const NamedTensor& output, OutputStyle style, std::string& out) {
  return AnnotateOutput(AppendNested(output.tensor, StyleOf(output, style), out), output.name);
}

/// How many rows every output has.
StatusOr<int64_t> CountRows(std::span<const NamedTensor> outputs) {
  for (const NamedTensor& output : outputs) {
    const Shape& shape = output.tensor.shape;
    if (shape.empty())
      return Error(Reason::kBadRequest, "output \"{}\" has no rows; ask by column", output.name);
    if (const int64_t rows = outputs.front().tensor.shape.front(); shape.front() != rows)
      return Error(Reason::kBadRequest,
                   "output \"{}\": expected {} rows like output \"{}\", got {}; ask by column",
                   output.name, rows, outputs.front().name, shape.front());
  }
  return outputs.empty() ? 0 : outputs.front().tensor.shape.front();
}

/// The object that is due names columns of a model of a table, not its input.
bool NamesColumns(JsonReader json, const Signature& signature) {
  if (!TakesTable(signature) || signature.inputs.front().columns.empty()) return false;
  std::string_view key;
  if (!json.BeginObject().ok()) return false;
  const auto named = json.NextKey(&key);
  return named.ok() && *named && key != signature.inputs.front().name;
}

bool FirstNamesColumns(JsonReader json, const Signature& signature) {
  if (!json.BeginArray().ok()) return false;
  const auto first = json.NextElement();
  return first.ok() && *first && NamesColumns(std::move(json), signature);
}

/// Hands the value that is due to a reader of tables.
Status ReadAsTable(JsonReader& json, const Signature& signature, InferRequest& request,
                   Status (*read)(std::string_view, const TableModel&, InferRequest&)) {
  const char* const body = json.rest().data() - json.position();
  std::string_view value;
  RETURN_IF_ERROR(json.Skip(&value));
  return read(value, {signature, signature.inputs.front().columns, body}, request);
}

}  // namespace

Status ReadRows(JsonReader& json, const Signature& signature, InferRequest& request) {
  if (FirstNamesColumns(json, signature)) return ReadAsTable(json, signature, request, ReadRowList);
  if (BeginsWithNamedTensors(json)) return ReadNamedRows(json, signature, request);
  ASSIGN_OR_RETURN(const JsonType type, json.Peek());
  if (type != JsonType::kArray) return json.Expected("a list of instances");
  RETURN_IF_ERROR(ReadSoleInput(json, signature, request));
  if (request.inputs.back().tensor.shape.front() == 0)
    return Error(Reason::kBadRequest, "expected at least one instance");
  return OkStatus();
}

Status ReadColumns(JsonReader& json, const Signature& signature, InferRequest& request) {
  if (NamesColumns(json, signature)) return ReadAsTable(json, signature, request, ReadColumnLists);
  if (IsNamedTensors(json)) return ReadNamedColumns(json, signature, request);
  return ReadSoleInput(json, signature, request);
}

Status AppendRows(std::span<const NamedTensor> outputs, OutputStyle style, std::string& out) {
  ASSIGN_OR_RETURN(const int64_t rows, CountRows(outputs));
  if (outputs.size() == 1) return AppendColumn(outputs.front(), style, out);
  std::vector<ElementWriter> elements;
  for (const NamedTensor& output : outputs)
    elements.emplace_back(output.tensor, StyleOf(output, style));
  JsonWriter json(out);
  json.BeginArray();
  for (int64_t row = 0; row < rows; ++row) {
    json.BeginObject();
    for (size_t i = 0; i < outputs.size(); ++i) {
      json.Key(outputs[i].name).Raw("");
      const std::span<const int64_t> shape(outputs[i].tensor.shape);
      RETURN_IF_ERROR(
          AnnotateOutput(AppendNested(shape.subspan(1), elements[i], out), outputs[i].name));
    }
    json.EndObject();
  }
  json.EndArray();
  return OkStatus();
}

Status AppendColumns(std::span<const NamedTensor> outputs, OutputStyle style, std::string& out) {
  if (outputs.size() == 1) return AppendColumn(outputs.front(), style, out);
  JsonWriter json(out);
  json.BeginObject();
  for (const NamedTensor& output : outputs) {
    json.Key(output.name).Raw("");
    RETURN_IF_ERROR(AppendColumn(output, style, out));
  }
  json.EndObject();
  return OkStatus();
}

}  // namespace slipway::instances
