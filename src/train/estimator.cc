#include "train/estimator.h"

#include <absl/strings/numbers.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/nearest_word.h"
#include "train/kinds.h"

namespace slipway::train {
namespace {

StatusOr<double> ReadNumber(const ParameterSpec& spec, const std::string& text) {
  if (spec.type == ParameterSpec::Type::kFlag) {
    if (text == "true") return 1.0;
    if (text == "false") return 0.0;
    return Error(Reason::kBadRequest, "parameter {}: expected true or false, got \"{}\"", spec.name,
                 text);
  }
  double value = 0;
  const bool whole = spec.type == ParameterSpec::Type::kCount;
  if (!absl::SimpleAtod(text, &value) || !(value >= spec.min && value <= spec.max) ||
      (whole && value != std::floor(value)))
    return Error(Reason::kBadRequest, "parameter {}: expected a {} from {} to {}, got \"{}\"",
                 spec.name, whole ? "whole number" : "number", spec.min, spec.max, text);
  return value;
}

StatusOr<std::string> ReadWord(const ParameterSpec& spec, const std::string& text) {
  if (spec.type == ParameterSpec::Type::kText ||
      std::find(spec.words.begin(), spec.words.end(), text) != spec.words.end())
    return text;
  return Error(Reason::kBadRequest, "parameter {}: expected one of {}, got \"{}\"{}", spec.name,
               fmt::join(spec.words, ", "), text, DidYouMean(text, spec.words));
}

}  // namespace

StatusOr<Parameters> EstimatorKind::Read(const std::map<std::string, std::string>& given) const {
  Parameters read;
  std::vector<std::string_view> names;
  for (const ParameterSpec& spec : parameters) {
    names.push_back(spec.name);
    const auto found = given.find(std::string(spec.name));
    if (spec.type == ParameterSpec::Type::kWord || spec.type == ParameterSpec::Type::kText) {
      std::string& word = read.words_[std::string(spec.name)];
      word = spec.words.front();
      if (found != given.end()) {
        ASSIGN_OR_RETURN(word, ReadWord(spec, found->second));
      }
    } else {
      double& number = read.numbers_[std::string(spec.name)];
      number = spec.otherwise;
      if (found != given.end()) {
        ASSIGN_OR_RETURN(number, ReadNumber(spec, found->second));
      }
    }
  }
  for (const auto& [name, value] : given)
    if (std::find(names.begin(), names.end(), name) == names.end())
      return Error(Reason::kBadRequest, "{} has no parameter \"{}\"{}; it has {}", this->name, name,
                   DidYouMean(name, names), fmt::join(names, ", "));
  return read;
}

std::span<const EstimatorKind> EstimatorKinds() {
  static const std::vector<EstimatorKind> kinds = {
      kBoosting, kConstant,   kElasticNet, kExtraTrees, kForest, kLasso, kLinear, kLinearSvm,
      kLogistic, kNaiveBayes, kNeighbors,  kNetwork,    kRidge,  kSgd,   kSvm,    kTree};
  return kinds;
}

StatusOr<const EstimatorKind*> FindEstimator(std::string_view name) {
  std::vector<std::string_view> names;
  for (const EstimatorKind& kind : EstimatorKinds()) {
    if (kind.name == name) return &kind;
    names.push_back(kind.name);
  }
  return Error(Reason::kBadRequest, "no estimator is called \"{}\"{}; there are {}", name,
               DidYouMean(name, names), fmt::join(names, ", "));
}

}  // namespace slipway::train
