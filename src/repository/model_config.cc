#include "repository/model_config.h"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "base/nearest_word.h"
#include "io/beneath.h"
#include "repository/config_reader.h"

namespace slipway::repository {
namespace {

constexpr std::string_view kEnsemble = "ensemble";
constexpr int64_t kMaxInstances = 1024;
constexpr size_t kMaxTensors = 10'000;
constexpr int64_t kMaxInt64 = std::numeric_limits<int64_t>::max();

constexpr std::pair<std::string_view, DType> kTypes[] = {
    {"TYPE_BOOL", DType::kBool},     {"TYPE_UINT8", DType::kUint8},
    {"TYPE_UINT16", DType::kUint16}, {"TYPE_UINT32", DType::kUint32},
    {"TYPE_UINT64", DType::kUint64}, {"TYPE_INT8", DType::kInt8},
    {"TYPE_INT16", DType::kInt16},   {"TYPE_INT32", DType::kInt32},
    {"TYPE_INT64", DType::kInt64},   {"TYPE_FP16", DType::kFp16},
    {"TYPE_FP32", DType::kFp32},     {"TYPE_FP64", DType::kFp64},
    {"TYPE_STRING", DType::kBytes},  {"TYPE_BF16", DType::kBf16},
};

// One config.pbtxt. Every field of Triton's message has its rule here; a rule without a reader says
// that the field is known and not supported yet.
class ModelConfigReader {
 public:
  explicit ModelConfigReader(std::string_view file) : file_(file), reader_(file) {}

  StatusOr<ModelConfig> Read(const std::vector<TextField>& fields);

 private:
  using Read1 = std::function<Status(const TextField&)>;

  Read1 String(std::string* out) {
    return [this, out](const TextField& field) { return reader_.ReadString(field, out); };
  }
  Read1 OneOf(std::string* out, std::vector<std::string_view> words);
  Read1 WithoutEffect();
  Read1 Enabled(std::string_view inner, std::vector<std::string_view> known);

  Status ReadTensor(const TextField& field, bool input);
  Status ReadType(const TextField& field, TensorSpec* spec);
  Status ReadDim(const TextField& field, Shape* dims);
  Status ReadInstanceGroup(const TextField& field);
  Status ReadBatching(const TextField& field);
  Status CheckBatching(const std::vector<TextField>& fields) const;
  Status ReadCache(const TextField& field);
  Status ReadSteps(const TextField& field);
  Status CheckEnsemble(const std::vector<TextField>& fields);
  Status ReadMaxBatchSize(const TextField& field);
  Status ReadModelFilename(const TextField& field);

  std::string_view file_;
  ConfigReader reader_;
  ModelConfig config_;
  int64_t instances_ = 0;
};

// A string that may only be one of `words`, because there is no other backend. The first is named.
ModelConfigReader::Read1 ModelConfigReader::OneOf(std::string* out,
                                                  std::vector<std::string_view> words) {
  return [this, out, words](const TextField& field) -> Status {
    RETURN_IF_ERROR(reader_.ReadString(field, out));
    if (out->empty() || std::ranges::find(words, *out) != words.end()) return OkStatus();
    return Error(Reason::kUnsupported, "{}:{}: {} \"{}\" is not supported yet, expected \"{}\"",
                 file_, field.line, field.name, out->substr(0, 100), words.front());
  };
}

// Whatever it says, the answers are the same.
ModelConfigReader::Read1 ModelConfigReader::WithoutEffect() {
  return [this](const TextField& field) -> Status {
    RETURN_IF_ERROR(reader_.Message(field).status());
    auto& names = config_.without_effect;
    if (std::find(names.begin(), names.end(), field.name) == names.end())
      names.push_back(field.name);
    return OkStatus();
  };
}

// A message that turns something on, accepted as long as it does not.
ModelConfigReader::Read1 ModelConfigReader::Enabled(std::string_view inner,
                                                    std::vector<std::string_view> known) {
  return [this, inner, known](const TextField& field) -> Status {
    ASSIGN_OR_RETURN(const auto* fields, reader_.Message(field));
    std::vector<FieldRule> rules = {{inner, false, reader_.Only(false)}};
    for (const std::string_view name : known) rules.push_back({name});
    return reader_.ReadMessage(*fields, fmt::format(" in \"{}\"", field.name), rules);
  };
}

StatusOr<ModelConfig> ModelConfigReader::Read(const std::vector<TextField>& fields) {
  const FieldRule rules[] = {
      {"name", false, String(&config_.name)},
      {"platform", false, OneOf(&config_.platform, {"onnxruntime_onnx", kEnsemble})},
      {"backend", false, OneOf(&config_.backend, {"onnxruntime"})},
      {"max_batch_size", false, [&](const TextField& f) { return ReadMaxBatchSize(f); }},
      {"input", true, [&](const TextField& f) { return ReadTensor(f, true); }},
      {"output", true, [&](const TextField& f) { return ReadTensor(f, false); }},
      {"version_policy", false,
       [&](const TextField& f) { return ReadVersionPolicy(reader_, f, &config_.version_policy); }},
      {"instance_group", true, [&](const TextField& f) { return ReadInstanceGroup(f); }},
      {"default_model_filename", false, [&](const TextField& f) { return ReadModelFilename(f); }},
      {"model_transaction_policy", false, Enabled("decoupled", {})},
      {"response_cache", false, [&](const TextField& f) { return ReadCache(f); }},
      {"runtime"},
      {"batch_input", true},
      {"batch_output", true},
      {"optimization", false, WithoutEffect()},
      {"dynamic_batching", false, [&](const TextField& f) { return ReadBatching(f); }},
      {"sequence_batching"},
      {"ensemble_scheduling", false, [&](const TextField& f) { return ReadSteps(f); }},
      {"cc_model_filenames", true, WithoutEffect()},
      {"metric_tags", true, WithoutEffect()},
      {"parameters", true, WithoutEffect()},
      {"model_warmup", true, WithoutEffect()},
      {"model_operations"},
      {"model_repository_agents"},
      {"model_metrics", false, WithoutEffect()},
  };
  RETURN_IF_ERROR(reader_.ReadMessage(fields, "", rules));
  RETURN_IF_ERROR(CheckBatching(fields));
  RETURN_IF_ERROR(CheckEnsemble(fields));
  config_.instance_count = static_cast<int>(instances_);
  return std::move(config_);
}

Status ModelConfigReader::ReadSteps(const TextField& field) {
  ASSIGN_OR_RETURN(config_.ensemble, ReadEnsemble(reader_, field));
  return OkStatus();
}

// The tensors may be stated after the steps that they connect.
Status ModelConfigReader::CheckEnsemble(const std::vector<TextField>& fields) {
  const auto scheduling = std::ranges::find(fields, "ensemble_scheduling", &TextField::name);
  if (scheduling == fields.end()) {
    if (config_.platform != kEnsemble) return OkStatus();
    const auto platform = std::ranges::find(fields, "platform", &TextField::name);
    return reader_.Bad(*platform, "\"ensemble\" needs ensemble_scheduling");
  }
  if (config_.platform != kEnsemble)
    return reader_.Bad(*scheduling, "expected platform: \"ensemble\" with it");
  if (config_.inputs.empty() || config_.outputs.empty())
    return reader_.Bad(*scheduling, "an ensemble needs input and output");
  // An answer kept would outlive the members that computed it.
  for (const std::string_view name : {"instance_group", "dynamic_batching", "response_cache"})
    if (std::ranges::find(fields, name, &TextField::name) != fields.end())
      config_.without_effect.emplace_back(name);
  std::vector<std::string> given, wanted;
  for (const ConfiguredTensor& input : config_.inputs) given.push_back(input.spec.name);
  for (const ConfiguredTensor& output : config_.outputs) wanted.push_back(output.spec.name);
  return OrderSteps(file_, given, wanted, config_.ensemble);
}

Status ModelConfigReader::ReadCache(const TextField& field) {
  ASSIGN_OR_RETURN(const auto* fields, reader_.Message(field));
  const FieldRule rules[] = {{"enable", false, [&](const TextField& f) {
                                return reader_.ReadBool(f, &config_.response_cache);
                              }}};
  return reader_.ReadMessage(*fields, " in \"response_cache\"", rules);
}

Status ModelConfigReader::ReadMaxBatchSize(const TextField& field) {
  int64_t size = 0;
  RETURN_IF_ERROR(reader_.ReadInt(field, 0, std::numeric_limits<int32_t>::max(), &size));
  config_.max_batch_size = static_cast<int>(size);
  return OkStatus();
}

Status ModelConfigReader::ReadModelFilename(const TextField& field) {
  RETURN_IF_ERROR(reader_.ReadString(field, &config_.default_model_filename));
  const Status status = io::CheckRelativeName(config_.default_model_filename);
  return status.ok() ? status : reader_.Bad(field, MessageOf(status));
}

Status ModelConfigReader::ReadType(const TextField& field, TensorSpec* spec) {
  std::string word;
  RETURN_IF_ERROR(reader_.ReadWord(field, &word));
  std::vector<std::string_view> words;
  for (const auto& [name, dtype] : kTypes) {
    words.push_back(name);
    if (name != word) continue;
    spec->dtype = dtype;
    return OkStatus();
  }
  return reader_.Bad(field,
                     fmt::format("unknown type {}{}", word.substr(0, 60), DidYouMean(word, words)));
}

Status ModelConfigReader::ReadDim(const TextField& field, Shape* dims) {
  int64_t dim = 0;
  RETURN_IF_ERROR(reader_.ReadInt(field, -1, kMaxInt64, &dim));
  if (dim == 0) return reader_.Bad(field, "expected -1 or more than 0, got 0");
  if (dims->size() == kMaxRank)
    return reader_.Bad(field, fmt::format("expected at most {}", kMaxRank));
  dims->push_back(dim);
  return OkStatus();
}

Status ModelConfigReader::ReadTensor(const TextField& field, bool input) {
  ASSIGN_OR_RETURN(const auto* fields, reader_.Message(field));
  ConfiguredTensor tensor;
  TensorSpec& spec = tensor.spec;
  bool typed = false;
  std::vector<FieldRule> rules = {
      {"name", false, String(&spec.name)},
      {"data_type", false, [&](const TextField& f) { return typed = true, ReadType(f, &spec); }},
      {"dims", true, [&](const TextField& f) { return ReadDim(f, &spec.shape); }},
      {"reshape"},
      {"is_shape_tensor", false, reader_.Only(false)},
      {"is_non_linear_format_io", false, reader_.Only(false)},
  };
  if (input) {
    rules.push_back({"format", false, reader_.OnlyWords({"FORMAT_NONE"})});
    rules.push_back({"allow_ragged_batch", false, reader_.Only(false)});
    rules.push_back({"optional", false,
                     [&](const TextField& f) { return reader_.ReadBool(f, &spec.optional); }});
  } else {
    rules.push_back({"label_filename", false, String(&tensor.label_filename)});
  }
  RETURN_IF_ERROR(reader_.ReadMessage(*fields, fmt::format(" in \"{}\"", field.name), rules));
  if (spec.name.empty()) return reader_.Bad(field, "expected a name");
  if (!typed) return reader_.Bad(field, fmt::format("\"{}\": expected a data_type", spec.name));
  auto& tensors = input ? config_.inputs : config_.outputs;
  const bool twice = std::any_of(tensors.begin(), tensors.end(),
                                 [&](const auto& other) { return other.spec.name == spec.name; });
  if (twice) return reader_.Bad(field, fmt::format("\"{}\" occurs twice", spec.name));
  if (tensors.size() == kMaxTensors) return reader_.Bad(field, "too many");
  tensors.push_back(std::move(tensor));
  return OkStatus();
}

Status ModelConfigReader::ReadInstanceGroup(const TextField& field) {
  ASSIGN_OR_RETURN(const auto* fields, reader_.Message(field));
  int64_t count = 1;
  const FieldRule rules[] = {
      {"name", false, ConfigReader::Ignore},
      {"kind", false, reader_.OnlyWords({"KIND_AUTO", "KIND_CPU"})},
      {"count", false,
       [&](const TextField& f) { return reader_.ReadInt(f, 1, kMaxInstances, &count); }},
      {"passive", false, reader_.Only(false)},
      {"rate_limiter"},
      {"gpus", true},
      {"secondary_devices", true},
      {"profile", true},
      {"host_policy"},
  };
  RETURN_IF_ERROR(reader_.ReadMessage(*fields, " in \"instance_group\"", rules));
  instances_ += count;
  if (instances_ <= kMaxInstances) return OkStatus();
  return reader_.Bad(field, fmt::format("expected at most {} instances together", kMaxInstances));
}

// The batch may be stated after what it limits.
Status ModelConfigReader::CheckBatching(const std::vector<TextField>& fields) const {
  const auto& batching = config_.dynamic_batching;
  if (!batching || batching->preferred.empty() || !config_.max_batch_size) return OkStatus();
  const int64_t most = *config_.max_batch_size, wanted = batching->preferred.back();
  if (wanted <= most) return OkStatus();
  const auto field = std::ranges::find(fields, "dynamic_batching", &TextField::name);
  return reader_.Bad(*field, fmt::format("preferred_batch_size: expected at most {}, the "
                                         "max_batch_size, got {}",
                                         most, wanted));
}

Status ModelConfigReader::ReadBatching(const TextField& field) {
  ASSIGN_OR_RETURN(config_.dynamic_batching, ReadDynamicBatching(reader_, field));
  return OkStatus();
}

}  // namespace

StatusOr<ModelConfig> ParseModelConfig(std::string_view text, std::string_view file) {
  ASSIGN_OR_RETURN(const std::vector<TextField> fields, ParseTextFormat(text, file));
  return ModelConfigReader(file).Read(fields);
}

}  // namespace slipway::repository
