#include "train/preprocessing/steps.h"

#include <absl/strings/numbers.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "base/nearest_word.h"

namespace slipway::train {
namespace {

constexpr std::array<std::string_view, 5> kImputes = {"none", "mean", "median", "most_frequent",
                                                      "constant"};
constexpr std::array<std::string_view, 4> kScales = {"none", "standard", "minmax", "robust"};
constexpr std::array<std::string_view, 3> kEncodes = {"onehot", "ordinal", "target"};
constexpr std::array<std::string_view, 2> kDirections = {"rising", "falling"};

constexpr std::array<StepHelp, 8> kSteps = {{
    {"impute:WORD",
     "what stands for a missing number: mean, median, most_frequent, constant=V, none"},
    {"indicator", "a feature more: 1 where the number is missing"},
    {"scale:WORD",
     "standard (mean 0, deviation 1), minmax (0 to 1), robust (median and quartiles), none"},
    {"bins:N", "the number's place among N equally full intervals"},
    {"polynomial:N", "products of up to N numbers, beside them"},
    {"encode:WORD",
     "categories and bins as onehot or ordinal, categories also as target (means of the target)"},
    {"terms:N", "a text as the tf-idf of its N most frequent terms"},
    {"monotone:WORD", "rising or falling: how the answer may follow the number; of boosted trees"},
}};

template <size_t kCount>
StatusOr<size_t> PlaceOf(std::string_view step, std::string_view word,
                         const std::array<std::string_view, kCount>& words) {
  const auto found = std::find(words.begin(), words.end(), word);
  if (found != words.end()) return static_cast<size_t>(found - words.begin());
  return Error(Reason::kBadRequest, "step {}: expected one of {}, got \"{}\"{}", step,
               fmt::join(words, ", "), word, DidYouMean(word, words));
}

StatusOr<int> CountOf(std::string_view step, std::string_view text, int min, int max) {
  int count = 0;
  if (absl::SimpleAtoi(absl::string_view(text.data(), text.size()), &count) && count >= min &&
      count <= max)
    return count;
  return Error(Reason::kBadRequest, "step {}: expected a whole number from {} to {}, got \"{}\"",
               step, min, max, text);
}

Status ReadImpute(std::string_view word, ColumnSteps& steps) {
  constexpr std::string_view kConstant = "constant=";
  if (word.starts_with(kConstant)) {
    const std::string_view text = word.substr(kConstant.size());
    if (!absl::SimpleAtod(absl::string_view(text.data(), text.size()), &steps.constant) ||
        !std::isfinite(steps.constant))
      return Error(Reason::kBadRequest, "step impute:constant: expected a number, got \"{}\"",
                   text);
    steps.impute = Impute::kConstant;
    return OkStatus();
  }
  ASSIGN_OR_RETURN(const size_t place, PlaceOf("impute", word, kImputes));
  if (static_cast<Impute>(place) == Impute::kConstant)
    return Error(Reason::kBadRequest, "step impute:constant: expected impute:constant=NUMBER");
  steps.impute = static_cast<Impute>(place);
  return OkStatus();
}

Status ReadStep(std::string_view step, std::string_view argument, ColumnSteps& steps) {
  constexpr int kMaxBins = 1000, kMaxDegree = 4, kMaxTerms = 100'000;
  if (step == "impute") return ReadImpute(argument, steps);
  if (step == "indicator" && argument.empty()) {
    steps.indicator = true;
  } else if (step == "scale") {
    ASSIGN_OR_RETURN(const size_t place, PlaceOf(step, argument, kScales));
    steps.scale = static_cast<Scale>(place);
  } else if (step == "encode") {
    ASSIGN_OR_RETURN(const size_t place, PlaceOf(step, argument, kEncodes));
    steps.encode = static_cast<Encode>(place);
  } else if (step == "bins") {
    ASSIGN_OR_RETURN(steps.bins, CountOf(step, argument, 2, kMaxBins));
  } else if (step == "polynomial") {
    ASSIGN_OR_RETURN(steps.polynomial, CountOf(step, argument, 1, kMaxDegree));
  } else if (step == "terms") {
    ASSIGN_OR_RETURN(steps.terms, CountOf(step, argument, 1, kMaxTerms));
  } else if (step == "monotone") {
    ASSIGN_OR_RETURN(const size_t place, PlaceOf(step, argument, kDirections));
    steps.monotone = place == 0 ? 1 : -1;
  } else {
    constexpr std::array<std::string_view, 8> kWords = {
        "impute", "indicator", "scale", "bins", "polynomial", "encode", "terms", "monotone"};
    return Error(Reason::kBadRequest, "expected one of the steps {}, got \"{}\"{}",
                 fmt::join(kWords, ", "), step, DidYouMean(step, kWords));
  }
  return OkStatus();
}

template <typename T>
void PutOver(std::optional<T>& below, const std::optional<T>& above) {
  if (above) below = above;
}

}  // namespace

std::string_view NameOf(Impute impute) { return kImputes[static_cast<size_t>(impute)]; }
std::string_view NameOf(Scale scale) { return kScales[static_cast<size_t>(scale)]; }
std::span<const StepHelp> Steps() { return kSteps; }

Status StepPlan::Add(std::string_view text) {
  const size_t equals = text.find('=');
  if (equals == std::string_view::npos || equals == 0)
    return Error(Reason::kBadRequest, "expected COLUMN=STEP, as age=bins:10, got \"{}\"", text);
  said_.emplace_back(text);
  const std::string_view column = text.substr(0, equals), said = text.substr(equals + 1);
  const size_t colon = said.find(':');
  ColumnSteps& steps = column == "*" ? all_ : columns_[std::string(column)];
  return ReadStep(said.substr(0, colon),
                  colon == std::string_view::npos ? std::string_view() : said.substr(colon + 1),
                  steps);
}

const ColumnSteps* StepPlan::Own(const std::string& column) const {
  const auto own = columns_.find(column);
  return own == columns_.end() ? nullptr : &own->second;
}

ColumnSteps StepPlan::For(const std::string& column) const {
  ColumnSteps steps = all_;
  const ColumnSteps* const own = Own(column);
  if (own == nullptr) return steps;
  const ColumnSteps& above = *own;
  PutOver(steps.impute, above.impute);
  if (above.impute == Impute::kConstant) steps.constant = above.constant;
  PutOver(steps.indicator, above.indicator);
  PutOver(steps.scale, above.scale);
  PutOver(steps.bins, above.bins);
  PutOver(steps.polynomial, above.polynomial);
  PutOver(steps.encode, above.encode);
  PutOver(steps.terms, above.terms);
  PutOver(steps.monotone, above.monotone);
  return steps;
}

Status StepPlan::CheckColumns(std::span<const std::string_view> columns) const {
  for (const auto& [name, steps] : columns_)
    if (std::find(columns.begin(), columns.end(), name) == columns.end())
      return Error(Reason::kBadRequest, "a step is given for column \"{}\", which is not there{}",
                   name, DidYouMean(name, columns));
  return OkStatus();
}

}  // namespace slipway::train
