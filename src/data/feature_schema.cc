#include "data/feature_schema.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "data/quantile.h"
#include "text/json_fields.h"
#include "text/json_reader.h"
#include "text/json_writer.h"

namespace slipway::data {
namespace {

constexpr size_t kMaxFeatures = 100'000;

std::optional<NumberFacts> FactsOf(std::vector<double> values) {
  std::erase_if(values, [](double value) { return !std::isfinite(value); });
  if (values.empty()) return std::nullopt;
  std::sort(values.begin(), values.end());
  NumberFacts facts{.min = values.front(), .max = values.back()};
  const auto count = static_cast<double>(values.size());
  // Moments of what is left after a shift, so that large values do not hide small differences.
  const double shift = QuantileOfSorted(values, 0.5);
  double sum = 0, squares = 0;
  for (const double value : values) sum += value - shift;
  const double mean = sum / count;
  for (const double value : values) squares += (value - shift - mean) * (value - shift - mean);
  facts.mean = shift + mean;
  facts.std = std::sqrt(squares / count);
  for (const double share : kQuantileShares)
    facts.quantiles.push_back(QuantileOfSorted(values, share));
  return facts;
}

void CountCategories(const Column& column, FeatureFacts& feature) {
  std::vector<uint64_t> counts(column.categories.size(), 0);
  for (const int32_t code : column.codes)
    if (code >= 0) ++counts[static_cast<size_t>(code)];
  for (size_t i = 0; i < counts.size(); ++i)
    if (counts[i] > 0) feature.categories.push_back({column.categories[i], counts[i]});
  std::stable_sort(
      feature.categories.begin(), feature.categories.end(),
      [](const CategoryCount& a, const CategoryCount& b) { return a.count > b.count; });
  while (feature.categories.size() > FeatureFacts::kMaxCategories) {
    feature.others += feature.categories.back().count;
    feature.categories.pop_back();
  }
}

void WriteNumber(const NumberFacts& facts, JsonWriter& writer) {
  writer.Key("min").Double(facts.min).Key("max").Double(facts.max);
  writer.Key("mean").Double(facts.mean).Key("std").Double(facts.std);
  writer.Key("quantiles").BeginArray();
  for (const double quantile : facts.quantiles) writer.Double(quantile);
  writer.EndArray();
}

void WriteCategories(const FeatureFacts& feature, JsonWriter& writer) {
  writer.Key("categories").BeginArray();
  for (const CategoryCount& entry : feature.categories)
    writer.BeginArray().String(entry.category).Uint(entry.count).EndArray();
  writer.EndArray();
  if (feature.others > 0) writer.Key("others").Uint(feature.others);
}

Status ReadType(JsonReader& reader, std::optional<ColumnType>& type) {
  std::string_view word;
  RETURN_IF_ERROR(reader.ReadString(&word));
  ASSIGN_OR_RETURN(type, ColumnTypeOf(word));
  return OkStatus();
}

Status ReadCategory(JsonReader& reader, std::vector<CategoryCount>& categories) {
  CategoryCount entry;
  RETURN_IF_ERROR(reader.BeginArray());
  for (int place = 0;; ++place) {
    ASSIGN_OR_RETURN(const bool more, reader.NextElement());
    if (more != (place < 2)) return Error(Reason::kBadRequest, "expected a category and its count");
    if (!more) break;
    RETURN_IF_ERROR(place == 0 ? reader.ReadString(&entry.category)
                               : reader.ReadUint64(&entry.count));
  }
  categories.push_back(std::move(entry));
  return OkStatus();
}

/// The members of a feature as they come.
struct FeatureReader {
  FeatureFacts feature;
  std::optional<double> min, max, mean, std;
  std::vector<double> quantiles;

  StatusOr<bool> Member(JsonReader& reader, std::string_view key) {
    const auto number = [&](std::optional<double>& to) {
      return Consumed(reader.ReadDouble(&to.emplace()));
    };
    if (key == "name") return Consumed(reader.ReadString(&feature.name));
    if (key == "type") return Consumed(ReadType(reader, feature.type));
    if (key == "missing") return Consumed(reader.ReadDouble(&feature.missing));
    if (key == "min") return number(min);
    if (key == "max") return number(max);
    if (key == "mean") return number(mean);
    if (key == "std") return number(std);
    if (key == "others") return Consumed(reader.ReadUint64(&feature.others));
    if (key == "quantiles")
      return Consumed(ReadArray(reader, kQuantileShares.size(),
                                [&] { return reader.ReadDouble(&quantiles.emplace_back()); }));
    if (key == "categories")
      return Consumed(ReadArray(reader, FeatureFacts::kMaxCategories,
                                [&] { return ReadCategory(reader, feature.categories); }));
    return false;
  }

  Status Finish() {
    if (feature.name.empty()) return Error(Reason::kBadRequest, "has no name");
    if (!feature.type) {
      feature = {.name = std::move(feature.name)};
      return OkStatus();
    }
    if (!(feature.missing >= 0 && feature.missing <= 1))
      return Error(Reason::kBadRequest, "\"missing\": expected a share from 0 to 1, got {}",
                   feature.missing);
    const bool is_category = feature.type == ColumnType::kCategory;
    if (!is_category && (!feature.categories.empty() || feature.others > 0))
      return Error(Reason::kBadRequest, "has categories, but is of type {}", NameOf(*feature.type));
    if (!min && !max && !mean && !std && quantiles.empty()) return OkStatus();
    if (is_category || feature.type == ColumnType::kText)
      return Error(Reason::kBadRequest, "has quantiles, but is of type {}", NameOf(*feature.type));
    const bool complete = min && max && mean && std && quantiles.size() == kQuantileShares.size();
    if (!complete)
      return Error(Reason::kBadRequest, "expected min, max, mean, std and {} quantiles together",
                   kQuantileShares.size());
    if (*min > *max || *std < 0 || !std::is_sorted(quantiles.begin(), quantiles.end()))
      return Error(Reason::kBadRequest, "min, max, std or quantiles contradict each other");
    feature.number = NumberFacts{
        .min = *min, .max = *max, .mean = *mean, .std = *std, .quantiles = std::move(quantiles)};
    return OkStatus();
  }
};

StatusOr<FeatureFacts> ReadFeature(JsonReader& reader) {
  FeatureReader members;
  RETURN_IF_ERROR(
      ReadObject(reader, [&](std::string_view key) { return members.Member(reader, key); }));
  RETURN_IF_ERROR(members.Finish());
  return std::move(members.feature);
}

}  // namespace

FeatureSchema DescribeFeatures(const Table& table) {
  FeatureSchema schema{.rows = table.rows};
  for (const Column& column : table.columns) {
    FeatureFacts& feature = schema.features.emplace_back();
    feature.name = column.name;
    feature.type = column.type;
    size_t missing = 0;
    for (size_t row = 0; row < table.rows; ++row) missing += column.IsMissing(row);
    if (table.rows > 0)
      feature.missing = static_cast<double>(missing) / static_cast<double>(table.rows);
    if (column.is_numeric()) feature.number = FactsOf(column.numbers);
    if (column.type == ColumnType::kCategory) CountCategories(column, feature);
  }
  return schema;
}

std::string RenderFeatureSchema(const FeatureSchema& schema) {
  std::string text;
  JsonWriter writer(text);
  writer.BeginObject().Key("rows").Uint(schema.rows).Key("features").BeginArray();
  for (const FeatureFacts& feature : schema.features) {
    writer.BeginObject().Key("name").String(feature.name);
    if (feature.type) {
      writer.Key("type").String(NameOf(*feature.type)).Key("missing").Double(feature.missing);
      if (feature.number) WriteNumber(*feature.number, writer);
      if (feature.type == ColumnType::kCategory) WriteCategories(feature, writer);
    }
    writer.EndObject();
  }
  writer.EndArray().EndObject();
  return text;
}

StatusOr<FeatureSchema> ParseFeatureSchema(std::string_view json) {
  JsonReader reader(json);
  FeatureSchema schema;
  std::set<std::string, std::less<>> names;
  const auto feature = [&]() -> Status {
    StatusOr<FeatureFacts> read = ReadFeature(reader);
    const std::string place = fmt::format("features[{}]", schema.features.size());
    if (!read.ok()) return Annotate(read.status(), place);
    if (!names.insert(read->name).second)
      return Error(Reason::kBadRequest, "{}: \"{}\" is the name of another one too", place,
                   read->name);
    schema.features.push_back(*std::move(read));
    return OkStatus();
  };
  RETURN_IF_ERROR(ReadObject(reader, [&](std::string_view key) -> StatusOr<bool> {
    if (key == "rows") return Consumed(reader.ReadUint64(&schema.rows));
    if (key == "features") return Consumed(ReadArray(reader, kMaxFeatures, feature));
    return false;
  }));
  RETURN_IF_ERROR(reader.End());
  return schema;
}

}  // namespace slipway::data
