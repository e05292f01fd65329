#include "train/cleaning.h"

#include <algorithm>
#include <numeric>

namespace slipway::train {
namespace {

data::Column ColumnOf(const data::Target& target) {
  if (target.task == data::Task::kRegression)
    return {.name = target.name, .type = data::ColumnType::kNumber, .numbers = target.values};
  return {.name = target.name,
          .type = data::ColumnType::kCategory,
          .codes = target.classes,
          .categories = target.labels};
}

data::Column TakeLast(data::Table& table) {
  data::Column last = std::move(table.columns.back());
  table.columns.pop_back();
  return last;
}

/// Columns of the rows' weights, groups and times, which steps that move rows move too.
class Companions {
 public:
  Companions(Dataset& rows, bool rows_come_again) : rows_(rows) {
    if (!rows.weights.empty()) columns_.push_back({.numbers = std::move(rows.weights)});
    has_weights_ = !columns_.empty();
    if (!rows.group && !rows.time && rows_come_again) rows.group = RowNumbers(rows.size());
    for (std::optional<data::Column>* column : {&rows.group, &rows.time})
      if (*column) columns_.push_back(std::move(**column));
    for (data::Column& column : columns_) names_.push_back(std::move(column.name));
  }

  /// Into the table, under names that no column of a file has.
  void Join() {
    for (data::Column& column : columns_) {
      column.name = std::string(1, '\0') + static_cast<char>('0' + (&column - columns_.data()));
      rows_.table.columns.push_back(std::move(column));
    }
  }
  void Leave() {
    for (size_t i = columns_.size(); i-- > 0;) columns_[i] = TakeLast(rows_.table);
  }

  void HandBack() {
    for (size_t i = 0; i < columns_.size(); ++i) columns_[i].name = names_[i];
    size_t next = 0;
    if (has_weights_) rows_.weights = std::move(columns_[next++].numbers);
    for (std::optional<data::Column>* column : {&rows_.group, &rows_.time})
      if (*column) *column = std::move(columns_[next++]);
  }

 private:
  static data::Column RowNumbers(size_t rows) {
    data::Column column{.name = "row"};
    column.numbers.resize(rows);
    std::iota(column.numbers.begin(), column.numbers.end(), 0);
    return column;
  }

  Dataset& rows_;
  std::vector<data::Column> columns_;
  std::vector<std::string> names_;
  bool has_weights_ = false;
};

}  // namespace

StatusOr<CleanedRows> CleanForTraining(std::span<const data::CleaningStep> steps, Dataset rows,
                                       uint64_t seed) {
  CleanedRows cleaned{.rows = std::move(rows), .done = {}};
  data::Table& table = cleaned.rows.table;
  Companions companions(cleaned.rows,
                        std::ranges::any_of(steps, [](const data::CleaningStep& step) {
                          return step.kind == data::CleaningKind::kOversample;
                        }));
  table.columns.push_back(ColumnOf(cleaned.rows.target));
  for (const data::CleaningStep& step : steps) {
    const bool moves_rows = step.kind != data::CleaningKind::kClipOutliers;
    if (moves_rows) companions.Join();
    ASSIGN_OR_RETURN(cleaned.done.emplace_back(),
                     data::Clean(step, cleaned.rows.target.name, seed, table));
    if (moves_rows) companions.Leave();
  }
  companions.HandBack();
  data::Column target = TakeLast(table);
  cleaned.rows.target.values = std::move(target.numbers);
  cleaned.rows.target.classes = std::move(target.codes);
  return cleaned;
}

}  // namespace slipway::train
