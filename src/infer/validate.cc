#include "infer/validate.h"

#include <algorithm>

#include "infer/spec_finder.h"
#include "infer/table.h"

namespace slipway {
namespace {

constexpr size_t kMaxListed = 20;
constexpr size_t kMaxListBytes =
    900;  // of the list as a JSON string, so an error body stays ≤ 1 KiB
constexpr size_t kMaxCulpritBytes = 300;
constexpr size_t kMaxNameBytes = 64;

/// The first `limit` bytes, cut between characters.
std::string Shortened(std::string_view text, size_t limit) {
  if (text.size() <= limit) return std::string(text);
  while (limit > 0 && (text[limit] & 0xC0) == 0x80) --limit;
  return std::string(text.substr(0, limit)) + "…";
}

/// A client's name as a message shows it.
std::string Quoted(std::string_view name) {
  std::string shown = Shortened(name, kMaxNameBytes);
  std::replace_if(
      shown.begin(), shown.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }, '?');
  return '"' + shown + '"';
}

std::string NamesOf(const std::vector<TensorSpec>& specs) {
  std::string names;
  for (const TensorSpec& spec : specs) {
    if (!names.empty()) names += ", ";
    if (names.size() > kMaxCulpritBytes / 2) return names + "…";
    names += Quoted(spec.name);
  }
  return names.empty() ? "none" : names;
}

/// Everything wrong with a request, in one message of bounded size.
class Culprits {
 public:
  template <typename... Args>
  void Add(fmt::format_string<Args...> format, Args&&... args) {
    if (listed_ == count_) List(fmt::format(format, std::forward<Args>(args)...));
    ++count_;
  }

  void Add(const Status& culprit) {
    Add("{}", MessageOf(culprit));
    if (ReasonOf(culprit) == Reason::kTooLarge) reason_ = Reason::kTooLarge;
  }

  Status ToStatus() {
    if (count_ == 0) return OkStatus();
    if (listed_ < count_) list_ += fmt::format("; and {} more", count_ - listed_);
    return MakeError(reason_, list_);
  }

 private:
  void List(const std::string& culprit) {
    const std::string text = Shortened(culprit, kMaxCulpritBytes);
    const auto escapes =
        std::count_if(text.begin(), text.end(), [](char c) { return c == '"' || c == '\\'; });
    bytes_ += text.size() + static_cast<size_t>(escapes) + 2;
    if (listed_ == kMaxListed || bytes_ > kMaxListBytes) return;
    if (listed_ > 0) list_ += "; ";
    list_ += text;
    ++listed_;
  }

  Reason reason_ = Reason::kBadRequest;
  std::string list_;
  size_t bytes_ = 0;
  size_t count_ = 0;
  size_t listed_ = 0;
};

/// Names what the model has, the first time only.
class UnknownNames {
 public:
  UnknownNames(std::string_view kind, std::string_view verb, const std::vector<TensorSpec>& specs)
      : kind_(kind), verb_(verb), specs_(specs) {}

  void Report(std::string_view name, Culprits& culprits) {
    if (!std::exchange(told_, true))
      culprits.Add("{} {}: unknown, the model {} {}", kind_, Quoted(name), verb_, NamesOf(specs_));
    else
      culprits.Add("{} {}: unknown", kind_, Quoted(name));
  }

 private:
  std::string_view kind_;
  std::string_view verb_;
  const std::vector<TensorSpec>& specs_;
  bool told_ = false;
};

void CheckTensor(const TensorSpec& spec, const Tensor& tensor, Culprits& culprits) {
  if (const auto count = ElementCount(tensor.shape); !count.ok()) {
    culprits.Add("input {}: {}", Quoted(spec.name), MessageOf(count.status()));
  } else if (tensor.dtype != spec.dtype || !Takes(spec, tensor.shape)) {
    culprits.Add("input {}: expected {}, got {}", Quoted(spec.name),
                 ToString(spec.dtype, spec.shape), ToString(tensor.dtype, tensor.shape));
  } else if (const Status data = CheckData(tensor); !data.ok()) {
    culprits.Add("input {}: {}", Quoted(spec.name), MessageOf(data));
  }
}

void BindTable(const InferRequest& request, const Signature& signature, BoundRequest& bound,
               Culprits& culprits) {
  const TensorSpec& spec = signature.inputs.front();
  const Tensor& first = request.inputs.front().tensor;
  if (request.inputs.size() == 1 && first.dtype == spec.dtype && Takes(spec, first.shape)) {
    CheckTensor(spec, first, culprits);
    bound.inputs.assign(1, &first);
    return;
  }
  auto table = ReadTable(spec, request.inputs);
  if (!table.ok()) return culprits.Add(table.status());
  bound.made.push_back(std::make_unique<Tensor>(*std::move(table)));
  bound.inputs.assign(1, bound.made.back().get());
}

void BindTensor(const TensorSpec& spec, const NamedTensor& input, BoundRequest& bound, size_t index,
                Culprits& culprits) {
  bound.inputs[index] = &input.tensor;
  const bool as_it_is = input.tensor.dtype == spec.dtype && Takes(spec, input.tensor.shape);
  if (!spec.any_number || as_it_is) return CheckTensor(spec, input.tensor, culprits);
  auto part = ReadPart(spec, input);
  if (!part.ok()) return culprits.Add(part.status());
  bound.made.push_back(std::make_unique<Tensor>(*std::move(part)));
  bound.inputs[index] = bound.made.back().get();
}

void BindInputs(const InferRequest& request, const Signature& signature, BoundRequest& bound,
                Culprits& culprits) {
  if (TakesTable(signature) && !request.inputs.empty())
    return BindTable(request, signature, bound, culprits);
  SpecFinder finder(signature.inputs);
  UnknownNames unknown("input", "takes", signature.inputs);
  bound.inputs.assign(signature.inputs.size(), nullptr);
  for (const NamedTensor& input : request.inputs) {
    const auto index = finder.Find(input.name);
    if (!index) {
      unknown.Report(input.name, culprits);
    } else if (bound.inputs[*index] != nullptr) {
      culprits.Add("input {}: given more than once", Quoted(input.name));
    } else {
      BindTensor(signature.inputs[*index], input, bound, *index, culprits);
    }
  }
  for (size_t i = 0; i < bound.inputs.size(); ++i) {
    const TensorSpec& spec = signature.inputs[i];
    if (bound.inputs[i] == nullptr && !spec.optional)
      culprits.Add("input {}: missing, expected {}", Quoted(spec.name),
                   ToString(spec.dtype, spec.shape));
  }
}

void BindOutputs(const InferRequest& request, const Signature& signature, BoundRequest& bound,
                 Culprits& culprits) {
  bound.outputs.clear();
  if (request.outputs.empty()) {
    for (size_t i = 0; i < signature.outputs.size(); ++i)
      if (!signature.outputs[i].on_request) bound.outputs.push_back(i);
    return;
  }
  SpecFinder finder(signature.outputs);
  UnknownNames unknown("output", "gives", signature.outputs);
  absl::InlinedVector<bool, 32> asked(signature.outputs.size(), false);
  for (const RequestedOutput& output : request.outputs) {
    const auto index = finder.Find(output.name);
    if (!index) {
      unknown.Report(output.name, culprits);
      continue;
    }
    const TensorSpec& spec = signature.outputs[*index];
    if (std::exchange(asked[*index], true))
      culprits.Add("output {}: asked for more than once", Quoted(output.name));
    else if (output.classification > 0 &&
             (spec.dtype == DType::kBytes || spec.dtype == DType::kBool))
      culprits.Add("output {}: classification needs numbers, got {}", Quoted(output.name),
                   ToString(spec.dtype, spec.shape));
    else
      bound.outputs.push_back(*index);
  }
}

}  // namespace

Status Bind(const InferRequest& request, const Signature& signature, BoundRequest& bound) {
  Culprits culprits;
  bound.made.clear();
  BindInputs(request, signature, bound, culprits);
  BindOutputs(request, signature, bound, culprits);
  return culprits.ToStatus();
}

Status Validate(const InferRequest& request, const Signature& signature) {
  BoundRequest bound;
  return Bind(request, signature, bound);
}

}  // namespace slipway
