#include <optional>
#include <span>

#include "base/utf8.h"
#include "bundle/example.h"
#include "bundle/manifest.h"
#include "text/json_writer.h"
#include "text/number_format.h"

namespace slipway::bundle {
namespace {

constexpr size_t kMaxInlineBytes = size_t{64} << 10;  // longer data lie in a file of their own

template <typename T>
std::optional<std::string> NumbersText(const Tensor& tensor) {
  std::string text;
  const std::span<const T> values = tensor.as<T>();
  if (AppendNumberArray(text, values) != values.size()) return std::nullopt;
  return text;
}

std::string BoolsText(const Tensor& tensor) {
  std::string text;
  JsonWriter writer(text);
  writer.BeginArray();
  for (const uint8_t value : tensor.as<uint8_t>()) writer.Bool(value != 0);
  writer.EndArray();
  return text;
}

std::optional<std::string> StringsText(const Tensor& tensor) {
  std::string text;
  JsonWriter writer(text);
  writer.BeginArray();
  BytesReader reader(tensor.data.bytes());
  for (std::string_view element; reader.Next(&element);) {
    if (!IsValidUtf8(element)) return std::nullopt;
    writer.String(element);
  }
  writer.EndArray();
  return text;
}

/// The elements as JSON; nullopt where JSON cannot say them. Half floats always go raw.
std::optional<std::string> ElementsText(const Tensor& tensor) {
  switch (tensor.dtype) {
    case DType::kBool:
      return BoolsText(tensor);
    case DType::kUint8:
      return NumbersText<uint8_t>(tensor);
    case DType::kUint16:
      return NumbersText<uint16_t>(tensor);
    case DType::kUint32:
      return NumbersText<uint32_t>(tensor);
    case DType::kUint64:
      return NumbersText<uint64_t>(tensor);
    case DType::kInt8:
      return NumbersText<int8_t>(tensor);
    case DType::kInt16:
      return NumbersText<int16_t>(tensor);
    case DType::kInt32:
      return NumbersText<int32_t>(tensor);
    case DType::kInt64:
      return NumbersText<int64_t>(tensor);
    case DType::kFp32:
      return NumbersText<float>(tensor);
    case DType::kFp64:
      return NumbersText<double>(tensor);
    case DType::kBytes:
      return StringsText(tensor);
    case DType::kFp16:
    case DType::kBf16:
      break;
  }
  return std::nullopt;
}

class Renderer {
 public:
  explicit Renderer(const Example& example) : example_(example) {}

  StatusOr<std::map<std::string, std::string>> Render() {
    writer_.BeginObject().Key("origin").String(example_.origin);
    if (!example_.framework_version.empty())
      writer_.Key("framework_version").String(example_.framework_version);
    RETURN_IF_ERROR(RenderTensors("input", example_.inputs, {}));
    RETURN_IF_ERROR(RenderTensors("output", example_.outputs, example_.tolerances));
    writer_.EndObject();
    files_[fmt::format("{}{}.json", kExamplesPrefix, example_.name)] = json_ + "\n";
    return std::move(files_);
  }

 private:
  Status RenderTensors(std::string_view kind, const std::vector<NamedTensor>& tensors,
                       const std::vector<Tolerance>& tolerances) {
    writer_.Key(fmt::format("{}s", kind)).BeginArray();
    for (size_t i = 0; i < tensors.size(); ++i) {
      const auto& [name, tensor] = tensors[i];
      if (const Status data = CheckData(tensor); !data.ok())
        return Annotate(data, fmt::format("example \"{}\", {} \"{}\"", example_.name, kind, name));
      writer_.BeginObject().Key("name").String(name);
      writer_.Key("datatype").String(NameOf(tensor.dtype)).Key("shape").BeginArray();
      for (const int64_t dimension : tensor.shape) writer_.Int(dimension);
      writer_.EndArray();
      RenderData(tensor, fmt::format("{}.{}{}.bin", example_.name, kind, i));
      if (i < tolerances.size()) RenderTolerance(tolerances[i]);
      writer_.EndObject();
    }
    writer_.EndArray();
    return OkStatus();
  }

  void RenderData(const Tensor& tensor, const std::string& file) {
    const std::span<const std::byte> raw = tensor.data.bytes();
    const auto text = raw.size() <= kMaxInlineBytes ? ElementsText(tensor) : std::nullopt;
    if (text) {
      writer_.Key("data").Raw(*text);
      return;
    }
    writer_.Key("file").String(file);
    files_[fmt::format("{}{}", kExamplesPrefix, file)].assign(
        reinterpret_cast<const char*>(raw.data()), raw.size());
  }

  void RenderTolerance(const Tolerance& tolerance) {
    if (tolerance.absolute == 0 && tolerance.relative == 0) return;
    writer_.Key("tolerance").BeginObject().Key("absolute").Double(tolerance.absolute);
    writer_.Key("relative").Double(tolerance.relative).EndObject();
  }

  const Example& example_;
  std::string json_;
  JsonWriter writer_{json_};
  std::map<std::string, std::string> files_;
};

}  // namespace

StatusOr<std::map<std::string, std::string>> RenderExample(const Example& example) {
  const std::string path = fmt::format("{}{}.json", kExamplesPrefix, example.name);
  if (ExampleNameOf(path) != example.name || example.name.empty())
    return Error(Reason::kBadRequest,
                 "\"{}\" is no name for an example: expected [A-Za-z0-9][A-Za-z0-9._-]{{0,62}}",
                 example.name);
  return Renderer(example).Render();
}

}  // namespace slipway::bundle
