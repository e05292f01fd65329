#include "train/preprocessing/finish.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "train/preprocessing/quantiles.h"

namespace slipway::train {
namespace {

using importing::Graph;
using importing::Matrix;

double MeanOf(std::span<const double> values) {
  double sum = 0;
  size_t count = 0;
  for (const double value : values)
    if (!std::isnan(value)) {
      sum += value;
      ++count;
    }
  return count > 0 ? sum / static_cast<double>(count) : 0;
}

double FillOf(const FinishOptions& options, std::span<const double> values) {
  if (options.impute == Impute::kConstant) return options.constant;
  if (options.impute == Impute::kMean) return MeanOf(values);
  const SortedValues sorted(values);
  if (sorted.empty()) return 0;
  return options.impute == Impute::kMedian ? sorted.Quantile(0.5) : sorted.MostFrequent();
}

struct Scaling {
  double centre = 0, spread = 1;
};

Scaling StandardScaling(std::span<const double> values) {
  const double mean = MeanOf(values);
  double squares = 0;
  size_t count = 0;
  for (const double value : values)
    if (!std::isnan(value)) {
      squares += (value - mean) * (value - mean);
      ++count;
    }
  return {mean, count > 0 ? std::sqrt(squares / static_cast<double>(count)) : 0};
}

Scaling ScalingOf(Scale scale, std::span<const double> values) {
  if (scale == Scale::kStandard) return StandardScaling(values);
  if (scale == Scale::kMinMax) {
    Scaling range{INFINITY, -INFINITY};
    for (const double value : values)
      if (!std::isnan(value))
        range = {std::min(range.centre, value), std::max(range.spread, value)};
    return range.centre <= range.spread ? Scaling{range.centre, range.spread - range.centre}
                                        : Scaling{};
  }
  const SortedValues sorted(values);
  if (sorted.empty()) return {};
  return {sorted.Quantile(0.5), sorted.Quantile(0.75) - sorted.Quantile(0.25)};
}

std::string Row(Graph& graph, const std::vector<double>& values) {
  return graph.Constant<double>({static_cast<int64_t>(values.size())}, values);
}

}  // namespace

Finish Finish::Fit(const FinishOptions& options, const std::vector<Feature>& features,
                   std::span<const double> values, size_t rows) {
  Finish finish;
  finish.width_ = features.size();
  finish.features_ = features;
  std::vector<double> filled;
  for (size_t i = 0; i < features.size(); ++i) {
    std::span<const double> column = values.subspan(i * rows, rows);
    const bool has_missing = std::ranges::any_of(column, [](double v) { return std::isnan(v); });
    if (options.indicator && has_missing) finish.indicated_.push_back(static_cast<int64_t>(i));
    if (options.impute != Impute::kNone) {
      const double fill = FillOf(options, column);
      finish.fill_.push_back(fill);
      if (has_missing) {
        filled.assign(column.begin(), column.end());
        for (double& value : filled)
          if (std::isnan(value)) value = fill;
        column = filled;
      }
    }
    if (options.scale == Scale::kNone) continue;
    const Scaling scaling = ScalingOf(options.scale, column);
    finish.centre_.push_back(scaling.centre);
    finish.spread_.push_back(scaling.spread > 0 ? scaling.spread : 1);
  }
  for (const int64_t i : finish.indicated_)
    finish.features_.push_back({.name = features[i].name + " is missing"});
  finish.AddProducts(features, options.polynomial);
  return finish;
}

void Finish::AddProducts(const std::vector<Feature>& base, int degree) {
  // Of each product the columns do not fall, so that it is written once.
  std::vector<int64_t> last(width_), places(width_);
  std::vector<std::string> names;
  std::iota(last.begin(), last.end(), 0);
  places = last;
  for (const Feature& feature : base) names.push_back(feature.name);
  auto next_place = static_cast<int64_t>(width_);
  for (int power = 2; power <= degree; ++power) {
    Products products;
    std::vector<std::string> product_names;
    for (size_t i = 0; i < places.size(); ++i)
      for (auto column = last[i]; column < static_cast<int64_t>(width_); ++column) {
        products.left.push_back(places[i]);
        products.right.push_back(column);
        product_names.push_back(fmt::format("{}·{}", names[i], base[column].name));
      }
    last = products.right;
    names = product_names;
    places.resize(last.size());
    std::iota(places.begin(), places.end(), next_place);
    next_place += static_cast<int64_t>(last.size());
    for (std::string& name : product_names) features_.push_back({.name = std::move(name)});
    products_.push_back(std::move(products));
  }
}

void Finish::Apply(std::span<double> values, size_t rows) const {
  const auto column = [&](size_t place) { return values.subspan(place * rows, rows); };
  for (size_t i = 0; i < indicated_.size(); ++i)
    std::ranges::transform(column(indicated_[i]), column(width_ + i).begin(),
                           [](double value) { return std::isnan(value) ? 1.0 : 0.0; });
  for (size_t i = 0; i < width_; ++i)
    for (double& value : column(i)) {
      if (!fill_.empty() && std::isnan(value)) value = fill_[i];
      if (!centre_.empty()) value = (value - centre_[i]) / spread_[i];
    }
  size_t place = width_ + indicated_.size();
  const auto behind_indicators = [&](int64_t at) {
    return at < static_cast<int64_t>(width_) ? at : at + static_cast<int64_t>(indicated_.size());
  };
  for (const Products& products : products_)
    for (size_t i = 0; i < products.left.size(); ++i, ++place)
      std::ranges::transform(column(behind_indicators(products.left[i])), column(products.right[i]),
                             column(place).begin(), std::multiplies<>());
}

Matrix Finish::Write(Graph& graph, const Matrix& x) const {
  Matrix scaled = x;
  if (!fill_.empty())
    scaled.value = graph.Add("Where", {graph.Add("IsNaN", {x.value}), Row(graph, fill_), x.value});
  if (!centre_.empty())
    scaled.value = graph.Add(
        "Div", {graph.Add("Sub", {scaled.value, Row(graph, centre_)}), Row(graph, spread_)});
  std::vector<Matrix> parts = {scaled};
  if (!indicated_.empty()) {
    const Matrix chosen = graph.Select(x, indicated_);
    const Matrix missing = {graph.Add("IsNaN", {chosen.value}), DType::kBool, chosen.columns};
    parts.push_back(graph.CastTo(missing, DType::kFp64));
  }
  std::vector<Matrix> powers = {scaled};
  for (const Products& products : products_) {
    const Matrix left = graph.Select(graph.Concat(powers), products.left);
    const Matrix right = graph.Select(scaled, products.right);
    powers.push_back({graph.Add("Mul", {left.value, right.value}), DType::kFp64, left.columns});
    parts.push_back(powers.back());
  }
  return graph.Concat(parts);
}

}  // namespace slipway::train
