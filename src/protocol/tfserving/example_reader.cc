#include "protocol/tfserving/example_reader.h"

#include <algorithm>
#include <vector>

#include "infer/spec_finder.h"
#include "protocol/instances/elements.h"
#include "protocol/tfserving/request_reader.h"

namespace slipway::tfserving {
namespace {

constexpr JsonReader::Options kJson{.allow_nan_tokens = true};

/// One input of the model, as the examples give it.
class Feature {
 public:
  Feature(const TensorSpec& spec, Arena& arena)
      : elements_(spec.dtype, arena,
                  {.base64_objects = true, .table = spec.any_number ? &spec : nullptr}) {}

  /// Of how many examples it was read.
  size_t examples() const { return examples_; }
  /// Elements in each.
  size_t width() const { return width_; }
  Buffer data() const { return elements_.data(); }

  /// A value or a flat list of values.
  Status Read(JsonReader& json) {
    const size_t before = elements_.count();
    ASSIGN_OR_RETURN(const JsonType type, json.Peek());
    RETURN_IF_ERROR(type == JsonType::kArray ? ReadList(json) : elements_.Read(json, 1).status());
    const size_t width = elements_.count() - before;
    if (examples_++ == 0) width_ = width;
    if (width == width_) return OkStatus();
    return json.Refuse(
        fmt::format("expected {} values like the examples before it, got {}", width_, width));
  }

 private:
  Status ReadList(JsonReader& json) {
    RETURN_IF_ERROR(json.BeginArray());
    for (;;) {
      ASSIGN_OR_RETURN(const bool more, json.NextElement());
      if (!more) return OkStatus();
      RETURN_IF_ERROR(elements_.Read(json, SIZE_MAX).status());
    }
  }

  instances::ElementReader elements_;
  size_t examples_ = 0;
  size_t width_ = 0;
};

class ExampleReader {
 public:
  ExampleReader(std::string_view body, const Signature& signature, InferRequest& request,
                RepeatedBytes& repeated)
      : body_(body),
        specs_(signature.inputs),
        finder_(signature.inputs),
        request_(request),
        repeated_(repeated) {
    for (const TensorSpec& spec : specs_) features_.emplace_back(spec, request.arena);
  }

  Status Read() {
    RETURN_IF_ERROR(ReadBody());
    if (examples_ == 0) return Error(Reason::kBadRequest, "expected at least one example");
    RETURN_IF_ERROR(TakeFeatures());
    return TakeContext();
  }

 private:
  Status ReadBody() {
    JsonReader json(body_, kJson);
    bool has_examples = false;
    RETURN_IF_ERROR(json.BeginObject());
    for (std::string_view key;;) {
      ASSIGN_OR_RETURN(const bool more, json.NextKey(&key));
      if (!more) break;
      if (key == "examples") {
        if (std::exchange(has_examples, true))
          return Error(Reason::kBadRequest, "\"examples\" is given twice");
        RETURN_IF_ERROR(ReadList(json));
      } else if (key == "context") {
        RETURN_IF_ERROR(json.Skip(&context_));
      } else if (key == "signature_name") {
        RETURN_IF_ERROR(ReadSignatureName(json));
      } else {
        RETURN_IF_ERROR(json.SkipUnread());
      }
    }
    RETURN_IF_ERROR(json.End());
    if (has_examples) return OkStatus();
    return Error(Reason::kBadRequest, "\"examples\" is missing");
  }

  Status ReadList(JsonReader& json) {
    RETURN_IF_ERROR(json.BeginArray());
    for (;; ++examples_) {
      ASSIGN_OR_RETURN(const bool more, json.NextElement());
      if (!more) return OkStatus();
      if (const Status read = ReadExample(json); !read.ok())
        return Annotate(read, fmt::format("example {}", examples_));
    }
  }

  Status ReadExample(JsonReader& json) {
    size_t seen = 0;
    RETURN_IF_ERROR(json.BeginObject());
    for (std::string_view key;; ++seen) {
      ASSIGN_OR_RETURN(const bool more, json.NextKey(&key));
      if (!more) break;
      ASSIGN_OR_RETURN(const size_t index, Find(key));
      Feature& feature = features_[index];
      if (feature.examples() > examples_)
        return Error(Reason::kBadRequest, "feature {} is given twice", Quote(key));
      if (feature.examples() < examples_)
        return Error(Reason::kBadRequest, "feature {} is not in the examples before it",
                     Quote(key));
      if (const Status read = feature.Read(json); !read.ok())
        return Annotate(read, fmt::format("feature {}", Quote(specs_[index].name)));
    }
    if (examples_ == 0) features_of_each_ = seen;
    if (seen == features_of_each_) return OkStatus();
    const auto missing = std::ranges::find(features_, examples_, &Feature::examples);
    return Error(Reason::kBadRequest, "feature {} is missing",
                 Quote(specs_[missing - features_.begin()].name));
  }

  StatusOr<size_t> Find(std::string_view name) {
    if (const auto index = finder_.Find(name)) return *index;
    return Error(Reason::kBadRequest, "the model has no input {}", Quote(name));
  }

  Status TakeFeatures() {
    for (size_t i = 0; i < specs_.size(); ++i) {
      if (features_[i].examples() == 0) continue;
      ASSIGN_OR_RETURN(Shape shape, FeatureShape(specs_[i], examples_, features_[i].width()));
      request_.inputs.push_back(
          {specs_[i].name, {specs_[i].dtype, std::move(shape), features_[i].data()}});
    }
    return OkStatus();
  }

  Status TakeContext() {
    if (context_.empty()) return OkStatus();
    JsonReader json(body_, kJson);  // of the whole text, so that messages count from its start
    json.Advance(static_cast<size_t>(context_.data() - body_.data()));
    RETURN_IF_ERROR(json.BeginObject());
    for (std::string_view key;;) {
      ASSIGN_OR_RETURN(const bool more, json.NextKey(&key));
      if (!more) return OkStatus();
      ASSIGN_OR_RETURN(const size_t index, Find(key));
      if (std::ranges::find(request_.inputs, specs_[index].name, &NamedTensor::name) !=
          request_.inputs.end())
        return Error(Reason::kBadRequest, "feature {} is given twice, once in the context",
                     Quote(key));
      if (const Status taken = TakeFromContext(json, specs_[index]); !taken.ok())
        return Annotate(taken, fmt::format("context: feature {}", Quote(specs_[index].name)));
    }
  }

  Status TakeFromContext(JsonReader& json, const TensorSpec& spec) {
    Feature feature(spec, request_.arena);
    RETURN_IF_ERROR(feature.Read(json));
    ASSIGN_OR_RETURN(Shape shape, FeatureShape(spec, examples_, feature.width()));
    const auto once = feature.data().bytes();
    RETURN_IF_ERROR(repeated_.Charge(examples_, once.size()));
    const std::span<std::byte> repeated = request_.arena.Allocate(once.size() * examples_);
    for (size_t i = 0; i < examples_; ++i)
      std::ranges::copy(once, repeated.begin() + static_cast<ptrdiff_t>(i * once.size()));
    request_.inputs.push_back({spec.name, {spec.dtype, std::move(shape), Buffer(repeated)}});
    return OkStatus();
  }

  std::string_view body_;
  const std::vector<TensorSpec>& specs_;
  SpecFinder finder_;
  InferRequest& request_;
  RepeatedBytes& repeated_;
  std::vector<Feature> features_;  // by index into specs_
  std::string_view context_;       // JSON text
  size_t examples_ = 0;
  size_t features_of_each_ = 0;
};

}  // namespace

std::string Quote(std::string_view name) { return fmt::format("\"{}\"", name.substr(0, 60)); }

StatusOr<Shape> FeatureShape(const TensorSpec& spec, size_t examples, size_t width) {
  const auto rows = static_cast<int64_t>(examples), values = static_cast<int64_t>(width);
  if (spec.any_rank || spec.shape.empty()) return Shape{rows, values};
  Shape shape = spec.shape;
  shape[0] = 1;
  const auto free = std::ranges::find(shape, -1);
  if (std::find(free == shape.end() ? free : free + 1, shape.end(), -1) != shape.end())
    return Error(Reason::kBadRequest,
                 "input {}: values of {} cannot be told apart in an example; use predict",
                 Quote(spec.name), ToString(spec.dtype, spec.shape));
  if (free != shape.end()) *free = 1;
  ASSIGN_OR_RETURN(const int64_t unit, ElementCount(shape));
  const bool fits = free == shape.end() ? values == unit : unit > 0 && values % unit == 0;
  if (!fits)
    return Error(Reason::kBadRequest,
                 "input {}: expected {}{} values for {} in each example, got {}", Quote(spec.name),
                 free == shape.end() ? "" : "a multiple of ", unit,
                 ToString(spec.dtype, spec.shape), values);
  if (free != shape.end()) *free = values / unit;
  shape[0] = rows;
  return shape;
}

Status ReadExamples(std::string_view body, const Signature& signature, InferRequest& request,
                    RepeatedBytes& repeated) {
  return ExampleReader(body, signature, request, repeated).Read();
}

}  // namespace slipway::tfserving
