#include "data/cleaning.h"

#include <absl/container/flat_hash_set.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <numeric>

#include "base/nearest_word.h"
#include "base/random.h"
#include "data/quantile.h"

namespace slipway::data {
namespace {

constexpr std::array<std::string_view, 5> kNames = {"drop-duplicates", "drop-missing-target",
                                                    "clip-outliers", "oversample", "undersample"};
constexpr double kUsualTail = 0.01;
constexpr double kUsualShare = 1;

std::string_view NameOf(CleaningKind kind) { return kNames[static_cast<size_t>(kind)]; }

bool HasAmount(CleaningKind kind) { return kind >= CleaningKind::kClipOutliers; }

Status CheckAmount(CleaningKind kind, double amount) {
  if (kind == CleaningKind::kClipOutliers) {
    if (amount > 0 && amount < 0.5) return OkStatus();
    return Error(Reason::kBadRequest, "clip-outliers: expected a share above 0 and below 0.5");
  }
  if (amount > 0 && amount <= 1) return OkStatus();
  return Error(Reason::kBadRequest, "{}: expected a share above 0 and at most 1", NameOf(kind));
}

uint64_t Mixed(uint64_t hash, uint64_t bits) { return Random(hash ^ bits).Next(); }

/// A number as bits that are equal when the numbers are, all missing ones among themselves.
uint64_t BitsOf(double value) {
  if (std::isnan(value)) return UINT64_MAX;
  return std::bit_cast<uint64_t>(value == 0 ? 0.0 : value);
}

struct RowHash {
  const Table* table;
  size_t operator()(uint32_t row) const {
    uint64_t hash = 0;
    for (const Column& column : table->columns) {
      if (column.is_numeric())
        hash = Mixed(hash, BitsOf(column.numbers[row]));
      else if (column.type == ColumnType::kCategory)
        hash = Mixed(hash, static_cast<uint64_t>(column.codes[row]));
      else
        hash = Mixed(hash, std::hash<std::string>()(column.texts[row]));
    }
    return hash;
  }
};

struct RowEqual {
  const Table* table;
  bool operator()(uint32_t a, uint32_t b) const {
    return std::all_of(table->columns.begin(), table->columns.end(), [&](const Column& column) {
      if (column.is_numeric()) return BitsOf(column.numbers[a]) == BitsOf(column.numbers[b]);
      if (column.type == ColumnType::kCategory) return column.codes[a] == column.codes[b];
      return column.texts[a] == column.texts[b];
    });
  }
};

std::vector<uint32_t> WithoutDuplicates(const Table& table) {
  absl::flat_hash_set<uint32_t, RowHash, RowEqual> seen(table.rows, RowHash{&table},
                                                        RowEqual{&table});
  std::vector<uint32_t> kept;
  for (uint32_t row = 0; row < table.rows; ++row)
    if (seen.insert(row).second) kept.push_back(row);
  return kept;
}

StatusOr<std::vector<uint32_t>> WithTarget(const Column& target, size_t rows) {
  std::vector<uint32_t> kept;
  for (uint32_t row = 0; row < rows; ++row)
    if (!target.IsMissing(row)) kept.push_back(row);
  if (!kept.empty()) return kept;
  return Error(Reason::kBadRequest, "no row has a value of target column \"{}\"", target.name);
}

/// How many values were limited.
size_t Clip(double tail, std::vector<double>& values) {
  std::vector<double> sorted;
  std::copy_if(values.begin(), values.end(), std::back_inserter(sorted),
               [](double value) { return std::isfinite(value); });
  if (sorted.empty()) return 0;
  std::sort(sorted.begin(), sorted.end());
  const double low = QuantileOfSorted(sorted, tail), high = QuantileOfSorted(sorted, 1 - tail);
  size_t count = 0;
  for (double& value : values) {
    if (std::isnan(value)) continue;
    const double limited = std::clamp(value, low, high);
    count += limited != value;
    value = limited;
  }
  return count;
}

std::string ClipOutliers(double tail, std::string_view target, Table& table) {
  size_t values = 0, columns = 0;
  for (Column& column : table.columns) {
    const bool measured = column.type == ColumnType::kNumber || column.type == ColumnType::kInteger;
    if (!measured || column.name == target) continue;
    const size_t count = Clip(tail, column.numbers);
    // Limits lie between values, so that whole numbers may end up as fractions.
    if (count > 0) column.type = ColumnType::kNumber;
    values += count;
    columns += count > 0;
  }
  return fmt::format("{} values of {} columns limited", values, columns);
}

/// The rows of each class that occurs.
StatusOr<std::vector<std::vector<uint32_t>>> RowsOfClasses(const Column& column) {
  constexpr Task kTask = Task::kClassification;
  ASSIGN_OR_RETURN(const Target target, TargetOf(column, &kTask));
  std::vector<std::vector<uint32_t>> rows(target.labels.size());
  for (uint32_t row = 0; row < target.classes.size(); ++row)
    rows[static_cast<size_t>(target.classes[row])].push_back(row);
  return rows;
}

StatusOr<std::string> Oversample(double share, const Column& target, uint64_t seed, Table& table) {
  ASSIGN_OR_RETURN(const auto classes, RowsOfClasses(target));
  size_t largest = 0;
  for (const auto& rows : classes) largest = std::max(largest, rows.size());
  const auto want = static_cast<size_t>(std::ceil(share * static_cast<double>(largest)));
  std::vector<uint32_t> selected(table.rows);
  std::iota(selected.begin(), selected.end(), 0);
  Random random(seed);
  for (const auto& rows : classes)
    for (size_t size = rows.size(); size < want; ++size)
      selected.push_back(rows[random.Below(rows.size())]);
  if (selected.size() >= UINT32_MAX)
    return Error(Reason::kTooLarge, "{} rows are too many", selected.size());
  const size_t added = selected.size() - table.rows;
  table = table.Select(selected);
  return fmt::format("{} rows of rare classes added: {} in all", added, selected.size());
}

StatusOr<std::string> Undersample(double share, const Column& target, uint64_t seed, Table& table) {
  ASSIGN_OR_RETURN(auto classes, RowsOfClasses(target));
  size_t smallest = table.rows;
  for (const auto& rows : classes) smallest = std::min(smallest, rows.size());
  const auto most = static_cast<size_t>(static_cast<double>(smallest) / share);
  std::vector<uint32_t> selected;
  Random random(seed);
  for (auto& rows : classes) {
    random.Shuffle(std::span(rows));
    rows.resize(std::min(rows.size(), most));
    selected.insert(selected.end(), rows.begin(), rows.end());
  }
  std::sort(selected.begin(), selected.end());
  const size_t dropped = table.rows - selected.size();
  table = table.Select(selected);
  return fmt::format("{} rows of frequent classes dropped: {} in all", dropped, selected.size());
}

StatusOr<std::string> Do(const CleaningStep& step, std::string_view target, uint64_t seed,
                         Table& table) {
  if (step.kind == CleaningKind::kClipOutliers) return ClipOutliers(step.amount, target, table);
  ASSIGN_OR_RETURN(const Column* const column, table.Get(target));
  if (step.kind == CleaningKind::kOversample) return Oversample(step.amount, *column, seed, table);
  return Undersample(step.amount, *column, seed, table);
}

}  // namespace

std::string CleaningStep::text() const {
  if (!HasAmount(kind)) return std::string(NameOf(kind));
  return fmt::format("{}:{}", NameOf(kind), amount);
}

std::span<const std::string_view> CleaningStepNames() { return kNames; }

StatusOr<CleaningStep> ParseCleaningStep(std::string_view text) {
  const size_t colon = text.find(':');
  const std::string_view name = text.substr(0, colon);
  const auto found = std::find(kNames.begin(), kNames.end(), name);
  if (found == kNames.end())
    return Error(Reason::kBadRequest, "expected a cleaning step ({}), got \"{}\"{}",
                 fmt::join(kNames, ", "), name, DidYouMean(name, kNames));
  CleaningStep step{.kind = static_cast<CleaningKind>(found - kNames.begin())};
  if (!HasAmount(step.kind)) {
    if (colon == std::string_view::npos) return step;
    return Error(Reason::kBadRequest, "{} takes no number", name);
  }
  step.amount = step.kind == CleaningKind::kClipOutliers ? kUsualTail : kUsualShare;
  if (colon != std::string_view::npos) {
    const std::string_view number = text.substr(colon + 1);
    const char* const end = number.data() + number.size();
    const auto result = std::from_chars(number.data(), end, step.amount);
    if (result.ec != std::errc() || result.ptr != end)
      return Error(Reason::kBadRequest, "{}: expected a number, got \"{}\"", name, number);
  }
  RETURN_IF_ERROR(CheckAmount(step.kind, step.amount));
  return step;
}

StatusOr<std::vector<uint32_t>> KeptRows(const CleaningStep& step, std::string_view target,
                                         const Table& table) {
  if (step.kind == CleaningKind::kDropDuplicates) return WithoutDuplicates(table);
  const auto column = table.Get(target);
  if (!column.ok()) return Annotate(column.status(), step.text());
  auto kept = WithTarget(**column, table.rows);
  if (!kept.ok()) return Annotate(kept.status(), step.text());
  return kept;
}

std::string DescribeKept(const CleaningStep& step, size_t kept, size_t rows) {
  return fmt::format("{}: {} of {} rows dropped", step.text(), rows - kept, rows);
}

StatusOr<std::string> Clean(const CleaningStep& step, std::string_view target, uint64_t seed,
                            Table& table) {
  if (!step.training_only()) {
    ASSIGN_OR_RETURN(const std::vector<uint32_t> kept, KeptRows(step, target, table));
    const size_t before = table.rows;
    table = table.Select(kept);
    return DescribeKept(step, kept.size(), before);
  }
  const StatusOr<std::string> done = Do(step, target, seed, table);
  if (!done.ok()) return Annotate(done.status(), step.text());
  return fmt::format("{}: {}", step.text(), *done);
}

}  // namespace slipway::data
