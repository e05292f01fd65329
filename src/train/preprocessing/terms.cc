#include "train/preprocessing/terms.h"

#include <absl/container/flat_hash_map.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <tuple>
#include <utility>

#include "terms/analyzer.h"

namespace slipway::train {
namespace {

using importing::Graph;
using importing::Matrix;

const terms::Analyzer& Words() {
  static const terms::Analyzer analyzer = *terms::Analyzer::Create({});
  return analyzer;
}

Status CountInto(const data::Column& column, size_t row, terms::Analyzer::Scratch& scratch,
                 absl::FunctionRef<void(std::string_view)> visit) {
  const Status status = Words().Analyze(WordAt(column, row), scratch, visit);
  if (status.ok()) return status;
  return Annotate(status, fmt::format("column \"{}\": row {}", column.name, row + 1));
}

class TermEncoder : public Encoder {
 public:
  TermEncoder(std::string column, Vocabulary vocabulary)
      : column_(std::move(column)), vocabulary_(std::move(vocabulary)) {
    for (const std::string& term : vocabulary_.terms)
      places_.emplace(term, static_cast<int32_t>(places_.size()));
  }

  std::vector<Feature> Features() const override {
    std::vector<Feature> features;
    for (const std::string& term : vocabulary_.terms)
      features.push_back({.name = fmt::format("{}:{}", column_, term)});
    return features;
  }

  Status Apply(const data::Table& table, std::span<double> out) const override {
    ASSIGN_OR_RETURN(const data::Column* const column, ColumnFor(table, column_, false));
    std::ranges::fill(out, 0.0);
    terms::Analyzer::Scratch scratch;
    std::vector<int32_t> seen;
    for (size_t row = 0; row < table.rows; ++row) {
      seen.clear();
      const auto cell = [&](int32_t place) -> double& { return out[place * table.rows + row]; };
      RETURN_IF_ERROR(CountInto(*column, row, scratch, [&](std::string_view term) {
        const auto found = places_.find(absl::string_view(term.data(), term.size()));
        if (found == places_.end()) return;
        if (cell(found->second)++ == 0) seen.push_back(found->second);
      }));
      std::ranges::sort(seen);
      double squares = 0;
      for (const int32_t place : seen) {
        cell(place) *= vocabulary_.weights[place];
        squares += cell(place) * cell(place);
      }
      for (const int32_t place : seen) cell(place) /= std::sqrt(squares);
    }
    return OkStatus();
  }

  Matrix Write(Graph& graph, const InputColumns& inputs) const override {
    const auto count = static_cast<int64_t>(vocabulary_.terms.size());
    const terms::AnalyzerOptions options;
    const std::string counts = graph.AddOwn(
        "CountTerms", {inputs.Words(column_).value, graph.Strings({count}, vocabulary_.terms)},
        {{"analyzer", "word"},
         {"ngram_min", 1},
         {"ngram_max", 1},
         {"lowercase", 1},
         {"token_pattern", options.token_pattern}});
    const std::string weights = graph.Constant<double>({count}, vocabulary_.weights);
    return {.value = graph.AddOwn("WeighTerms", {counts, weights}, {{"norm", "l2"}}),
            .columns = count,
            .sparse = true};
  }

 private:
  const std::string column_;
  const Vocabulary vocabulary_;
  absl::flat_hash_map<std::string, int32_t> places_;
};

struct Occurrences {
  int64_t times = 0, texts = 0;
  size_t last_row = SIZE_MAX;
};

}  // namespace

StatusOr<Vocabulary> FindTerms(const data::Column& column, size_t max_terms) {
  const size_t rows = std::max(column.texts.size(), column.codes.size());
  absl::flat_hash_map<std::string, Occurrences> counted;
  terms::Analyzer::Scratch scratch;
  for (size_t row = 0; row < rows; ++row)
    RETURN_IF_ERROR(CountInto(column, row, scratch, [&](std::string_view term) {
      Occurrences& found = counted[absl::string_view(term.data(), term.size())];
      ++found.times;
      if (std::exchange(found.last_row, row) != row) ++found.texts;
    }));
  if (counted.empty())
    return Error(Reason::kBadRequest,
                 "column \"{}\": no text holds a word of two letters or more: drop it, or say "
                 "what it is with --type {}=category",
                 column.name, column.name);

  std::vector<const std::pair<const std::string, Occurrences>*> ranked;
  for (const auto& entry : counted) ranked.push_back(&entry);
  std::ranges::sort(ranked, [](const auto* left, const auto* right) {
    const bool left_once = left->second.texts == 1, right_once = right->second.texts == 1;
    return std::tuple(left_once, -left->second.times, std::string_view(left->first)) <
           std::tuple(right_once, -right->second.times, std::string_view(right->first));
  });
  ranked.resize(std::min(max_terms, ranked.size()));
  std::ranges::sort(ranked, {}, [](const auto* entry) -> std::string_view { return entry->first; });

  Vocabulary vocabulary;
  for (const auto* entry : ranked) {
    vocabulary.terms.push_back(entry->first);
    vocabulary.weights.push_back(
        std::log(static_cast<double>(1 + rows) / static_cast<double>(1 + entry->second.texts)) + 1);
  }
  return vocabulary;
}

std::unique_ptr<Encoder> EncodeTerms(std::string column, Vocabulary vocabulary) {
  return std::make_unique<TermEncoder>(std::move(column), std::move(vocabulary));
}

}  // namespace slipway::train
