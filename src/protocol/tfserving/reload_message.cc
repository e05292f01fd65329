#include "protocol/tfserving/reload_message.h"

#include <algorithm>
#include <limits>
#include <set>

#include "base/utf8.h"
#include "protobuf/message_reader.h"
#include "protobuf/message_writer.h"

namespace slipway::tfserving {
namespace {

using lifecycle::VersionPolicy;
using lifecycle::WantedModel;
using protobuf::BytesTag;
using protobuf::Field;
using protobuf::MessageReader;
using protobuf::VarintTag;

enum RequestField : uint32_t { kConfig = 1, kMetricNames };
enum ServerConfigField : uint32_t { kModelConfigList = 1, kCustomModelConfig };
enum ListField : uint32_t { kModelConfig = 1 };
enum ConfigField : uint32_t {
  kName = 1,
  kBasePath = 2,
  kLoggingConfig = 6,
  kVersionPolicy = 7,
  kVersionLabels = 8,
};
enum PolicyField : uint32_t { kLatest = 100, kAll, kSpecific };
enum LatestField : uint32_t { kNumVersions = 1 };
enum SpecificField : uint32_t { kVersions = 1 };
enum LabelField : uint32_t { kKey = 1, kValue };
enum AnswerField : uint32_t { kStatus = 1 };

constexpr std::string_view kConfigNames[] = {
    "",
    "name",
    "base_path",
    "model_type",
    "model_platform",
    "5",
    "logging_config",
    "model_version_policy",
    "version_labels",
};
constexpr size_t kMaxConfigured = 10'000;  // as many models as a repository may have
constexpr size_t kMaxVersions = 1'000;     // and as many versions as one of them

Status NotOffered(std::string_view what) {
  return Error(Reason::kNotOffered, "not offered: {}", what);
}

Status TooMany(std::string_view what, size_t limit) {
  return Error(Reason::kBadRequest, "expected at most {} {}", limit, what);
}

StatusOr<VersionNumber> NumberIn(std::string_view field, uint64_t value) {
  const auto number = static_cast<int64_t>(value);
  if (number >= 1) return VersionNumber{number};
  return Error(Reason::kBadRequest, "{}: expected a version from 1, got {}", field, number);
}

StatusOr<std::string> TextIn(const Field& field) {
  if (IsValidUtf8(field.bytes)) return std::string(field.bytes);
  return Error(Reason::kBadRequest, "field \"{}\" is not UTF-8", kConfigNames[field.number()]);
}

StatusOr<VersionPolicy> ReadLatest(std::string_view message) {
  VersionPolicy policy{.kind = VersionPolicy::Kind::kLatest};
  MessageReader reader(message);
  for (Field field; reader.Next(&field);)
    if (field.tag == VarintTag(kNumVersions))
      policy.latest = static_cast<int>(std::clamp<uint64_t>(static_cast<uint32_t>(field.value), 1,
                                                            std::numeric_limits<int>::max()));
  RETURN_IF_ERROR(reader.status());
  return policy;
}

StatusOr<VersionPolicy> ReadSpecific(std::string_view message) {
  VersionPolicy policy{.kind = VersionPolicy::Kind::kSpecific};
  Status status;
  const auto take = [&](uint64_t value) {
    const auto number = NumberIn("specific", value);
    if (status.ok()) status = number.status();
    if (status.ok() && policy.specific.size() == kMaxVersions)
      status = TooMany("versions", kMaxVersions);
    if (status.ok()) policy.specific.push_back(*number);
  };
  MessageReader reader(message);
  for (Field field; reader.Next(&field);) {
    if (field.tag == VarintTag(kVersions)) take(field.value);
    if (field.tag == BytesTag(kVersions) && !protobuf::ReadPackedVarints(field.bytes, take))
      return Error(Reason::kBadRequest, "field \"versions\": its last number is truncated");
  }
  RETURN_IF_ERROR(reader.status());
  RETURN_IF_ERROR(status);
  if (policy.specific.empty()) return Error(Reason::kBadRequest, "specific: expected versions");
  return policy;
}

Status ReadPolicy(std::string_view message, std::optional<VersionPolicy>& policy) {
  MessageReader reader(message);
  for (Field field; reader.Next(&field);) {
    if (field.tag == BytesTag(kLatest)) {
      ASSIGN_OR_RETURN(policy, ReadLatest(field.bytes));
    } else if (field.tag == BytesTag(kAll)) {
      policy = VersionPolicy{.kind = VersionPolicy::Kind::kAll};
    } else if (field.tag == BytesTag(kSpecific)) {
      ASSIGN_OR_RETURN(policy, ReadSpecific(field.bytes));
    }
  }
  return reader.status();
}

Status ReadLabel(std::string_view message, std::map<std::string, VersionNumber>& labels) {
  std::string_view label;
  uint64_t version = 0;
  MessageReader reader(message);
  for (Field field; reader.Next(&field);) {
    if (field.tag == BytesTag(kKey)) label = field.bytes;
    if (field.tag == VarintTag(kValue)) version = field.value;
  }
  RETURN_IF_ERROR(reader.status());
  if (!IsAlias(label) || label == kLatestAlias)
    return Error(Reason::kBadRequest,
                 "version label \"{}\": expected [a-z][a-z0-9._-]{{0,62}}, and not \"latest\"",
                 IsValidUtf8(label) ? label.substr(0, 200) : "");
  ASSIGN_OR_RETURN(const VersionNumber number,
                   NumberIn(fmt::format("version label \"{}\"", label), version));
  labels.insert_or_assign(std::string(label), number);
  return labels.size() <= kMaxVersions ? OkStatus() : TooMany("version labels", kMaxVersions);
}

Status ReadConfig(std::string_view message, WantedModel& model, std::string& base_path) {
  MessageReader reader(message, kConfigNames);
  for (Field field; reader.Next(&field);) {
    switch (field.tag) {
      case BytesTag(kName): {
        ASSIGN_OR_RETURN(model.name, TextIn(field));
        break;
      }
      case BytesTag(kBasePath): {
        ASSIGN_OR_RETURN(base_path, TextIn(field));
        break;
      }
      case BytesTag(kLoggingConfig):
        return NotOffered("logging_config: requests are not logged");
      case BytesTag(kVersionPolicy):
        RETURN_IF_ERROR(ReadPolicy(field.bytes, model.policy));
        break;
      case BytesTag(kVersionLabels):
        RETURN_IF_ERROR(ReadLabel(field.bytes, model.aliases));
    }
  }
  return reader.status();
}

StatusOr<WantedModel> ReadModel(std::string_view message,
                                std::span<const dialect::Repository> repositories) {
  WantedModel model;
  std::string base_path;
  const Status read = ReadConfig(message, model, base_path);
  if (model.name.empty() && read.ok())
    return MakeError(Reason::kBadRequest, "model_config_list: a config has no name");
  const std::string which = fmt::format("model \"{}\"", model.name.substr(0, 256));
  RETURN_IF_ERROR(Annotate(read, which));
  if (base_path.empty()) return Error(Reason::kBadRequest, "{}: expected a base_path", which);
  const auto there = dialect::ModelAt(base_path, "base_path", repositories);
  RETURN_IF_ERROR(Annotate(there.status(), which));
  if (*there == model.name) return model;
  return Error(
      Reason::kBadRequest,
      "{}: base_path \"{}\" is that of \"{}\", the name that the model has in its repository",
      which, base_path.substr(0, 256), *there);
}

StatusOr<std::vector<WantedModel>> ReadList(std::string_view message,
                                            std::span<const dialect::Repository> repositories) {
  std::vector<WantedModel> models;
  std::set<std::string> names;
  MessageReader reader(message);
  for (Field field; reader.Next(&field);) {
    if (field.tag != BytesTag(kModelConfig)) continue;
    if (models.size() == kMaxConfigured) return TooMany("models", kMaxConfigured);
    ASSIGN_OR_RETURN(WantedModel model, ReadModel(field.bytes, repositories));
    if (!names.insert(model.name).second)
      return Error(Reason::kBadRequest, "model \"{}\" is configured twice", model.name);
    models.push_back(std::move(model));
  }
  RETURN_IF_ERROR(reader.status());
  return models;
}

}  // namespace

StatusOr<std::vector<WantedModel>> ReadReloadRequest(
    std::string_view message, std::span<const dialect::Repository> repositories) {
  std::string_view config;
  MessageReader reader(message);
  for (Field field; reader.Next(&field);) {
    if (field.tag == BytesTag(kConfig)) config = field.bytes;
    if (field.tag == BytesTag(kMetricNames)) return NotOffered("metric_names");
  }
  RETURN_IF_ERROR(reader.status());
  std::optional<std::string_view> list;
  MessageReader within(config);
  for (Field field; within.Next(&field);) {
    if (field.tag == BytesTag(kModelConfigList)) list = field.bytes;
    if (field.tag == BytesTag(kCustomModelConfig)) return NotOffered("custom_model_config");
  }
  RETURN_IF_ERROR(within.status());
  if (!list) return MakeError(Reason::kBadRequest, "expected a model_config_list");
  return ReadList(*list, repositories);
}

void WriteReloadAnswer(std::string& out) {
  protobuf::MessageWriter writer(out);
  writer.End(writer.Begin(kStatus));
}

}  // namespace slipway::tfserving
