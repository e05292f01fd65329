#include "cli/output.h"

#include <absl/strings/numbers.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "io/durable_write.h"
#include "server/config_value.h"

namespace slipway::cli {
namespace {

void AppendSpecs(JsonWriter& json, const std::vector<TensorSpec>& specs) {
  json.BeginArray();
  for (const TensorSpec& spec : specs) {
    json.BeginObject().Key("name").String(spec.name).Key("datatype").String(NameOf(spec.dtype));
    json.Key("shape").BeginArray();
    for (const int64_t dim : spec.shape) json.Int(dim);
    json.EndArray();
    if (spec.optional) json.Key("optional").Bool(true);
    if (!spec.labels.empty()) {
      json.Key("labels").BeginArray();
      for (const std::string& label : spec.labels) json.String(label);
      json.EndArray();
    }
    json.EndObject();
  }
  json.EndArray();
}

}  // namespace

Status WriteResult(const std::string& path, std::string_view content) {
  if (!path.empty() && path != "-") return io::WriteDurably(path, content);
  const bool written = std::fwrite(content.data(), 1, content.size(), stdout) == content.size() &&
                       std::fflush(stdout) == 0;
  if (written) return OkStatus();
  return Error(Reason::kIo, "standard output: {}", std::strerror(errno));
}

void Warn(std::string_view message) {
  std::fprintf(stderr, "slipway: warning: %.*s\n", static_cast<int>(message.size()),
               message.data());
}

void AppendSignature(JsonWriter& json, const Signature& signature) {
  json.Key("inputs");
  AppendSpecs(json, signature.inputs);
  json.Key("outputs");
  AppendSpecs(json, signature.outputs);
}

StatusOr<int64_t> ParseCount(std::string_view option, std::string_view text, int64_t min,
                             int64_t max) {
  const StatusOr<int64_t> value = server::ParseInteger(text);
  if (!value.ok()) return Annotate(value.status(), option);
  if (*value < min || *value > max)
    return Error(Reason::kBadRequest, "{}: expected {} to {}, got {}", option, min, max, *value);
  return *value;
}

StatusOr<double> ParseShare(std::string_view option, std::string_view text, Ends ends) {
  double share;
  const bool whole = ends == Ends::kIncluded;
  if (absl::SimpleAtod({text.data(), text.size()}, &share) &&
      (whole ? share >= 0 && share <= 1 : share > 0 && share < 1))
    return share;
  return Error(Reason::kBadRequest, "{}: expected a number {} 1, got \"{}\"", option,
               whole ? "from 0 to" : "between 0 and", text);
}

std::string WithThousands(uint64_t value) {
  std::string text = std::to_string(value);
  for (size_t at = text.size(); at > 3;) {
    at -= 3;
    text.insert(at, ",");
  }
  return text;
}

}  // namespace slipway::cli
