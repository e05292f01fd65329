#pragma once
// From a text to its terms, as scikit-learn's vectorizers see them.

#include <absl/container/flat_hash_set.h>
#include <absl/functional/function_ref.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "terms/token_pattern.h"
#include "terms/unicode.h"

namespace slipway::terms {

/// What n-grams are made of.
enum class Unit : uint8_t {
  kWord,         // tokens of a pattern, joined by spaces
  kChar,         // characters
  kCharInWords,  // characters of each word with a space on both sides: "char_wb"
};

/// Terms of more words or characters are not read.
inline constexpr int64_t kMaxNgram = 64;

struct AnalyzerOptions {
  Unit unit = Unit::kWord;
  int64_t ngram_min = 1;
  int64_t ngram_max = 1;
  bool lowercase = true;
  Accents accents = Accents::kKeep;
  std::vector<std::string> stop_words = {};  // of kWord: tokens that are left out
  std::string token_pattern = std::string(kDefaultTokenPattern);  // of kWord
};

/// The most words or characters that one of `terms` may have: longer n-grams need not be looked at.
int64_t LongestNgram(std::span<const std::string> terms, Unit unit);

/// Threads: any. Source: sklearn/feature_extraction/text.py, _VectorizerMixin.
class Analyzer {
 public:
  /// What an analysis works in; kept between texts, so that it allocates nothing in the long run.
  struct Scratch {
    std::string lowered;
    std::string text;
    std::string term;
    std::vector<std::string_view> tokens;
    std::vector<size_t> bounds;  // of characters
  };

  /// @return kBadModel unless 1 <= ngram_min <= ngram_max; kUnsupported when ngram_max is above
  ///   kMaxNgram, and for token patterns (TokenPattern::Parse).
  static StatusOr<Analyzer> Create(AnalyzerOptions options);

  Analyzer(Analyzer&&) = default;
  Analyzer& operator=(Analyzer&&) = default;

  /// Calls `visit` for each term, once for each time it stands in `text`; the view is valid for
  /// the call. The order is not scikit-learn's.
  /// @return kBadRequest when `text` is not UTF-8, and TokenPattern::FindAll.
  Status Analyze(std::string_view text, Scratch& scratch,
                 absl::FunctionRef<void(std::string_view term)> visit) const;

 private:
  using Visit = absl::FunctionRef<void(std::string_view)>;
  Analyzer(AnalyzerOptions options, TokenPattern pattern);

  std::string_view Prepare(std::string_view text, Scratch& scratch) const;
  void VisitWords(Scratch& scratch, Visit visit) const;
  void VisitCharacters(std::string_view text, Scratch& scratch, Visit visit) const;
  void VisitPaddedWords(std::string_view text, Scratch& scratch, Visit visit) const;

  AnalyzerOptions options_;
  TokenPattern pattern_;
  absl::flat_hash_set<std::string_view> stop_words_;  // in options_
};

}  // namespace slipway::terms
