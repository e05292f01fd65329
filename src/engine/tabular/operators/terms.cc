// CountTerms and WeighTerms of ai.slipway: docs/formats/text-operators.md.

#include <absl/container/flat_hash_map.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "engine/tabular/arena.h"
#include "engine/tabular/operators/sparse.h"
#include "engine/tabular/operators/steps.h"
#include "terms/analyzer.h"
#include "terms/murmur_hash.h"

namespace slipway::tabular {
namespace {

using terms::Analyzer;

constexpr size_t kKeptBytes = size_t{1} << 20;  // a thread's own, between runs

/// How often each column was met, in space that the columns bound and not how often.
class ColumnSums {
 public:
  void Clear() {
    entries_.clear();
    sorted_ = 0;
  }
  void Add(uint32_t column, int32_t value) {
    entries_.push_back({column, value});
    if (entries_.size() >= 2 * sorted_ + 4096) Settle();
  }
  /// One entry a column, in order.
  void Settle() {
    std::ranges::sort(entries_, {}, &Entry::column);
    size_t kept = 0;
    for (size_t i = 0; i < entries_.size(); ++i) {
      if (kept > 0 && entries_[kept - 1].column == entries_[i].column)
        entries_[kept - 1].sum += entries_[i].sum;
      else
        entries_[kept++] = entries_[i];
    }
    entries_.resize(kept);
    sorted_ = kept;
  }
  struct Entry {
    uint32_t column;
    int64_t sum;
  };
  const std::vector<Entry>& entries() const { return entries_; }
  size_t bytes() const { return entries_.capacity() * sizeof(Entry); }

 private:
  std::vector<Entry> entries_;
  size_t sorted_ = 0;
};

/// What a thread counts in.
struct Workplace {
  Analyzer::Scratch scratch;
  ColumnSums sums;

  size_t bytes() const {
    return scratch.lowered.capacity() + scratch.text.capacity() + scratch.term.capacity() +
           scratch.tokens.capacity() * sizeof(std::string_view) +
           scratch.bounds.capacity() * sizeof(size_t) + sums.bytes();
  }
};

/// Where terms are counted: at their place among those of the model, or at their hash.
class Columns {
 public:
  static Columns OfTerms(std::shared_ptr<const Tensor> terms) {
    Columns columns;
    for (const std::string_view term : ElementsOf<std::string_view>(*terms))
      columns.places_.try_emplace(term, static_cast<uint32_t>(columns.places_.size()));
    columns.terms_ = std::move(terms);
    return columns;
  }
  static Columns OfHashes(int64_t count, bool alternate_sign) {
    Columns columns;
    columns.hashes_ = static_cast<uint32_t>(count);
    columns.alternate_sign_ = alternate_sign;
    return columns;
  }
  size_t terms() const { return places_.size(); }

  void Count(std::string_view term, ColumnSums& sums) const {
    if (hashes_ > 0) {
      const int32_t hash = terms::MurmurHash(term);
      sums.Add(PlaceOf(hash), alternate_sign_ && hash < 0 ? -1 : 1);
    } else if (const auto place = places_.find(term); place != places_.end()) {
      sums.Add(place->second, 1);
    }
  }

 private:
  /// scikit-learn gives the one hash that has no absolute value a place by a formula of its own.
  uint32_t PlaceOf(int32_t hash) const {
    if (hash == INT32_MIN) return (uint32_t{INT32_MAX} - (hashes_ - 1)) % hashes_;
    return static_cast<uint32_t>(std::abs(hash)) % hashes_;
  }

  std::shared_ptr<const Tensor> terms_;
  absl::flat_hash_map<std::string_view, uint32_t> places_;  // views of terms_
  uint32_t hashes_ = 0;
  bool alternate_sign_ = false;
};

class CountTermsStep final : public Step {
 public:
  CountTermsStep(Slot from, Slot to, Analyzer analyzer, Columns columns, bool binary)
      : from_(from),
        to_(to),
        analyzer_(std::move(analyzer)),
        columns_(std::move(columns)),
        binary_(binary) {}

  Status Run(const Block& block) const override {
    thread_local Workplace place;
    for (size_t r = 0; r < block.rows; ++r)
      RETURN_IF_ERROR(CountRow(block.In<std::string_view>(from_)[r], place, *block.arena,
                               block.Out<SparseRow>(to_)[r]));
    if (place.bytes() > kKeptBytes) place = {};
    return OkStatus();
  }

 private:
  Status CountRow(std::string_view text, Workplace& place, Arena& arena, SparseRow& row) const {
    place.sums.Clear();
    RETURN_IF_ERROR(analyzer_.Analyze(
        text, place.scratch, [&](std::string_view term) { columns_.Count(term, place.sums); }));
    place.sums.Settle();
    const auto& entries = place.sums.entries();
    auto* const columns = arena.Take<uint32_t>(entries.size());
    auto* const values = arena.Take<double>(entries.size());
    if (columns == nullptr || values == nullptr) return ArenaIsFull();
    size_t count = 0;
    for (const ColumnSums::Entry& entry : entries) {
      if (entry.sum == 0 && !binary_) continue;  // hashes of both signs
      columns[count] = entry.column;
      values[count++] = binary_ ? 1 : static_cast<double>(entry.sum);
    }
    row = {columns, values, count};
    return OkStatus();
  }

  const Slot from_;
  const Slot to_;
  const Analyzer analyzer_;
  const Columns columns_;
  const bool binary_;
};

StatusOr<terms::AnalyzerOptions> AnalyzerOptionsOf(const Lowering& node) {
  terms::AnalyzerOptions options;
  const std::string unit = node.Text("analyzer", "word");
  if (unit == "char")
    options.unit = terms::Unit::kChar;
  else if (unit == "char_wb")
    options.unit = terms::Unit::kCharInWords;
  else if (unit != "word")
    return node.Unsupported("analyzer is not \"word\", \"char\" or \"char_wb\"");
  const std::string accents = node.Text("strip_accents", "");
  if (accents == "unicode")
    options.accents = terms::Accents::kUnicode;
  else if (accents == "ascii")
    options.accents = terms::Accents::kAscii;
  else if (!accents.empty())
    return node.Unsupported("strip_accents is not \"unicode\" or \"ascii\"");
  options.ngram_min = node.Int("ngram_min", 1);
  options.ngram_max = node.Int("ngram_max", 1);
  options.lowercase = node.Int("lowercase", 0) != 0;
  options.token_pattern = node.Text("token_pattern", terms::kDefaultTokenPattern);
  if (node.has(2)) {
    ASSIGN_OR_RETURN(const auto words, node.Constant(2));
    if (words->dtype != DType::kBytes) return node.Bad("stop words are no strings");
    for (const std::string_view word : ElementsOf<std::string_view>(*words))
      options.stop_words.emplace_back(word);
  }
  return options;
}

[[gnu::cold]] Status LowerCountTerms(Lowering& node) {
  ASSIGN_OR_RETURN(const Value x, node.Matrix(0, {DType::kBytes}));
  if (x.columns() != 1) return node.Unsupported("input 0 is {}", x.ToString());
  ASSIGN_OR_RETURN(terms::AnalyzerOptions options, AnalyzerOptionsOf(node));
  const int64_t hashes = node.Int("hash_features", 0);
  std::optional<Columns> columns;
  if (node.has(1)) {
    ASSIGN_OR_RETURN(const auto terms, node.Constant(1));
    if (terms->dtype != DType::kBytes || terms->shape.size() != 1 || hashes != 0)
      return node.Bad("terms are {} beside hash_features {}", node.input(1).ToString(), hashes);
    columns = Columns::OfTerms(terms);
    if (columns->terms() != static_cast<size_t>(terms->shape[0]))
      return node.Bad("terms: {} of {} are different", columns->terms(), terms->shape[0]);
  } else {
    if (hashes < 1 || hashes > INT32_MAX)
      return node.Bad("hash_features: expected 1 to 2^31 - 1, got {}", hashes);
    columns = Columns::OfHashes(hashes, node.Int("alternate_sign", 0) != 0);
  }
  auto analyzer = Analyzer::Create(std::move(options));
  if (!analyzer.ok()) return node.Unsupported("{}", MessageOf(analyzer.status()));
  const Value y = node.NewSparseRows(hashes > 0 ? hashes : static_cast<int64_t>(columns->terms()));
  node.Emit(std::make_unique<CountTermsStep>(x.slot, y.slot, *std::move(analyzer),
                                             *std::move(columns), node.Int("binary", 0) != 0),
            {x.slot}, {y.slot});
  node.Give(0, y);
  return OkStatus();
}

enum class Norm : uint8_t { kNone, kL1, kL2 };

class WeighTermsStep final : public Step {
 public:
  WeighTermsStep(Slot from, Slot to, bool sublinear, std::shared_ptr<const Tensor> weights,
                 Norm norm)
      : from_(from), to_(to), sublinear_(sublinear), weights_(std::move(weights)), norm_(norm) {}

  Status Run(const Block& block) const override {
    for (size_t r = 0; r < block.rows; ++r) {
      const SparseRow& row = block.In<SparseRow>(from_)[r];
      auto* const values = block.arena->Take<double>(row.count);
      if (values == nullptr) return ArenaIsFull();
      Weigh(row, values);
      block.Out<SparseRow>(to_)[r] = {row.columns, values, row.count};
    }
    return OkStatus();
  }

 private:
  void Weigh(const SparseRow& row, double* values) const {
    const double* const weights = weights_ == nullptr ? nullptr : weights_->as<double>().data();
    double length = 0;
    for (size_t i = 0; i < row.count; ++i) {
      double value = row.values[i];
      if (sublinear_ && value != 0) value = std::log(value) + 1;
      if (weights != nullptr) value *= weights[row.columns[i]];
      length += norm_ == Norm::kL1 ? std::abs(value) : value * value;
      values[i] = value;
    }
    if (norm_ == Norm::kNone || length == 0) return;
    if (norm_ == Norm::kL2) length = std::sqrt(length);
    for (size_t i = 0; i < row.count; ++i) values[i] /= length;
  }

  const Slot from_;
  const Slot to_;
  const bool sublinear_;
  const std::shared_ptr<const Tensor> weights_;  // [columns], or null
  const Norm norm_;
};

StatusOr<Norm> NormOf(const Lowering& node) {
  const std::string norm = node.Text("norm", "");
  if (norm.empty()) return Norm::kNone;
  if (norm == "l1") return Norm::kL1;
  if (norm == "l2") return Norm::kL2;
  return node.Unsupported("norm is not \"l1\" or \"l2\"");
}

[[gnu::cold]] Status LowerWeighTerms(Lowering& node) {
  ASSIGN_OR_RETURN(const Value x, ToSparse(node, node.input(0)));
  std::shared_ptr<const Tensor> weights;
  if (node.has(1)) {
    ASSIGN_OR_RETURN(weights, node.Constant(1));
    if (weights->dtype != DType::kFp64 || weights->shape != x.tail)
      return node.Bad("weights {} for {}", node.input(1).ToString(), x.ToString());
  }
  ASSIGN_OR_RETURN(const Norm norm, NormOf(node));
  const Value y = node.NewSparseRows(x.tail.front());
  node.Emit(std::make_unique<WeighTermsStep>(x.slot, y.slot, node.Int("sublinear", 0) != 0,
                                             std::move(weights), norm),
            {x.slot}, {y.slot});
  node.Give(0, y);
  return OkStatus();
}

}  // namespace

std::span<const Operator> TermOperators() {
  static constexpr Operator kOperators[] = {
      {"ai.slipway", "CountTerms", LowerCountTerms, 1, 3, true},
      {"ai.slipway", "WeighTerms", LowerWeighTerms, 1, 2, true},
  };
  return kOperators;
}

}  // namespace slipway::tabular
