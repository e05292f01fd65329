#include "protocol/admin/sample.h"

#include <fmt/core.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "protocol/openinference/tensor_data.h"
#include "text/json_writer.h"

namespace slipway::admin {
namespace {

constexpr size_t kMaxExampleBytes = 4096;
constexpr int64_t kMaxPrintedValues = 256;  // more of one tensor are left to the shell to repeat
constexpr int64_t kMaxValues = int64_t{4} << 20;
constexpr size_t kMaxLineBytes = 64 << 10;  // Linux takes 128 KiB for one argument

/// A stretch of the body: printed `repeats` times, with commas between.
struct Stretch {
  std::string text;
  int64_t repeats = 1;
};

class Body {
 public:
  /// Where the next bytes of JSON go.
  std::string& Text() {
    if (stretches_.empty() || stretches_.back().repeats > 1) stretches_.emplace_back();
    return stretches_.back().text;
  }
  void Repeat(std::string value, int64_t times) { stretches_.push_back({std::move(value), times}); }
  std::vector<Stretch>& stretches() { return stretches_; }

 private:
  std::vector<Stretch> stretches_;
};

void BeginTensor(std::string& out, const TensorSpec& spec, const Shape& shape) {
  out += "{\"name\":";
  AppendJsonString(out, spec.name);
  out += fmt::format(",\"shape\":{},\"datatype\":\"{}\",\"data\":", ToString(shape),
                     NameOf(spec.dtype));
}

/// The i-th of some values that most models take: whole numbers that are indexes into anything,
/// fractions that every float type holds exactly.
std::string_view PlausibleValue(DType dtype, int64_t i) {
  constexpr std::string_view kFractions[] = {"0.5", "0.0", "1.0", "0.25"};
  switch (dtype) {
    case DType::kFp16:
    case DType::kBf16:
    case DType::kFp32:
    case DType::kFp64:
      return kFractions[i % 4];
    case DType::kBool:
      return i % 2 == 0 ? "true" : "false";
    case DType::kBytes:
      return "\"hello world\"";
    default:
      return i % 2 == 0 ? "1" : "0";
  }
}

Shape PlausibleShape(const Shape& pattern) {
  Shape shape = pattern;
  for (size_t i = 0; i < shape.size(); ++i) {
    if (shape[i] >= 0) continue;
    if (i == 0)
      shape[i] = 1;
    else
      shape[i] = shape.size() >= 4 ? 32 : 8;
  }
  return shape;
}

bool AppendPlausible(Body& body, const Signature& signature) {
  body.Text() += "{\"inputs\":[";
  bool first = true;
  for (const TensorSpec& spec : signature.inputs) {
    if (spec.optional) continue;
    const Shape shape = PlausibleShape(spec.shape);
    const auto count = ElementCount(shape);
    if (!count.ok() || *count > kMaxValues) return false;
    if (!std::exchange(first, false)) body.Text() += ',';
    BeginTensor(body.Text(), spec, shape);
    body.Text() += '[';
    if (*count <= kMaxPrintedValues) {
      for (int64_t i = 0; i < *count; ++i)
        body.Text().append(i == 0 ? "" : ",").append(PlausibleValue(spec.dtype, i));
    } else {
      body.Repeat(std::string(PlausibleValue(spec.dtype, 0)), *count);
    }
    body.Text() += "]}";
    if (body.Text().size() > kMaxLineBytes) return false;
  }
  body.Text() += "]}";
  return true;
}

/// The first row of a batch.
Tensor FirstRow(const Tensor& tensor) {
  if (tensor.shape.empty() || tensor.shape[0] <= 1) return tensor;
  Tensor row = tensor;
  row.shape[0] = 1;
  size_t size = tensor.data.size() / static_cast<size_t>(tensor.shape[0]);
  if (tensor.dtype == DType::kBytes) {
    BytesReader reader(tensor.data.bytes());
    size = 0;
    std::string_view element;
    for (int64_t i = ElementCount(row.shape).value_or(0); i > 0 && reader.Next(&element); --i)
      size += sizeof(uint32_t) + element.size();
  }
  row.data = Buffer(tensor.data.bytes().first(size));
  return row;
}

/// nullopt when the example lacks something, is long, or has values that JSON cannot say.
std::optional<std::string> ExampleBody(const Signature& signature,
                                       std::span<const NamedTensor> example, bool batched) {
  std::string body = "{\"inputs\":[";
  bool first = true;
  for (const TensorSpec& spec : signature.inputs) {
    const auto given = std::find_if(example.begin(), example.end(),
                                    [&](const NamedTensor& t) { return t.name == spec.name; });
    if (given == example.end()) {
      if (spec.optional) continue;
      return std::nullopt;
    }
    const Tensor tensor = batched ? FirstRow(given->tensor) : given->tensor;
    if (tensor.data.size() > kMaxExampleBytes) return std::nullopt;
    if (!std::exchange(first, false)) body += ',';
    BeginTensor(body, spec, tensor.shape);
    if (!openinference::AppendJsonData(tensor, body).ok()) return std::nullopt;
    body += '}';
    if (body.size() > kMaxExampleBytes) return std::nullopt;
  }
  return body + "]}";
}

/// In single quotes. A quote in JSON can only be inside a string, where it may as well be an
/// escape.
std::string ShellQuotedJson(std::string_view json) {
  std::string quoted = "'";
  for (const char c : json) {
    if (c == '\'')
      quoted += "\\u0027";
    else
      quoted += c;
  }
  return quoted + "'";
}

std::string ShellWord(std::string_view text) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("-._/:%").find(c) != std::string_view::npos;
  };
  if (!text.empty() && std::all_of(text.begin(), text.end(), plain)) return std::string(text);
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'')
      quoted += "'\\''";
    else
      quoted += c;
  }
  return quoted + "'";
}

std::string PathSegment(std::string_view name) {
  std::string encoded;
  for (const char c : name) {
    const bool unreserved = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                            (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
    if (unreserved)
      encoded += c;
    else
      encoded += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return encoded;
}

/// "curl -s http://127.0.0.1:8080/v2/models/m/infer"
std::string CurlOf(const SampleTarget& target) {
  std::string path = "/v2/models/" + PathSegment(target.model);
  if (!target.version.empty()) path += "/versions/" + PathSegment(target.version);
  path += "/infer";
  constexpr std::string_view kUnix = "unix:";
  if (target.address.starts_with(kUnix))
    return fmt::format("curl -s --unix-socket {} {}",
                       ShellWord(target.address.substr(kUnix.size())),
                       ShellWord("http://localhost" + path));
  return "curl -s " + ShellWord(std::string(target.address) + path);
}

/// The shell makes the long stretches: `yes` says the value, `head` ends it, `tr` puts the commas.
std::string Piped(Body& body, const std::string& curl) {
  std::string line = "{ ";
  for (const Stretch& stretch : body.stretches()) {
    if (stretch.repeats == 1)
      line += fmt::format("printf %s {}; ", ShellQuotedJson(stretch.text));
    else
      line += fmt::format("yes {0} | head -n {1} | tr '\\n' ,; printf %s {0}; ",
                          ShellQuotedJson(stretch.text), stretch.repeats - 1);
  }
  return line + "} | " + curl + " -d @-";
}

}  // namespace

std::string SampleCommand(const SampleTarget& target, const Signature& signature,
                          std::span<const NamedTensor> example, bool batched) {
  const std::string curl = CurlOf(target);
  if (!example.empty())
    if (const auto body = ExampleBody(signature, example, batched))
      return fmt::format("{} -d {}", curl, ShellQuotedJson(*body));
  Body body;
  if (!AppendPlausible(body, signature)) return "";
  if (body.stretches().size() == 1)
    return fmt::format("{} -d {}", curl, ShellQuotedJson(body.stretches()[0].text));
  return Piped(body, curl);
}

}  // namespace slipway::admin
