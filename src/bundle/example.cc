#include "bundle/example.h"

#include <algorithm>
#include <cmath>

#include "bundle/json_fields.h"
#include "bundle/manifest.h"
#include "io/beneath.h"
#include "tensor/half.h"
#include "text/number_array.h"

namespace slipway::bundle {
namespace {

constexpr std::string_view kSuffix = ".json";
constexpr size_t kMaxExampleTensors = 10'000;

// A tensor as the JSON says; `data` is read once dtype and shape are known, in whatever order they
// came.
struct RawTensor {
  std::string name;
  std::string datatype;
  std::optional<Shape> shape;
  std::string_view data;  // JSON text
  std::string file;
  Tolerance tolerance;
};

Status ReadDimensions(JsonReader& reader, Shape* shape) {
  return ReadArray(reader, kMaxRank, [&] { return reader.ReadInt64(&shape->emplace_back()); });
}

Status ReadTolerance(JsonReader& reader, Tolerance* tolerance) {
  RETURN_IF_ERROR(ReadObject(reader, [&](std::string_view key) -> StatusOr<bool> {
    if (key == "absolute") return Consumed(reader.ReadDouble(&tolerance->absolute));
    if (key == "relative") return Consumed(reader.ReadDouble(&tolerance->relative));
    return false;
  }));
  if (tolerance->absolute >= 0 && tolerance->relative >= 0) return OkStatus();
  return Error(Reason::kBadRequest, "tolerance: expected 0 or more");
}

Status ReadRawTensor(JsonReader& reader, RawTensor* tensor) {
  return ReadObject(reader, [&](std::string_view key) -> StatusOr<bool> {
    if (key == "name") return Consumed(reader.ReadString(&tensor->name));
    if (key == "datatype") return Consumed(reader.ReadString(&tensor->datatype));
    if (key == "shape") return Consumed(ReadDimensions(reader, &tensor->shape.emplace()));
    if (key == "data") return Consumed(reader.Skip(&tensor->data));
    if (key == "file") return Consumed(reader.ReadString(&tensor->file));
    if (key == "tolerance") return Consumed(ReadTolerance(reader, &tensor->tolerance));
    return false;
  });
}

template <typename T>
std::span<T> ElementsOf(std::byte* start, size_t count) {
  return {reinterpret_cast<T*>(start), count};
}

Status ReadNumbers(JsonReader& reader, DType dtype, std::byte* out, size_t count, size_t* got) {
  switch (dtype) {
    case DType::kBool:
      return ReadBoolArray(reader, ElementsOf<uint8_t>(out, count), got);
    case DType::kUint8:
      return ReadNumberArray(reader, ElementsOf<uint8_t>(out, count), got);
    case DType::kUint16:
      return ReadNumberArray(reader, ElementsOf<uint16_t>(out, count), got);
    case DType::kUint32:
      return ReadNumberArray(reader, ElementsOf<uint32_t>(out, count), got);
    case DType::kUint64:
      return ReadNumberArray(reader, ElementsOf<uint64_t>(out, count), got);
    case DType::kInt8:
      return ReadNumberArray(reader, ElementsOf<int8_t>(out, count), got);
    case DType::kInt16:
      return ReadNumberArray(reader, ElementsOf<int16_t>(out, count), got);
    case DType::kInt32:
      return ReadNumberArray(reader, ElementsOf<int32_t>(out, count), got);
    case DType::kInt64:
      return ReadNumberArray(reader, ElementsOf<int64_t>(out, count), got);
    case DType::kFp16:
      return ReadNumberArray(reader, ElementsOf<uint16_t>(out, count), NarrowToFp16, got);
    case DType::kBf16:
      return ReadNumberArray(reader, ElementsOf<uint16_t>(out, count), NarrowToBf16, got);
    case DType::kFp32:
      return ReadNumberArray(reader, ElementsOf<float>(out, count), got);
    case DType::kFp64:
      return ReadNumberArray(reader, ElementsOf<double>(out, count), got);
    case DType::kBytes:
      break;
  }
  return Error(Reason::kInternal, "BYTES are no numbers");
}

StatusOr<Buffer> ReadStringData(JsonReader& reader) {
  std::string wire;
  RETURN_IF_ERROR(ReadNestedArray(reader, [&](JsonReader&) -> Status {
    std::string_view element;
    RETURN_IF_ERROR(reader.ReadString(&element));
    AppendBytesElement(wire, element);
    return OkStatus();
  }));
  return Buffer::Own(std::move(wire));
}

StatusOr<Buffer> ReadJsonData(std::string_view json, DType dtype, const Shape& shape) {
  JsonReader reader(json);
  if (dtype == DType::kBytes) return ReadStringData(reader);
  ASSIGN_OR_RETURN(const int64_t count, ElementCount(shape));
  // An element takes a character at least, so a short text cannot ask for much memory.
  if (static_cast<uint64_t>(count) > json.size()) {
    return Error(Reason::kBadRequest, "expected {} elements, got fewer", count);
  }
  std::byte* start = nullptr;
  Buffer buffer = Buffer::Allocate(static_cast<size_t>(count) * ElementSize(dtype), &start);
  size_t got = 0;
  RETURN_IF_ERROR(ReadNumbers(reader, dtype, start, static_cast<size_t>(count), &got));
  if (got == static_cast<size_t>(count)) return buffer;
  return Error(Reason::kBadRequest, "expected {} elements, got {}", count, got);
}

StatusOr<Tensor> MakeTensor(const RawTensor& raw, const ReadRaw& read_raw) {
  const auto dtype = ParseDType(raw.datatype);
  if (!dtype) return Error(Reason::kBadRequest, "unknown datatype \"{}\"", raw.datatype);
  if (!raw.shape) return Error(Reason::kBadRequest, "field \"shape\" is missing");
  if (raw.data.empty() == raw.file.empty()) {
    return Error(Reason::kBadRequest, "expected either \"data\" or \"file\"");
  }
  Tensor tensor{*dtype, *raw.shape, {}};
  if (raw.file.empty()) {
    ASSIGN_OR_RETURN(tensor.data, ReadJsonData(raw.data, *dtype, tensor.shape));
  } else {
    RETURN_IF_ERROR(io::CheckRelativeName(raw.file));
    ASSIGN_OR_RETURN(tensor.data, read_raw(fmt::format("{}{}", kExamplesPrefix, raw.file)));
  }
  RETURN_IF_ERROR(CheckData(tensor));
  return tensor;
}

class Parser {
 public:
  Parser(std::string_view json, const ReadRaw& read_raw) : reader_(json), read_raw_(read_raw) {}

  StatusOr<Example> Parse() {
    RETURN_IF_ERROR(ReadObject(reader_, [&](std::string_view key) -> StatusOr<bool> {
      if (key == "origin") return Consumed(reader_.ReadString(&example_.origin));
      if (key == "framework_version") {
        return Consumed(reader_.ReadString(&example_.framework_version));
      }
      if (key == "inputs") return Consumed(ReadTensors("input", &example_.inputs, nullptr));
      if (key == "outputs") {
        return Consumed(ReadTensors("output", &example_.outputs, &example_.tolerances));
      }
      return false;
    }));
    RETURN_IF_ERROR(reader_.End());
    if (example_.origin.empty()) return Error(Reason::kBadRequest, "field \"origin\" is missing");
    if (example_.outputs.empty()) return Error(Reason::kBadRequest, "field \"outputs\" is missing");
    return std::move(example_);
  }

 private:
  Status ReadTensors(std::string_view kind, std::vector<NamedTensor>* tensors,
                     std::vector<Tolerance>* tolerances) {
    return ReadArray(reader_, kMaxExampleTensors, [&]() -> Status {
      RawTensor raw;
      RETURN_IF_ERROR(ReadRawTensor(reader_, &raw));
      if (raw.name.empty()) return Error(Reason::kBadRequest, "{} without a name", kind);
      auto tensor = MakeTensor(raw, read_raw_);
      if (!tensor.ok()) return Annotate(tensor.status(), fmt::format("{} \"{}\"", kind, raw.name));
      tensors->push_back({std::move(raw.name), *std::move(tensor)});
      if (tolerances) tolerances->push_back(raw.tolerance);
      return OkStatus();
    });
  }

  JsonReader reader_;
  const ReadRaw& read_raw_;
  Example example_;
};

Status CheckTensors(std::string_view kind, const std::vector<NamedTensor>& tensors,
                    const std::vector<TensorSpec>& specs) {
  std::vector<bool> seen(specs.size());
  for (const auto& [name, tensor] : tensors) {
    const auto index = IndexOf(specs, name);
    if (!index)
      return Error(Reason::kBadRequest, "{} \"{}\": the model has none of this name", kind, name);
    if (seen[*index]) return Error(Reason::kBadRequest, "{} \"{}\" occurs twice", kind, name);
    seen[*index] = true;
    const TensorSpec& spec = specs[*index];
    if (tensor.dtype != spec.dtype || !Takes(spec, tensor.shape)) {
      return Error(Reason::kBadRequest, "{} \"{}\": expected {}, got {}", kind, name,
                   ToString(spec.dtype, spec.shape), ToString(tensor.dtype, tensor.shape));
    }
  }
  if (kind == "output") return OkStatus();
  for (size_t i = 0; i < specs.size(); ++i) {
    if (!seen[i] && !specs[i].optional) {
      return Error(Reason::kBadRequest, "{} \"{}\" is missing", kind, specs[i].name);
    }
  }
  return OkStatus();
}

std::string FileOf(std::string_view name) {
  return fmt::format("{}{}{}", kExamplesPrefix, name, kSuffix);
}

}  // namespace

std::string_view ExampleNameOf(std::string_view path) {
  if (!path.starts_with(kExamplesPrefix) || !path.ends_with(kSuffix)) return {};
  path.remove_prefix(kExamplesPrefix.size());
  if (path.size() <= kSuffix.size() || path.size() > 63 + kSuffix.size()) return {};
  path.remove_suffix(kSuffix.size());
  const auto letter_or_digit = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  };
  const bool good = letter_or_digit(path[0]) && std::all_of(path.begin(), path.end(), [&](char c) {
                      return letter_or_digit(c) || c == '.' || c == '_' || c == '-';
                    });
  return good ? path : std::string_view();
}

StatusOr<Example> ParseExample(std::string_view name, std::string_view json,
                               const ReadRaw& read_raw) {
  auto example = Parser(json, read_raw).Parse();
  if (!example.ok()) return AsBadModel(example.status(), FileOf(name));
  example->name = name;
  return example;
}

Status CheckExample(const Example& example, const Signature& signature) {
  Status status = CheckTensors("input", example.inputs, signature.inputs);
  if (status.ok()) status = CheckTensors("output", example.outputs, signature.outputs);
  return AsBadModel(status, FileOf(example.name));
}

}  // namespace slipway::bundle
