#include "import/catboost/statistics.h"

#include <algorithm>
#include <numeric>

#include "tensor/tensor.h"

namespace slipway::importing::catboost {
namespace {

constexpr std::pair<std::string_view, StatisticKind> kKinds[] = {
    {"Borders", StatisticKind::kBorders},
    {"Buckets", StatisticKind::kBuckets},
    {"BinarizedTargetMeanValue", StatisticKind::kBinarizedMean},
    {"FloatTargetMeanValue", StatisticKind::kFloatMean},
    {"Counter", StatisticKind::kCounter},
    {"FeatureFreq", StatisticKind::kFrequency},
};

Status Bad(const Statistic& statistic, std::string_view what) {
  return Error(Reason::kBadModel, "CatBoost model: statistic {}: {}",
               std::string_view(statistic.table).substr(0, 200), what);
}

bool IsCounter(StatisticKind kind) {
  return kind == StatisticKind::kCounter || kind == StatisticKind::kFrequency;
}

Status CheckTable(const Statistic& statistic, const StatisticTable& table) {
  if (const auto width = WidthOf(statistic.kind)) {
    if (table.width == *width || table.hashes.empty()) return OkStatus();
    return Bad(statistic, fmt::format("expected {} values a hash, got {}", *width, table.width));
  }
  const bool buckets = statistic.kind == StatisticKind::kBuckets;
  const int64_t borders = table.width - (buckets ? 0 : 1);
  if (table.hashes.empty() || (statistic.target_border >= 0 && statistic.target_border < borders))
    return OkStatus();
  return Bad(statistic, fmt::format("expected a target border below {}, got {}", borders,
                                    statistic.target_border));
}

float Value(const Statistic& statistic, float count, float total) {
  const float share = (count + statistic.prior) / (total + statistic.prior_weight);
  return (share + statistic.shift) * statistic.scale;
}

float ValueOf(const Statistic& statistic, const StatisticTable& table, size_t row) {
  const auto values = std::span(table.values).subspan(row * table.width, table.width);
  if (IsMean(statistic.kind))
    return Value(statistic, static_cast<float>(values[0]), static_cast<float>(values[1]));
  if (IsCounter(statistic.kind))
    return Value(statistic, static_cast<float>(values[0]), static_cast<float>(table.denominator));
  const double total = std::accumulate(values.begin(), values.end(), 0.0);
  const auto border = static_cast<size_t>(statistic.target_border);
  const double count = statistic.kind == StatisticKind::kBuckets
                           ? values[border]
                           : std::accumulate(values.begin() + border + 1, values.end(), 0.0);
  return Value(statistic, static_cast<float>(count), static_cast<float>(total));
}

template <typename T>
Tensor TensorOf(DType dtype, const std::vector<T>& values) {
  const auto bytes = std::as_bytes(std::span(values));
  return {dtype,
          {static_cast<int64_t>(values.size())},
          Buffer::Own(std::vector<std::byte>(bytes.begin(), bytes.end()))};
}

/// Writes what the columns are made of.
class Writer {
 public:
  Writer(Graph& graph, const Matrix& numbers, const std::vector<Matrix>& hashes, size_t max_bytes)
      : graph_(graph), numbers_(numbers), hashes_(hashes), left_(max_bytes) {}

  /// Those of one table, side by side: FP32 [n, statistics].
  StatusOr<Matrix> Add(std::span<const Statistic* const> statistics, const StatisticTable& table) {
    const size_t rows = table.hashes.size() + 1;
    RETURN_IF_ERROR(Take(rows, statistics.size()));
    std::vector<float> values(rows * statistics.size());
    for (size_t i = 0; i < statistics.size(); ++i) {
      ASSIGN_OR_RETURN(const std::vector<float> column, ValuesOf(*statistics[i], table));
      for (size_t row = 0; row < rows; ++row) values[row * statistics.size() + i] = column[row];
    }
    const auto width = static_cast<int64_t>(statistics.size());
    const std::string place = AddPlace(statistics.front()->of, table.hashes);
    const std::string entries = graph_.Constant<float>({static_cast<int64_t>(rows), width}, values);
    return Matrix{graph_.Add("Gather", {entries, place}), DType::kFp32, width};
  }

 private:
  Status Take(size_t rows, size_t columns) {
    const size_t row_bytes = columns * sizeof(float) + 2 * sizeof(int64_t);
    if (rows > left_ / row_bytes)
      return Error(Reason::kTooLarge,
                   "CatBoost model: its statistics take more than the file's size allows");
    left_ -= rows * row_bytes;
    return graph_.CheckRoom(rows * row_bytes);
  }

  /// The row of a table: INT64 [n].
  std::string AddPlace(const Combination& of, const std::vector<int64_t>& hashes) {
    std::vector<Matrix> parts;
    for (const int64_t column : of.categories) parts.push_back(hashes_[column]);
    for (const Test& test : of.tests) parts.push_back(AddTest(test));
    const std::string hash = graph_.AddOwn("CombineHashes", {graph_.Concat(parts).value}, {});
    std::vector<int64_t> places(hashes.size());
    std::iota(places.begin(), places.end(), 0);
    const auto other = static_cast<int64_t>(hashes.size());
    return graph_.Add("LabelEncoder", {hash},
                      {{"keys_tensor", TensorOf(DType::kInt64, hashes)},
                       {"values_tensor", TensorOf(DType::kInt64, places)},
                       {"default_tensor", TensorOf(DType::kInt64, std::vector{other})}},
                      kMlDomain);
  }

  /// 1 where the test says yes: INT64 [n, 1].
  Matrix AddTest(const Test& test) {
    const std::string column = graph_.Select(numbers_, std::vector<int64_t>{test.column}).value;
    const std::string value = graph_.Scalar<double>(test.value);
    std::string yes = graph_.Add(test.is_equality ? "Equal" : "Greater", {column, value});
    if (test.missing_is_above) yes = graph_.Add("Or", {yes, graph_.Add("IsNaN", {column})});
    return graph_.CastTo({yes, DType::kBool, 1}, DType::kInt64);
  }

  Graph& graph_;
  const Matrix& numbers_;
  const std::vector<Matrix>& hashes_;
  size_t left_;
};

}  // namespace

bool IsMean(StatisticKind kind) {
  return kind == StatisticKind::kBinarizedMean || kind == StatisticKind::kFloatMean;
}

std::optional<int64_t> WidthOf(StatisticKind kind) {
  if (IsMean(kind)) return 2;
  if (IsCounter(kind)) return 1;
  return std::nullopt;
}

StatusOr<StatisticKind> StatisticKindOf(std::string_view name) {
  const auto found = std::ranges::find(kKinds, name, [](const auto& kind) { return kind.first; });
  if (found != std::end(kKinds)) return found->second;
  return Error(Reason::kUnsupported,
               "CatBoost model: statistics of categories of type \"{}\" are not supported",
               name.substr(0, 80));
}

StatusOr<std::vector<float>> ValuesOf(const Statistic& statistic, const StatisticTable& table) {
  RETURN_IF_ERROR(CheckTable(statistic, table));
  std::vector<float> values;
  for (size_t row = 0; row < table.hashes.size(); ++row)
    values.push_back(ValueOf(statistic, table, row));
  values.push_back(Value(statistic, 0,
                         IsCounter(statistic.kind) ? static_cast<float>(table.denominator) : 0.0F));
  return values;
}

StatusOr<Matrix> AddStatistics(Graph& graph, const std::vector<Statistic>& statistics,
                               const StatisticTables& tables, const Matrix& numbers,
                               const std::vector<Matrix>& hashes, size_t max_bytes) {
  std::map<std::string_view, std::vector<const Statistic*>> by_table;
  for (const Statistic& each : statistics) by_table[each.table].push_back(&each);
  Writer writer(graph, numbers, hashes, max_bytes);
  std::vector<Matrix> parts;
  std::vector<int64_t> order(statistics.size());  // of the column of each statistic
  int64_t columns = 0;
  for (const auto& [name, sharing] : by_table) {
    const auto table = tables.find(name);
    if (table == tables.end()) return Bad(*sharing.front(), "its table is missing");
    ASSIGN_OR_RETURN(Matrix part, writer.Add(sharing, table->second));
    parts.push_back(std::move(part));
    for (const Statistic* each : sharing) order[each - statistics.data()] = columns++;
  }
  return graph.CastTo(graph.Select(graph.Concat(parts), order), DType::kFp64);
}

}  // namespace slipway::importing::catboost
