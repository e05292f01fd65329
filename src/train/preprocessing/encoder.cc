#include "train/preprocessing/encoder.h"

#include <algorithm>

namespace slipway::train {
namespace {

class Numbers : public Encoder {
 public:
  explicit Numbers(std::vector<std::string> columns) : columns_(std::move(columns)) {}

  std::vector<Feature> Features() const override {
    std::vector<Feature> features;
    for (const std::string& column : columns_) features.push_back({.name = column});
    return features;
  }

  Status Apply(const data::Table& table, std::span<double> out) const override {
    for (size_t i = 0; i < columns_.size(); ++i) {
      ASSIGN_OR_RETURN(const data::Column* const column, ColumnFor(table, columns_[i], true));
      std::ranges::copy(column->numbers, out.subspan(i * table.rows).begin());
    }
    return OkStatus();
  }

  importing::Matrix Write(importing::Graph&, const InputColumns& inputs) const override {
    return inputs.Numbers(columns_);
  }

 private:
  const std::vector<std::string> columns_;
};

}  // namespace

StatusOr<const data::Column*> ColumnFor(const data::Table& table, const std::string& name,
                                        bool numeric) {
  ASSIGN_OR_RETURN(const data::Column* const column, table.Get(name));
  if (column->is_numeric() == numeric) return column;
  return Error(Reason::kBadRequest, "column \"{}\": expected {}, got a column of type {}", name,
               numeric ? "numbers" : "words", data::NameOf(column->type));
}

std::string_view WordAt(const data::Column& column, size_t row) {
  if (column.type == data::ColumnType::kText) return column.texts[row];
  return column.codes[row] < 0 ? std::string_view() : column.categories[column.codes[row]];
}

std::unique_ptr<Encoder> EncodeNumbers(std::vector<std::string> columns) {
  return std::make_unique<Numbers>(std::move(columns));
}

}  // namespace slipway::train
