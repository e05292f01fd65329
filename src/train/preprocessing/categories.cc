#include "train/preprocessing/categories.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <numeric>

#include "import/columns.h"

namespace slipway::train {
namespace {

using importing::Graph;
using importing::Matrix;

constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();

class OrdinalEncoder : public Encoder {
 public:
  OrdinalEncoder(std::string column, std::vector<std::string> words, bool as_categories)
      : column_(std::move(column)), words_(std::move(words)), as_categories_(as_categories) {}

  std::vector<Feature> Features() const override {
    return {
        {.name = column_, .categories = as_categories_ ? static_cast<int32_t>(words_.size()) : 0}};
  }

  Status Apply(const data::Table& table, std::span<double> out) const override {
    ASSIGN_OR_RETURN(const data::Column* const column, ColumnFor(table, column_, false));
    const std::vector<int32_t> codes = CodesOf(*column, words_);
    std::ranges::transform(codes, out.begin(),
                           [](int32_t code) { return code < 0 ? kMissing : double(code); });
    return OkStatus();
  }

  Matrix Write(Graph& graph, const InputColumns& inputs) const override {
    return importing::CodesOf(graph, inputs.Words(column_), {.words = words_});
  }

 private:
  const std::string column_;
  const std::vector<std::string> words_;
  const bool as_categories_;
};

class OneHotEncoder : public Encoder {
 public:
  OneHotEncoder(std::string column, std::vector<std::string> words)
      : column_(std::move(column)), words_(std::move(words)) {}

  std::vector<Feature> Features() const override {
    std::vector<Feature> features;
    for (const std::string& word : words_)
      features.push_back({.name = fmt::format("{}={}", column_, word)});
    return features;
  }

  Status Apply(const data::Table& table, std::span<double> out) const override {
    ASSIGN_OR_RETURN(const data::Column* const column, ColumnFor(table, column_, false));
    const std::vector<int32_t> codes = CodesOf(*column, words_);
    std::ranges::fill(out, 0.0);
    for (size_t row = 0; row < table.rows; ++row)
      if (codes[row] >= 0) out[codes[row] * table.rows + row] = 1;
    return OkStatus();
  }

  Matrix Write(Graph& graph, const InputColumns& inputs) const override {
    const Matrix code = importing::CodesOf(graph, inputs.Words(column_), {.words = words_});
    const auto count = static_cast<int64_t>(words_.size());
    std::vector<double> places(words_.size());
    std::iota(places.begin(), places.end(), 0);
    const std::string hit =
        graph.Add("Equal", {code.value, graph.Constant<double>({count}, places)});
    return graph.CastTo({hit, DType::kBool, count}, DType::kFp64);
  }

 private:
  const std::string column_;
  const std::vector<std::string> words_;
};

class ValueEncoder : public Encoder {
 public:
  ValueEncoder(std::string column, std::vector<std::string> names, WordValues values)
      : column_(std::move(column)), names_(std::move(names)), values_(std::move(values)) {}

  std::vector<Feature> Features() const override {
    std::vector<Feature> features;
    for (const std::string& name : names_) features.push_back({.name = name});
    return features;
  }

  Status Apply(const data::Table& table, std::span<double> out) const override {
    ASSIGN_OR_RETURN(const data::Column* const column, ColumnFor(table, column_, false));
    const std::vector<int32_t> codes = CodesOf(*column, values_.words);
    const size_t width = names_.size();
    for (size_t row = 0; row < table.rows; ++row)
      for (size_t i = 0; i < width; ++i)
        out[i * table.rows + row] =
            codes[row] < 0 ? values_.otherwise[i] : values_.values[codes[row] * width + i];
    return OkStatus();
  }

  Matrix Write(Graph& graph, const InputColumns& inputs) const override {
    const Matrix words = inputs.Words(column_);
    const size_t width = names_.size();
    std::vector<Matrix> parts;
    for (size_t i = 0; i < width; ++i) {
      std::vector<double> own;
      for (size_t word = 0; word < values_.words.size(); ++word)
        own.push_back(values_.values[word * width + i]);
      parts.push_back(importing::LookUp(graph, words, values_.words, own, values_.otherwise[i]));
    }
    return graph.Concat(parts);
  }

 private:
  const std::string column_;
  const std::vector<std::string> names_;
  const WordValues values_;
};

}  // namespace

std::vector<std::string> WordsOf(const data::Column& column) {
  std::vector<std::string> words;
  if (column.type == data::ColumnType::kText) {
    words = column.texts;
    std::ranges::sort(words);
    words.erase(std::unique(words.begin(), words.end()), words.end());
    if (!words.empty() && words.front().empty()) words.erase(words.begin());
    return words;
  }
  std::vector<bool> occurs(column.categories.size());
  for (const int32_t code : column.codes)
    if (code >= 0) occurs[code] = true;
  for (size_t code = 0; code < occurs.size(); ++code)
    if (occurs[code]) words.push_back(column.categories[code]);
  return words;
}

std::vector<int32_t> CodesOf(const data::Column& column, const std::vector<std::string>& words) {
  const auto place_of = [&](const std::string& word) {
    const auto at = std::ranges::lower_bound(words, word);
    return at != words.end() && *at == word ? static_cast<int32_t>(at - words.begin()) : -1;
  };
  std::vector<int32_t> codes;
  if (column.type == data::ColumnType::kText) {
    for (const std::string& text : column.texts) codes.push_back(place_of(text));
    return codes;
  }
  std::vector<int32_t> places;
  for (const std::string& category : column.categories) places.push_back(place_of(category));
  for (const int32_t code : column.codes) codes.push_back(code < 0 ? -1 : places[code]);
  return codes;
}

std::unique_ptr<Encoder> EncodeOrdinal(std::string column, std::vector<std::string> words,
                                       bool as_categories) {
  return std::make_unique<OrdinalEncoder>(std::move(column), std::move(words), as_categories);
}

std::unique_ptr<Encoder> EncodeOneHot(std::string column, std::vector<std::string> words) {
  return std::make_unique<OneHotEncoder>(std::move(column), std::move(words));
}

std::unique_ptr<Encoder> EncodeByValues(std::string column, std::vector<std::string> names,
                                        WordValues values) {
  return std::make_unique<ValueEncoder>(std::move(column), std::move(names), std::move(values));
}

}  // namespace slipway::train
