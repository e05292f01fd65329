#include <fmt/format.h>

#include <cstdio>

#include "cli/commands.h"
#include "train/estimator.h"
#include "train/preprocessing/steps.h"

namespace slipway::cli {
namespace {

using train::EstimatorKind;
using train::ParameterSpec;

constexpr std::string_view kHead = R"(# What `slipway train` trains

Printed by `slipway training-reference`. The command: `slipway train --help`; what it does with a file of rows, step by
step: src/pipeline/training.h.

## From rows to inputs
All columns but the target and those named by `--drop`, `--weights`, `--group` and `--time` are learned from. Where all of
them hold numbers, the model has one input `input` FP64 [-1, columns], in the order of the file; else an input [-1, 1] a
column under its name: FP64 for numbers, BYTES for words. Times are seconds since 1970-01-01T00:00:00Z, which
requests may also spell as the file did (ISO 8601); missing numbers are NaN, missing words "". A word that training never saw
counts as missing. `slipway predict` takes the file itself.

Columns that say nothing are not learned from, with a warning: those of one value, or of a word of its own in each row. Where
all columns hold numbers they stay inputs all the same, so that rows may be sent by place.

## Rows that belong together
With `--group` no value of that column is on both sides of a split; with `--time` later rows judge earlier ones, and rows of
one time stay together, so that shares and folds end where the time changes. That holds for the rows held out, for the folds
of a search, for the rows that judge early stopping, for the means of the target that categories become, and for the decisions
that probabilities of `svm` are fitted to. Rows that `--clean oversample` adds are copies: a row and its copies stay on one
side too. Folds of means and probabilities are five, fewer where there are fewer groups or times; a training with one alone
is refused, and so is one whose rows to learn from are left with one class. A column has one role: what two of `--target`,
`--weights`, `--group`, `--time` and `--drop` name is refused.

## Steps
`--step COLUMN=STEP`, or `'*=STEP'` for every column that it suits. They are fitted on the rows to learn from and become
nodes of the model, so that training and serving cannot differ. Unless said otherwise: numbers that an estimator does not
take missing are filled with their mean, and scaled to standard scores where it wants that; categories become codes where
it takes them, else one feature a word, and means of the target above 256 words; texts become the tf-idf of their 1,000
most frequent terms; times become year, month, day, weekday (0 = Monday) and hour of UTC.

| step | |
|---|---|
)";

constexpr std::string_view kKinds = R"(
## Estimators
`--model NAME`, with `--param NAME=VALUE`. *missing*: takes missing numbers as they are; *categories*: takes codes of
categories; *scaled*: wants standard scores; *resumes*: a fit that is cut short goes on from its `--checkpoint` (the
others keep no state within a fit, and take one for their search alone). What `--search` tries stands in the last column.
)";

std::string NeedsOf(const EstimatorKind& kind) {
  std::vector<std::string_view> words;
  if (kind.regresses) words.emplace_back("regression");
  if (kind.classifies) words.emplace_back("classification");
  if (kind.needs.takes_missing) words.emplace_back("missing");
  if (kind.needs.takes_categories) words.emplace_back("categories");
  if (kind.needs.wants_scaling) words.emplace_back("scaled");
  if (kind.saves_checkpoints) words.emplace_back("resumes");
  return fmt::format("{}", fmt::join(words, ", "));
}

std::string ValuesOf(const ParameterSpec& spec) {
  switch (spec.type) {
    case ParameterSpec::Type::kFlag:
      return "true, false";
    case ParameterSpec::Type::kWord:
      return fmt::format("{}", fmt::join(spec.words, ", "));
    case ParameterSpec::Type::kText:
      return "text";
    case ParameterSpec::Type::kNumber:
    case ParameterSpec::Type::kCount:
      break;
  }
  return fmt::format("{:g} to {:g}", spec.min, spec.max);
}

std::string DefaultOf(const ParameterSpec& spec) {
  if (spec.type == ParameterSpec::Type::kFlag) return spec.otherwise != 0 ? "true" : "false";
  if (!spec.words.empty()) return std::string(spec.words.front());
  return fmt::format("{:g}", spec.otherwise);
}

std::string TriedOf(const EstimatorKind& kind, std::string_view parameter) {
  const auto found = kind.search.find(parameter);
  return found == kind.search.end() ? "" : fmt::format("{}", fmt::join(found->second, "; "));
}

std::string SectionOf(const EstimatorKind& kind) {
  std::string text = fmt::format("\n### {}\n{} *{}*\n", kind.name, kind.summary, NeedsOf(kind));
  if (kind.parameters.empty()) return text;
  text += "\n| parameter | values | default | | tried |\n|---|---|---|---|---|\n";
  for (const ParameterSpec& spec : kind.parameters)
    text += fmt::format("| `{}` | {} | {} | {} | {} |\n", spec.name, ValuesOf(spec),
                        DefaultOf(spec), spec.help, TriedOf(kind, spec.name));
  return text;
}

int RunTrainingReference(const Arguments&) {
  std::string text(kHead);
  for (const train::StepHelp& step : train::Steps())
    text += fmt::format("| `{}` | {} |\n", step.step, step.help);
  text += kKinds;
  for (const EstimatorKind& kind : train::EstimatorKinds()) text += SectionOf(kind);
  std::fwrite(text.data(), 1, text.size(), stdout);
  return kDone;
}

}  // namespace

Command TrainingReferenceCommand() {
  return {"training-reference",
          "Prints the estimators that can be trained, with their parameters, as Markdown.",
          "slipway training-reference > docs/training.md",
          {},
          RunTrainingReference,
          /*hidden=*/true};
}

}  // namespace slipway::cli
