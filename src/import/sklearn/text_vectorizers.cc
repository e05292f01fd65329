// CountVectorizer, TfidfVectorizer and HashingVectorizer: texts become counts of terms, by an
// operator of our own (docs/formats/text-operators.md).

#include <absl/container/flat_hash_set.h>

#include <algorithm>
#include <limits>

#include "import/sklearn/operators.h"
#include "import/sklearn/registry.h"
#include "import/sklearn/term_weights.h"
#include "terms/analyzer.h"
#include "terms/english_stop_words.h"

namespace slipway::importing::sklearn {
namespace {

using pickle::Kind;
using pickle::Value;

constexpr std::string_view kOwnFunction =
    "which is code that no pickle holds; with the vectorizer's own parameters instead (analyzer, "
    "token_pattern, strip_accents, lowercase, stop_words) it would be read";

Status RefuseOwnFunction(const State& state, std::string_view key) {
  const auto found = state.Find(key);
  if (!found) return OkStatus();
  return state.Unsupported("{}: expected None, got {}, {}", key, Describe(*found), kOwnFunction);
}

StatusOr<terms::Unit> ReadUnit(const State& state) {
  ASSIGN_OR_RETURN(const Value analyzer, state.Get("analyzer"));
  const auto name = AsText(analyzer);
  if (name == "word") return terms::Unit::kWord;
  if (name == "char") return terms::Unit::kChar;
  if (name == "char_wb") return terms::Unit::kCharInWords;
  return state.Unsupported("analyzer: expected \"word\", \"char\" or \"char_wb\", got {}, {}",
                           name ? fmt::format("\"{}\"", *name) : Describe(analyzer), kOwnFunction);
}

/// None, a name, or scikit-learn's own function of that name.
StatusOr<terms::Accents> ReadAccents(const State& state, std::string_view key) {
  const auto found = state.Find(key);
  if (!found) return terms::Accents::kKeep;
  const bool is_function =
      found->is(Kind::kGlobal) && found->module() == "sklearn.feature_extraction.text";
  const std::string name = is_function ? std::string(found->name()) : AsText(*found).value_or("");
  if (name == "unicode" || name == "strip_accents_unicode") return terms::Accents::kUnicode;
  if (name == "ascii" || name == "strip_accents_ascii") return terms::Accents::kAscii;
  return state.Unsupported("{}: expected \"unicode\", \"ascii\" or None, got {}, {}", key,
                           Describe(*found), kOwnFunction);
}

/// Lower case and accents. A preprocessor stands in the place of both.
Status ReadPreprocessing(const State& state, terms::AnalyzerOptions& options) {
  if (state.Has("preprocessor")) {
    options.lowercase = false;
    ASSIGN_OR_RETURN(options.accents, ReadAccents(state, "preprocessor"));
    return OkStatus();
  }
  ASSIGN_OR_RETURN(options.lowercase, state.BoolOr("lowercase", true));
  ASSIGN_OR_RETURN(options.accents, ReadAccents(state, "strip_accents"));
  return OkStatus();
}

/// A list, tuple, set or frozenset of strings, each once: a small file may repeat a long one.
StatusOr<std::vector<std::string>> ReadWords(const State& state, std::string_view key,
                                             const Value& given) {
  const bool is_call = given.is(Kind::kObject) && given.args().size() == 1;  // frozenset([…])
  const Value list = is_call ? given.args().at(0) : given;
  if (list.is(Kind::kArray)) {
    ASSIGN_OR_RETURN(const Labels labels, state.LabelsAt(list, key));
    return labels.texts;
  }
  if (!list.is(Kind::kList) && !list.is(Kind::kTuple) && !list.is(Kind::kSet))
    return state.Expected(key, "\"english\", None or a list of words", Describe(given));
  absl::flat_hash_set<std::string_view> seen;
  std::vector<std::string> words;
  for (size_t i = 0; i < list.size(); ++i) {
    const Value element = list.at(i);
    if (element.is(Kind::kString) && !seen.insert(element.text()).second) continue;
    auto word = AsText(element);
    if (!word) return state.Expected(key, "words", Describe(element));
    RETURN_IF_ERROR(state.Charge(sizeof(std::string) + word->size(), key));
    words.push_back(*std::move(word));
  }
  return words;
}

StatusOr<std::vector<std::string>> ReadStopWords(const State& state) {
  const auto found = state.Find("stop_words");
  if (!found) return std::vector<std::string>();
  const auto name = AsText(*found);
  if (!name) return ReadWords(state, "stop_words", *found);
  if (*name != "english")
    return state.Unsupported("stop_words: expected \"english\" or a list of words, got \"{}\"",
                             *name);
  const auto words = terms::EnglishStopWords();
  return std::vector<std::string>(words.begin(), words.end());
}

Status ReadNgramRange(const State& state, terms::AnalyzerOptions& options) {
  ASSIGN_OR_RETURN(const Value range, state.List("ngram_range"));
  const auto min = range.size() == 2 ? AsNumber(range.at(0)) : std::nullopt;
  const auto max = range.size() == 2 ? AsNumber(range.at(1)) : std::nullopt;
  constexpr double kMost = std::numeric_limits<int32_t>::max();
  if (!min || !max || !(*min >= 1 && *min <= *max && *max <= kMost))
    return state.Expected("ngram_range", "two whole numbers (min, max), 1 <= min <= max",
                          Describe(range));
  options.ngram_min = static_cast<int64_t>(*min);
  options.ngram_max = static_cast<int64_t>(*max);
  return OkStatus();
}

/// Terms that no text has: n-grams longer than all of these. @param terms  null for hashes.
void ClampNgrams(const std::vector<std::string>* terms, terms::AnalyzerOptions& options) {
  if (terms == nullptr) return;
  options.ngram_max = std::min(
      options.ngram_max, std::max(options.ngram_min, terms::LongestNgram(*terms, options.unit)));
}

StatusOr<terms::AnalyzerOptions> ReadOptions(const State& state,
                                             const std::vector<std::string>* terms) {
  ASSIGN_OR_RETURN(const std::string input, state.TextOr("input", "content"));
  if (input != "content")
    return state.Unsupported(
        "input: expected \"content\", got \"{}\": a server is given texts, not "
        "files to open",
        input);
  terms::AnalyzerOptions options;
  ASSIGN_OR_RETURN(options.unit, ReadUnit(state));
  RETURN_IF_ERROR(RefuseOwnFunction(state, "tokenizer"));
  RETURN_IF_ERROR(ReadPreprocessing(state, options));
  RETURN_IF_ERROR(ReadNgramRange(state, options));
  ClampNgrams(terms, options);
  if (options.unit == terms::Unit::kWord) {
    ASSIGN_OR_RETURN(options.token_pattern, state.Text("token_pattern"));
    ASSIGN_OR_RETURN(options.stop_words, ReadStopWords(state));
  }
  const auto analyzer = terms::Analyzer::Create(options);
  if (!analyzer.ok()) return Annotate(analyzer.status(), state.Title());
  return options;
}

std::vector<onnx::Attribute> AttributesOf(const terms::AnalyzerOptions& options) {
  constexpr std::string_view kUnits[] = {"word", "char", "char_wb"};
  constexpr std::string_view kAccents[] = {"", "unicode", "ascii"};
  return {{"analyzer", std::string(kUnits[static_cast<size_t>(options.unit)])},
          {"ngram_min", static_cast<int>(options.ngram_min)},
          {"ngram_max", static_cast<int>(options.ngram_max)},
          {"lowercase", int{options.lowercase}},
          {"strip_accents", std::string(kAccents[static_cast<size_t>(options.accents)])},
          {"token_pattern", options.token_pattern}};
}

/// @param terms  null for hashes.
StatusOr<Matrix> CountTerms(Writer& writer, const State& state, const Table& x,
                            const std::vector<std::string>* terms, int64_t columns,
                            std::vector<onnx::Attribute> further) {
  if (x.columns() != 1)
    return state.Unsupported("expected one column of text, got {}", x.columns());
  Graph& graph = writer.graph();
  ASSIGN_OR_RETURN(const Matrix text, x.Text(graph, 0, state.Title()));
  ASSIGN_OR_RETURN(const terms::AnalyzerOptions options, ReadOptions(state, terms));
  ASSIGN_OR_RETURN(const bool binary, state.BoolOr("binary", false));
  std::vector<onnx::Attribute> attributes = AttributesOf(options);
  attributes.emplace_back("binary", int{binary});
  attributes.insert(attributes.end(), further.begin(), further.end());
  std::vector<std::string> inputs = {text.value};
  if (terms != nullptr) inputs.push_back(graph.Strings({columns}, *terms));
  if (!options.stop_words.empty()) {
    if (terms == nullptr) inputs.emplace_back();
    inputs.push_back(
        graph.Strings({static_cast<int64_t>(options.stop_words.size())}, options.stop_words));
  }
  return Matrix{
      .value = graph.AddOwn("CountTerms", inputs, attributes), .columns = columns, .sparse = true};
}

/// vocabulary_ {term: column}, in the order of the columns; each column once.
StatusOr<std::vector<std::string>> ReadDict(const State& state, std::string_view key,
                                            const Value& dict) {
  const size_t count = dict.size();
  if (count < 1 || count > static_cast<size_t>(kMaxColumns))
    return state.Expected(key, fmt::format("1 to {} terms", kMaxColumns), fmt::format("{}", count));
  std::vector<std::string> terms(count);
  std::vector<bool> is_set(count);
  for (size_t i = 0; i < count; ++i) {
    auto term = AsText(dict.key(i));
    const auto column = AsNumber(dict.at(i));
    if (!term) return state.Expected(key, "terms of text", Describe(dict.key(i)));
    if (!column || !(*column >= 0 && *column < static_cast<double>(count)) ||
        *column != static_cast<double>(static_cast<size_t>(*column)) ||
        is_set[static_cast<size_t>(*column)])
      return state.Bad("{}: expected each of the columns 0 to {} once, got another for term {}",
                       key, count - 1, i);
    RETURN_IF_ERROR(state.Charge(sizeof(std::string) + term->size(), key));
    is_set[static_cast<size_t>(*column)] = true;
    terms[static_cast<size_t>(*column)] = *std::move(term);
  }
  return terms;
}

/// What was fitted, or the parameter of a vectorizer that was not.
StatusOr<std::vector<std::string>> ReadTerms(const State& state) {
  const std::string_view key = state.Has("vocabulary_") ? "vocabulary_" : "vocabulary";
  if (!state.Has(key)) return state.Get("vocabulary_").status();
  ASSIGN_OR_RETURN(const Value given, state.Get(key));
  std::vector<std::string> terms;
  if (given.is(Kind::kDict)) {
    ASSIGN_OR_RETURN(terms, ReadDict(state, key, given));
  } else if (given.is(Kind::kObject) && given.items().is(Kind::kDict)) {  // defaultdict
    ASSIGN_OR_RETURN(terms, ReadDict(state, key, given.items()));
  } else {
    ASSIGN_OR_RETURN(terms, ReadWords(state, key, given));
    if (given.is(Kind::kSet)) std::sort(terms.begin(), terms.end());
  }
  absl::flat_hash_set<std::string_view> seen;
  for (const std::string& term : terms)
    if (!seen.insert(term).second) return state.Bad("{}: a term stands in it twice", key);
  if (terms.empty()) return state.Bad("{}: expected at least one term, got none", key);
  return terms;
}

StatusOr<Matrix> CountVocabulary(Writer& writer, const State& state, const Table& x) {
  ASSIGN_OR_RETURN(const std::vector<std::string> terms, ReadTerms(state));
  return CountTerms(writer, state, x, &terms, static_cast<int64_t>(terms.size()), {});
}

StatusOr<Outputs> CountVectorizer(Writer& writer, const State& state, const Table& x) {
  ASSIGN_OR_RETURN(const Matrix counts, CountVocabulary(writer, state, x));
  return Transforming(counts);
}

StatusOr<Outputs> TfidfVectorizer(Writer& writer, const State& state, const Table& x) {
  ASSIGN_OR_RETURN(const Matrix counts, CountVocabulary(writer, state, x));
  ASSIGN_OR_RETURN(const State weights, state.Nested("_tfidf"));
  ASSIGN_OR_RETURN(const Matrix weighed, WeighedTerms(writer.graph(), weights, counts));
  return Transforming(weighed);
}

StatusOr<Outputs> HashingVectorizer(Writer& writer, const State& state, const Table& x) {
  ASSIGN_OR_RETURN(const int64_t columns, state.Integer("n_features"));
  if (columns < 1) return state.Expected("n_features", "1 or more", fmt::format("{}", columns));
  if (columns > kMaxColumns)
    return state.Unsupported("n_features: at most {} are supported, got {}", kMaxColumns, columns);
  ASSIGN_OR_RETURN(const bool alternate, state.BoolOr("alternate_sign", true));
  ASSIGN_OR_RETURN(const Matrix counts, CountTerms(writer, state, x, nullptr, columns,
                                                   {{"hash_features", static_cast<int>(columns)},
                                                    {"alternate_sign", int{alternate}}}));
  ASSIGN_OR_RETURN(const Matrix normalized, NormalizedTerms(writer.graph(), state, counts));
  return Transforming(normalized);
}

}  // namespace

std::span<const Estimator> TextVectorizers() {
  constexpr EstimatorKind kTransforms = EstimatorKind::kTransformer;
  static constexpr Estimator kRows[] = {
      {"sklearn.feature_extraction.text", "CountVectorizer", kTransforms, CountVectorizer, nullptr,
       1},
      {"sklearn.feature_extraction.text", "HashingVectorizer", kTransforms, HashingVectorizer,
       nullptr, 1},
      {"sklearn.feature_extraction.text", "TfidfVectorizer", kTransforms, TfidfVectorizer, nullptr,
       1},
  };
  return kRows;
}

}  // namespace slipway::importing::sklearn
