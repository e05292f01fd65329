#include "train/preprocessing/date_parts.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace slipway::train {
namespace {

using importing::Graph;
using importing::Matrix;

constexpr std::array<std::string_view, 5> kParts = {"year", "month", "day", "weekday", "hour"};

/// A value [n, 1] of a graph, with which formulas are written like numbers.
struct Formula {
  Graph* graph;
  std::string value;

  Formula With(std::string_view op_type, double number) const {
    return {graph, graph->Add(op_type, {value, graph->Scalar(number)})};
  }
  Formula With(std::string_view op_type, const Formula& other) const {
    return {graph, graph->Add(op_type, {value, other.value})};
  }
};
template <typename Right>
Formula operator+(const Formula& left, const Right& right) {
  return left.With("Add", right);
}
template <typename Right>
Formula operator-(const Formula& left, const Right& right) {
  return left.With("Sub", right);
}
Formula operator*(const Formula& left, double right) { return left.With("Mul", right); }
/// Rounded down.
Formula Quotient(const Formula& left, double right) {
  return {left.graph, left.graph->Add("Floor", {left.With("Div", right).value})};
}
double Quotient(double left, double right) { return std::floor(left / right); }

/// Whole numbers below 2^53: every step is exact. Source: E. Richards' calendar arithmetic, with
/// years that begin in March, so that the leap day is the last of one.
template <typename Number>
std::array<Number, kParts.size()> PartsOf(const Number& seconds) {
  const Number days = Quotient(seconds, 86'400);
  const Number since_epoch = days + 719'468.0;  // 0000-03-01
  const Number era = Quotient(since_epoch, 146'097);
  const Number day_of_era = since_epoch - era * 146'097.0;
  const Number year_of_era =
      Quotient(day_of_era - Quotient(day_of_era, 1'460) + Quotient(day_of_era, 36'524) -
                   Quotient(day_of_era, 146'096),
               365);
  const Number day_of_year =
      day_of_era - year_of_era * 365.0 - Quotient(year_of_era, 4) + Quotient(year_of_era, 100);
  const Number month = Quotient(day_of_year * 5.0 + 2.0, 153);  // 0 = March
  const Number next_year = Quotient(month, 10);                 // 1 in January and February
  return {year_of_era + era * 400.0 + next_year, month + 3.0 - next_year * 12.0,
          day_of_year - Quotient(month * 153.0 + 2.0, 5) + 1.0,
          days + 3.0 - Quotient(days + 3.0, 7) * 7.0, Quotient(seconds - days * 86'400.0, 3'600)};
}

class DateEncoder : public Encoder {
 public:
  DateEncoder(std::string column, std::vector<std::string> left_out) : column_(std::move(column)) {
    for (size_t part = 0; part < kParts.size(); ++part)
      if (std::ranges::find(left_out, kParts[part]) == left_out.end()) parts_.push_back(part);
  }

  std::vector<Feature> Features() const override {
    std::vector<Feature> features;
    for (const size_t part : parts_)
      features.push_back({.name = column_ + "." + std::string(kParts[part])});
    return features;
  }

  Status Apply(const data::Table& table, std::span<double> out) const override {
    ASSIGN_OR_RETURN(const data::Column* const column, ColumnFor(table, column_, true));
    for (size_t row = 0; row < table.rows; ++row) {
      const auto all = PartsOf(column->numbers[row]);
      for (size_t i = 0; i < parts_.size(); ++i) out[i * table.rows + row] = all[parts_[i]];
    }
    return OkStatus();
  }

  Matrix Write(Graph& graph, const InputColumns& inputs) const override {
    const auto all = PartsOf(Formula{&graph, inputs.Numbers({&column_, 1}).value});
    std::vector<Matrix> parts;
    for (const size_t part : parts_) parts.push_back({all[part].value, DType::kFp64, 1});
    return graph.Concat(parts);
  }

 private:
  const std::string column_;
  std::vector<size_t> parts_;
};

}  // namespace

std::unique_ptr<Encoder> EncodeDate(std::string column, std::vector<std::string> left_out) {
  return std::make_unique<DateEncoder>(std::move(column), std::move(left_out));
}

}  // namespace slipway::train
