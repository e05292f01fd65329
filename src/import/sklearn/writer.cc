#include "import/sklearn/writer.h"

#include <algorithm>

#include "import/sklearn/registry.h"

namespace slipway::importing::sklearn {
namespace {

constexpr int kMaxDepth = 32;
// A file may hold one estimator and name it many times over, on several levels.
constexpr int kMaxEstimators = 100'000;
constexpr int64_t kMaxColumnsOfAll = 500'000'000;

}  // namespace

StatusOr<Outputs> Writer::Write(const State& estimator, const Table& x) {
  const Estimator* row = FindEstimator(estimator.module(), estimator.name());
  if (row == nullptr) return UnsupportedClass(estimator);
  if (depth_ == kMaxDepth)
    return Error(Reason::kTooLarge, "{}: estimators nest deeper than {}", estimator.Title(),
                 kMaxDepth);
  if (++estimators_ > kMaxEstimators)
    return Error(Reason::kTooLarge, "{}: more than {} estimators", estimator.Title(),
                 kMaxEstimators);
  columns_ += x.columns();
  if (x.columns() > kMaxColumns || columns_ > kMaxColumnsOfAll)
    return Error(Reason::kTooLarge, "{}: more than {} columns, or {} of all estimators together",
                 estimator.Title(), kMaxColumns, kMaxColumnsOfAll);
  if (estimator.Has("n_features_in_")) {
    ASSIGN_OR_RETURN(const int64_t expected, estimator.Integer("n_features_in_"));
    if (expected != x.columns())
      return estimator.Bad("n_features_in_: expected {}, the columns that it is given, got {}",
                           x.columns(), expected);
  }
  ++depth_;
  StatusOr<Outputs> outputs = row->write(*this, estimator, x);
  --depth_;
  if (outputs.ok()) RETURN_IF_ERROR(Annotate(graph_.status(), estimator.Title()));
  if (outputs.ok() && row->kind != EstimatorKind::kMeta) outputs->kind = row->kind;
  return outputs;
}

StatusOr<Table> Writer::WriteTransform(const State& estimator, const Table& x) {
  ASSIGN_OR_RETURN(Outputs outputs, Write(estimator, x));
  if (!outputs.transform) return estimator.Bad("expected an estimator that transforms");
  return *std::move(outputs.transform);
}

void Writer::Warn(std::string sentence) {
  if (std::find(warnings_.begin(), warnings_.end(), sentence) == warnings_.end())
    warnings_.push_back(std::move(sentence));
}

}  // namespace slipway::importing::sklearn
