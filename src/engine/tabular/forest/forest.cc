#include "engine/tabular/forest/forest.h"

#include <algorithm>
#include <utility>

#include "engine/tabular/forest/bins.h"
#include "engine/tabular/forest/bit_slice.h"
#include "engine/tabular/forest/lowered.h"
#include "engine/tabular/forest/measure.h"
#include "engine/tabular/forest/permute.h"
#include "engine/tabular/forest/walk.h"

namespace slipway::forest {
namespace {

size_t ClassOf(size_t rows) {
  constexpr size_t kBegins[] = {2, 8, 32, 128};
  return static_cast<size_t>(std::upper_bound(std::begin(kBegins), std::end(kBegins), rows) -
                             std::begin(kBegins));
}

class CompiledForest final : public Forest {
 public:
  CompiledForest(const ForestSpec& spec, size_t trees, std::shared_ptr<const Bins> bins,
                 Evaluators evaluators, const KernelChoice& choice)
      : value_bytes_(spec.compare == Compare::kFp32 ? sizeof(float) : sizeof(double)),
        targets_(static_cast<size_t>(spec.targets)),
        trees_(trees),
        sum_(spec.sum),
        average_(spec.average),
        base_values_(spec.base_values),
        bins_(std::move(bins)),
        evaluators_(std::move(evaluators)),
        choice_(choice) {}

  Status Score(const Rows& rows, void* out, std::optional<TimePoint> deadline) const override {
    const size_t sum_bytes = sum_ == Sum::kFp32 ? sizeof(float) : sizeof(double);
    for (size_t begin = 0; begin < rows.count; begin += kBlockRows) {
      if (deadline && std::chrono::steady_clock::now() > *deadline)
        return Error(Reason::kDeadlineExceeded, "deadline exceeded after {} of {} rows", begin,
                     rows.count);
      const auto* const first =
          static_cast<const std::byte*>(rows.values) + begin * rows.stride * value_bytes_;
      const Rows block{first, std::min(kBlockRows, rows.count - begin), rows.stride};
      auto* const sums = static_cast<std::byte*>(out) + begin * targets_ * sum_bytes;
      evaluators_[static_cast<size_t>(choice_[ClassOf(block.count)])]->Score(block, sums);
      if (sum_ == Sum::kFp32)
        Finish(reinterpret_cast<float*>(sums), block.count);
      else
        Finish(reinterpret_cast<double*>(sums), block.count);
    }
    return OkStatus();
  }

  KernelChoice choice() const override { return choice_; }

  size_t bytes() const override {
    size_t bytes = sizeof(*this) + base_values_.capacity() * sizeof(double);
    if (bins_ != nullptr) bytes += bins_->bytes();
    for (const auto& evaluator : evaluators_)
      if (evaluator != nullptr) bytes += evaluator->bytes();
    return bytes;
  }

 private:
  template <typename Out>
  void Finish(Out* out, size_t rows) const {
    if (average_)
      for (size_t i = 0; i < rows * targets_; ++i) out[i] /= static_cast<Out>(trees_);
    if (!base_values_.empty())
      for (size_t row = 0; row < rows; ++row)
        for (size_t k = 0; k < targets_; ++k)
          out[row * targets_ + k] += static_cast<Out>(base_values_[k]);
  }

  size_t value_bytes_;
  size_t targets_;
  size_t trees_;
  Sum sum_;
  bool average_;
  std::vector<double> base_values_;
  std::shared_ptr<const Bins> bins_;
  Evaluators evaluators_;
  KernelChoice choice_;
};

bool Uses(const KernelChoice& choice, Kernel kernel) {
  return std::find(choice.begin(), choice.end(), kernel) != choice.end();
}

}  // namespace

std::string_view NameOf(Kernel kernel) {
  constexpr std::string_view kNames[kKernelCount] = {"walk", "permute", "bit-slice"};
  return kNames[static_cast<size_t>(kernel)];
}

StatusOr<std::unique_ptr<const Forest>> Forest::Compile(const ForestSpec& spec,
                                                        const Options& options) {
  RETURN_IF_ERROR(Check(spec));
  return CompileChecked(spec, options);
}

std::unique_ptr<const Forest> Forest::CompileChecked(ForestSpec spec, const Options& options) {
  const Lowered lowered = Lower(spec);
  spec.trees = {};
  const Isa isa = std::min(options.isa, HostIsa());
  const auto wanted = [&](Kernel kernel) {
    return !options.choice || Uses(*options.choice, kernel);
  };
  std::shared_ptr<const Bins> bins;
  if (isa != Isa::kPortable && (wanted(Kernel::kPermute) || wanted(Kernel::kBitSlice)))
    bins = Bins::Make(lowered, isa);
  Evaluators evaluators;
  const auto at = [&](Kernel kernel) -> auto& { return evaluators[static_cast<size_t>(kernel)]; };
  at(Kernel::kWalk) = MakeWalk(lowered);
  if (wanted(Kernel::kPermute)) at(Kernel::kPermute) = MakePermute(lowered, bins, isa);
  if (wanted(Kernel::kBitSlice)) at(Kernel::kBitSlice) = MakeBitSlice(lowered, bins, isa);

  KernelChoice choice =
      options.choice ? *options.choice : Measure(lowered, evaluators, options.measuring);
  for (Kernel& kernel : choice)
    if (at(kernel) == nullptr) kernel = Kernel::kWalk;
  for (int i = 0; i < kKernelCount; ++i)
    if (!Uses(choice, static_cast<Kernel>(i))) evaluators[static_cast<size_t>(i)].reset();
  if (at(Kernel::kPermute) == nullptr && at(Kernel::kBitSlice) == nullptr) bins.reset();
  return std::make_unique<const CompiledForest>(spec, lowered.trees.size(), std::move(bins),
                                                std::move(evaluators), choice);
}

}  // namespace slipway::forest
