#include "train/preprocessing/bins.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "train/preprocessing/quantiles.h"

namespace slipway::train {
namespace {

using importing::Graph;
using importing::Matrix;

class BinEncoder : public Encoder {
 public:
  BinEncoder(std::string column, std::vector<double> edges, bool one_hot)
      : column_(std::move(column)), edges_(std::move(edges)), one_hot_(one_hot) {}

  std::vector<Feature> Features() const override {
    if (!one_hot_) return {{.name = column_}};
    std::vector<Feature> features;
    for (size_t bin = 0; bin <= edges_.size(); ++bin)
      features.push_back({.name = fmt::format("{}#{}", column_, bin)});
    return features;
  }

  Status Apply(const data::Table& table, std::span<double> out) const override {
    ASSIGN_OR_RETURN(const data::Column* const column, ColumnFor(table, column_, true));
    if (one_hot_) std::ranges::fill(out, 0.0);
    for (size_t row = 0; row < table.rows; ++row) {
      const double value = column->numbers[row];
      const auto bin =
          static_cast<size_t>(std::ranges::upper_bound(edges_, value) - edges_.begin());
      if (!one_hot_)
        out[row] = std::isnan(value) ? value : static_cast<double>(bin);
      else if (!std::isnan(value))
        out[bin * table.rows + row] = 1;
    }
    return OkStatus();
  }

  Matrix Write(Graph& graph, const InputColumns& inputs) const override {
    const Matrix x = inputs.Numbers({&column_, 1});
    const auto count = static_cast<int64_t>(edges_.size());
    const std::string reached =
        graph.Add("GreaterOrEqual", {x.value, graph.Constant<double>({count}, edges_)});
    const Matrix ones = graph.CastTo({reached, DType::kBool, count}, DType::kFp64);
    const std::string axis = graph.Constant<int64_t>({1}, std::vector<int64_t>{1});
    const std::string bin = graph.Add("ReduceSum", {ones.value, axis}, {{"keepdims", 1}});
    const std::string missing = graph.Scalar(std::numeric_limits<double>::quiet_NaN());
    const std::string place = graph.Add("Where", {graph.Add("IsNaN", {x.value}), missing, bin});
    if (!one_hot_) return {place, DType::kFp64, 1};
    std::vector<double> places(edges_.size() + 1);
    std::iota(places.begin(), places.end(), 0);
    const std::string hit =
        graph.Add("Equal", {place, graph.Constant<double>({count + 1}, places)});
    return graph.CastTo({hit, DType::kBool, count + 1}, DType::kFp64);
  }

 private:
  const std::string column_;
  const std::vector<double> edges_;
  const bool one_hot_;
};

}  // namespace

std::vector<double> QuantileEdges(std::span<const double> values, int bins) {
  const SortedValues sorted(values);
  std::vector<double> edges;
  if (sorted.empty()) return edges;
  for (int i = 1; i < bins; ++i) {
    const double edge = sorted.Quantile(static_cast<double>(i) / bins);
    if (edge > sorted.Quantile(0) && (edges.empty() || edge > edges.back())) edges.push_back(edge);
  }
  return edges;
}

std::unique_ptr<Encoder> EncodeBins(std::string column, std::vector<double> edges, bool one_hot) {
  return std::make_unique<BinEncoder>(std::move(column), std::move(edges), one_hot);
}

}  // namespace slipway::train
