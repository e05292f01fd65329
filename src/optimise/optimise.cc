#include "optimise/optimise.h"

#include <random>

#include "optimise/graph.h"
#include "optimise/inline_data.h"

namespace slipway::optimise {
namespace {

constexpr size_t kMaxBytes = size_t{2} << 30;  // protobuf's own limit

/// The same model is the same bytes: metadata maps of protobuf are lists in ONNX.
StatusOr<std::string> Written(const ModelProto& model) {
  if (model.ByteSizeLong() >= kMaxBytes)
    return Error(Reason::kTooLarge, "the model would take {} bytes, {} are allowed",
                 model.ByteSizeLong(), kMaxBytes);
  return model.SerializeAsString();
}

std::string Described(const Difference& difference) {
  std::string text = fmt::format("answers differ by {:.3g} of their size", difference.relative);
  if (!difference.worst.empty()) text += fmt::format(", most at {}", difference.worst);
  if (difference.differing > 0)
    text += fmt::format("; {:.3g} % of labels differ", 100 * difference.differing);
  return text;
}

/// One model on its way through the passes.
class Bench {
 public:
  Bench(ModelProto model, const Workshop& workshop, const Rows& rows,
        const OptimiseOptions& options)
      : model_(std::move(model)), workshop_(workshop), rows_(rows), options_(options) {}

  Status Begin() {
    RETURN_IF_ERROR(CheckGraph(model_.graph()));
    ASSIGN_OR_RETURN(onnx_, Written(model_));
    ASSIGN_OR_RETURN(answers_, Answers(onnx_));
    return OkStatus();
  }

  StatusOr<PassReport> Apply(const Step& step) {
    PassReport report{step.Text()};
    if (step.pass->leaves != nullptr) report.left = step.pass->leaves(model_);
    const TimePoint start = options_.clock->Now();
    ASSIGN_OR_RETURN(report.done, step.pass->apply(model_, step.settings, workshop_));
    if (!report.done.empty()) DropDead(*model_.mutable_graph());  // what it left behind
    report.time = options_.clock->Now() - start;
    if (!report.done.empty()) {
      RETURN_IF_ERROR(CheckGraph(model_.graph()));
      ASSIGN_OR_RETURN(onnx_, Written(model_));
      ASSIGN_OR_RETURN(const auto answers, Answers(onnx_));
      ASSIGN_OR_RETURN(report.difference, Compare(answers_, answers));
      RETURN_IF_ERROR(Check(*step.pass, report.difference));
      if (!step.pass->exact) answers_ = answers;
    }
    report.nodes = static_cast<size_t>(model_.graph().node_size());
    report.size_bytes = onnx_.size();
    return report;
  }

  std::string Take() { return std::move(onnx_); }

 private:
  StatusOr<std::vector<NamedTensor>> Answers(const std::string& onnx) const {
    ASSIGN_OR_RETURN(const auto runner, workshop_.load(onnx));
    return RunRows(*runner, rows_);
  }

  Status Check(const Pass& pass, const Difference& difference) const {
    const bool holds = difference.relative <= options_.exact_tolerance &&
                       difference.differing <= options_.max_differing;
    if (!pass.exact || holds) return OkStatus();
    return Error(Reason::kInternal, "verification failed: {}", Described(difference));
  }

  ModelProto model_;
  std::string onnx_;
  std::vector<NamedTensor> answers_;  // that an exact pass must give
  const Workshop& workshop_;
  const Rows& rows_;
  const OptimiseOptions& options_;
};

/// Uniform in [0, 1), or 0 to 9; the same on every machine.
template <typename T>
Buffer MadeUp(size_t count, std::mt19937& random) {
  std::string bytes(count * sizeof(T), '\0');
  T* const values = reinterpret_cast<T*>(bytes.data());
  for (size_t i = 0; i < count; ++i)
    values[i] = std::is_floating_point_v<T> ? static_cast<T>(random() / 4294967296.0)
                                            : static_cast<T>(random() % 10);
  return Buffer::Own(std::move(bytes));
}

StatusOr<Buffer> MadeUpValues(const TensorSpec& spec, size_t count, std::mt19937& random) {
  switch (spec.dtype) {
    case DType::kFp32:
      return MadeUp<float>(count, random);
    case DType::kFp64:
      return MadeUp<double>(count, random);
    case DType::kInt32:
      return MadeUp<int32_t>(count, random);
    case DType::kInt64:
      return MadeUp<int64_t>(count, random);
    case DType::kUint8:
      return MadeUp<uint8_t>(count, random);
    case DType::kInt8:
      return MadeUp<int8_t>(count, random);
    default:
      return Error(Reason::kUnsupported,
                   "input \"{}\" is {}, for which no rows can be made up: give --data", spec.name,
                   NameOf(spec.dtype));
  }
}

}  // namespace

StatusOr<Rows> MadeUpRows(const Signature& signature, size_t count) {
  Rows rows;
  rows.count = std::max(BatchOf(signature, count), count);
  std::mt19937 random(1);
  for (const TensorSpec& spec : signature.inputs) {
    if (spec.optional) continue;
    if (spec.any_rank || spec.shape.empty())
      return Error(Reason::kUnsupported, "input \"{}\" has no rows: give --data", spec.name);
    Shape shape = spec.shape;
    shape[0] = static_cast<int64_t>(rows.count);
    for (int64_t& dim : shape) dim = dim < 0 ? 1 : dim;
    ASSIGN_OR_RETURN(const int64_t elements, ElementCount(shape));
    ASSIGN_OR_RETURN(Buffer values, MadeUpValues(spec, static_cast<size_t>(elements), random));
    rows.inputs.push_back({spec.name, {spec.dtype, shape, std::move(values)}});
  }
  return rows;
}

StatusOr<Optimised> Optimise(const ModelBytes& model, std::span<const Step> steps,
                             const Workshop& workshop, const Rows& rows,
                             const OptimiseOptions& options) {
  ASSIGN_OR_RETURN(ModelProto parsed, ParseWhole(model));
  Bench bench(std::move(parsed), workshop, rows, options);
  RETURN_IF_ERROR(bench.Begin());
  Optimised optimised;
  for (const Step& step : steps) {
    auto report = bench.Apply(step);
    if (!report.ok()) return Annotate(report.status(), step.Text());
    optimised.passes.push_back(*std::move(report));
    if (options.done) options.done(optimised.passes.back());
  }
  optimised.onnx = bench.Take();
  return optimised;
}

std::string PassesThatDidSomething(const Optimised& optimised) {
  std::string text;
  for (const PassReport& report : optimised.passes)
    if (!report.done.empty()) text += (text.empty() ? "" : ",") + report.pass;
  return text;
}

}  // namespace slipway::optimise
