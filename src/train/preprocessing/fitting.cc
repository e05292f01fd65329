// Which column becomes what, and the fitting of it.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "train/preprocessing/bins.h"
#include "train/preprocessing/categories.h"
#include "train/preprocessing/date_parts.h"
#include "train/preprocessing/preprocessor.h"
#include "train/preprocessing/target_means.h"
#include "train/preprocessing/terms.h"

namespace slipway::train {
namespace {

using data::Column;
using data::ColumnType;

constexpr size_t kMaxOneHot = 256;
constexpr int kTerms = 1000;
constexpr size_t kFewRows = 20;  // so many may well differ in each row

/// What a column holds besides missing values.
enum class Content : uint8_t { kNothing, kOneValue, kOwnWordEach, kMore };

Content ContentOf(const Column& column, size_t rows) {
  if (!column.is_numeric()) {
    const std::vector<std::string> words = WordsOf(column);
    bool any_missing = false;
    for (size_t row = 0; row < rows && !any_missing; ++row) any_missing = column.IsMissing(row);
    if (words.empty()) return Content::kNothing;
    if (words.size() == 1 && !any_missing) return Content::kOneValue;
    const auto has_spaces = [](const std::string& text) { return text.find(' ') != text.npos; };
    const bool are_words =
        column.type == ColumnType::kCategory || std::ranges::none_of(words, has_spaces);
    return words.size() == rows && rows > kFewRows && are_words ? Content::kOwnWordEach
                                                                : Content::kMore;
  }
  const double* first = nullptr;
  bool any_missing = false;
  for (const double& value : column.numbers) {
    if (std::isnan(value)) {
      any_missing = true;
    } else if (first == nullptr) {
      first = &value;
    } else if (value != *first) {
      return Content::kMore;
    }
  }
  if (first == nullptr) return Content::kNothing;
  return any_missing ? Content::kMore : Content::kOneValue;
}

std::string_view WhyDropped(Content content) {
  switch (content) {
    case Content::kNothing:
      return "it holds no value";
    case Content::kOneValue:
      return "it holds one value only";
    default:
      return "it holds another word in each row, as an identifier does";
  }
}

Status CheckSuits(const Column& column, const ColumnSteps& own) {
  const bool numbers = column.is_numeric();
  const bool times = column.type == ColumnType::kTime;
  std::string_view wrong;
  if (own.impute && !numbers) wrong = "impute";
  if (own.indicator && !numbers) wrong = "indicator";
  if (own.bins && (!numbers || times)) wrong = "bins";
  if (own.polynomial && !numbers) wrong = "polynomial";
  if (own.terms && column.type != ColumnType::kText) wrong = "terms";
  if (own.encode && numbers && !own.bins) wrong = "encode";
  if (own.encode == Encode::kTarget && own.bins) wrong = "encode:target";
  if (own.monotone && (!numbers || times || own.bins)) wrong = "monotone";
  if (wrong.empty()) return OkStatus();
  return Error(Reason::kBadRequest,
               "step {} does not suit column \"{}\" of type {} (another type: --type {}=TYPE)",
               wrong, column.name, data::NameOf(column.type), column.name);
}

std::string Describe(const FinishOptions& options) {
  std::vector<std::string> words;
  if (options.impute == Impute::kConstant)
    words.push_back(fmt::format("impute constant={}", options.constant));
  else if (options.impute != Impute::kNone)
    words.push_back(fmt::format("impute {}", NameOf(options.impute)));
  if (options.indicator) words.emplace_back("indicator");
  if (options.scale != Scale::kNone)
    words.push_back(fmt::format("scale {}", NameOf(options.scale)));
  if (options.polynomial > 1) words.push_back(fmt::format("polynomial {}", options.polynomial));
  return fmt::format("{}", fmt::join(words, ", "));
}

/// Products of 1 to `degree` of `columns` numbers: C(columns + degree, degree) − 1, or more than
/// `limit`.
double ProductCount(size_t columns, int degree) {
  double count = 1;
  for (int i = 1; i <= degree; ++i) count *= static_cast<double>(columns + i) / i;
  return count - 1;
}

}  // namespace

class Fitting {
 public:
  Fitting(const Dataset& rows, const FeatureNeeds& needs, const PreprocessOptions& options)
      : rows_(rows), needs_(needs), options_(options) {}

  StatusOr<Preprocessed> Run() &&;

 private:
  /// An encoder and what is to follow it.
  struct Draft {
    std::string what;  // "onehot of 5 words"; "" for numbers as they are
    std::vector<std::string> columns;
    std::unique_ptr<Encoder> encoder;  // null for numbers until all of them are known
    FinishOptions finish;
    std::vector<double> training = {};  // values in the place of the encoder's, or none
  };

  Status Plan(const Column& column);
  void PlanNumber(const Column& column, const ColumnSteps& steps);
  void PlanBins(const Column& column, const ColumnSteps& steps);
  void PlanDate(const Column& column, const ColumnSteps& steps);
  Status PlanCategory(const Column& column, const ColumnSteps& steps);
  Status PlanText(const Column& column, const ColumnSteps& steps);
  Status Fit(Draft& draft);
  Status CheckMemory(double features) const;
  Status CheckComplete(std::span<const Feature> features, std::span<const double> values) const;
  FinishOptions FinishOf(const ColumnSteps& steps) const;
  void Warn(std::string warning) { fitted_.preprocessor.warnings_.push_back(std::move(warning)); }

  const Dataset& rows_;
  const data::Table& table_ = rows_.table;
  const FeatureNeeds& needs_;
  const PreprocessOptions& options_;
  const bool all_numbers_ = std::ranges::all_of(table_.columns, &Column::is_numeric);
  std::vector<Draft> drafts_;
  Preprocessed fitted_;
};

StatusOr<Preprocessed> Fitting::Run() && {
  std::vector<std::string_view> names;
  for (const Column& column : table_.columns) names.push_back(column.name);
  RETURN_IF_ERROR(options_.steps.CheckColumns(names));
  RETURN_IF_ERROR(CheckFinite(table_));
  for (const Column& column : table_.columns) RETURN_IF_ERROR(Plan(column));
  if (drafts_.empty())
    return Error(Reason::kBadRequest, "no column is left to learn from{}{}",
                 fitted_.preprocessor.warnings_.empty() ? "" : ": ",
                 fmt::join(fitted_.preprocessor.warnings_, "; "));
  fitted_.preprocessor.max_bytes_ = options_.max_bytes;
  fitted_.training.rows = table_.rows;
  fitted_.training.numbers = table_.numbers;
  for (Draft& draft : drafts_) RETURN_IF_ERROR(Fit(draft));
  fitted_.training.target = rows_.target;
  fitted_.training.weights = rows_.weights;
  return std::move(fitted_);
}

Status Fitting::Plan(const Column& column) {
  if (const ColumnSteps* const own = options_.steps.Own(column.name))
    RETURN_IF_ERROR(CheckSuits(column, *own));
  const Content content = ContentOf(column, table_.rows);
  if (content != Content::kMore &&
      !(content == Content::kOwnWordEach && options_.steps.Own(column.name) != nullptr)) {
    // Rows of numbers alone may be sent by place: a column that were missing would shift the
    // others.
    if (all_numbers_)
      fitted_.preprocessor.inputs_.push_back(
          {.name = column.name, .time = column.type == ColumnType::kTime});
    Warn(fmt::format("column \"{}\" is {}: {}", column.name,
                     all_numbers_ ? "not learned from" : "dropped", WhyDropped(content)));
    return OkStatus();
  }
  const ColumnSteps steps = options_.steps.For(column.name);
  fitted_.preprocessor.inputs_.push_back({.name = column.name,
                                          .words = !column.is_numeric(),
                                          .time = column.type == ColumnType::kTime});
  if (column.type == ColumnType::kTime) {
    PlanDate(column, steps);
  } else if (column.is_numeric()) {
    steps.bins ? PlanBins(column, steps) : PlanNumber(column, steps);
  } else {
    const bool as_text = column.type == ColumnType::kText && !steps.encode;
    return as_text ? PlanText(column, steps) : PlanCategory(column, steps);
  }
  return OkStatus();
}

FinishOptions Fitting::FinishOf(const ColumnSteps& steps) const {
  return {.impute = steps.impute.value_or(needs_.takes_missing ? Impute::kNone : Impute::kMean),
          .constant = steps.constant,
          .indicator = steps.indicator.value_or(false),
          .scale = steps.scale.value_or(needs_.wants_scaling ? Scale::kStandard : Scale::kNone),
          .polynomial = steps.polynomial.value_or(1)};
}

void Fitting::PlanNumber(const Column& column, const ColumnSteps& steps) {
  const FinishOptions finish = FinishOf(steps);
  for (Draft& draft : drafts_)
    if (draft.encoder == nullptr && draft.finish == finish) {
      draft.columns.push_back(column.name);
      return;
    }
  drafts_.push_back({"", {column.name}, nullptr, finish});
}

void Fitting::PlanBins(const Column& column, const ColumnSteps& steps) {
  std::vector<double> edges = QuantileEdges(column.numbers, *steps.bins);
  if (edges.empty()) {  // one value and missing ones
    PlanNumber(column, steps);
    return;
  }
  // Means of the target, which '*' may ask for, are of categories.
  const bool is_said = steps.encode && *steps.encode != Encode::kTarget;
  const bool one_hot = is_said ? *steps.encode == Encode::kOneHot : !needs_.takes_categories;
  const std::string what = fmt::format("bins {}", edges.size() + 1);
  drafts_.push_back({one_hot ? what + ", onehot" : what,
                     {column.name},
                     EncodeBins(column.name, std::move(edges), one_hot),
                     one_hot ? FinishOptions{} : FinishOf(steps)});
}

void Fitting::PlanDate(const Column& column, const ColumnSteps& steps) {
  const bool has_hours = std::ranges::any_of(column.numbers, [](double seconds) {
    constexpr double kDay = 86'400;
    return !std::isnan(seconds) && std::floor(seconds / kDay) * kDay != seconds;
  });
  std::vector<std::string> left_out;
  if (!has_hours) left_out.emplace_back("hour");
  drafts_.push_back(
      {"date parts", {column.name}, EncodeDate(column.name, std::move(left_out)), FinishOf(steps)});
}

Status Fitting::PlanCategory(const Column& column, const ColumnSteps& steps) {
  std::vector<std::string> words = WordsOf(column);
  const size_t count = words.size();
  std::optional<Encode> encode = steps.encode;
  if (!encode && !needs_.takes_categories)
    encode = count <= kMaxOneHot ? Encode::kOneHot : Encode::kTarget;
  if (encode == Encode::kOneHot) {
    drafts_.push_back({fmt::format("onehot of {} words", count),
                       {column.name},
                       EncodeOneHot(column.name, std::move(words)),
                       FinishOptions{}});
  } else if (encode == Encode::kTarget) {
    ASSIGN_OR_RETURN(TargetMeans means, FitTargetMeans(column, rows_, options_.seed));
    drafts_.push_back({fmt::format("target means of {} words", count),
                       {column.name},
                       EncodeByValues(column.name, std::move(means.names), std::move(means.values)),
                       FinishOf(steps),
                       std::move(means.training)});
  } else {
    const bool as_categories = !encode;
    const Impute missing = needs_.takes_missing ? Impute::kNone : Impute::kMostFrequent;
    drafts_.push_back({fmt::format("{} of {} words", as_categories ? "codes" : "ordinal", count),
                       {column.name},
                       EncodeOrdinal(column.name, std::move(words), as_categories),
                       as_categories ? FinishOptions{.impute = missing} : FinishOf(steps)});
  }
  return OkStatus();
}

Status Fitting::PlanText(const Column& column, const ColumnSteps& steps) {
  ASSIGN_OR_RETURN(Vocabulary vocabulary, FindTerms(column, steps.terms.value_or(kTerms)));
  drafts_.push_back({fmt::format("tf-idf of {} terms", vocabulary.terms.size()),
                     {column.name},
                     EncodeTerms(column.name, std::move(vocabulary)),
                     FinishOptions{}});
  return OkStatus();
}

Status Fitting::CheckMemory(double features) const {
  const double bytes = features * static_cast<double>(table_.rows) * sizeof(double);
  if (bytes <= static_cast<double>(options_.max_bytes)) return OkStatus();
  return Error(Reason::kTooLarge,
               "{:.0f} features of {} rows would take {:.0f} MB, more than {} MB: drop columns, "
               "encode categories by target, or take fewer terms, products or rows",
               features, table_.rows, bytes / 0x1p20, options_.max_bytes >> 20);
}

Status Fitting::CheckComplete(std::span<const Feature> features,
                              std::span<const double> values) const {
  if (needs_.takes_missing) return OkStatus();
  for (size_t i = 0; i < features.size(); ++i)
    if (std::ranges::any_of(values.subspan(i * table_.rows, table_.rows),
                            [](double value) { return std::isnan(value); }))
      return Error(Reason::kBadRequest,
                   "\"{}\" has missing values, which this estimator does not take: give it "
                   "another step than impute:none",
                   features[i].name);
  return OkStatus();
}

Status Fitting::Fit(Draft& draft) {
  if (draft.encoder == nullptr) draft.encoder = EncodeNumbers(draft.columns);
  std::vector<Feature> encoded = draft.encoder->Features();
  if (draft.what.empty())
    for (Feature& feature : encoded)
      feature.monotone = options_.steps.For(feature.name).monotone.value_or(0);

  Samples& samples = fitted_.training;
  const size_t rows = table_.rows, before = samples.values.size();
  RETURN_IF_ERROR(CheckMemory(static_cast<double>(samples.features.size()) +
                              ProductCount(encoded.size(), draft.finish.polynomial) +
                              (draft.finish.indicator ? static_cast<double>(encoded.size()) : 0)));
  samples.values.resize(before + encoded.size() * rows);
  const auto own = [&] { return std::span(samples.values).subspan(before); };
  if (draft.training.empty()) {
    RETURN_IF_ERROR(draft.encoder->Apply(table_, own()));
  } else {
    std::ranges::copy(draft.training, own().begin());
  }
  Finish finish = Finish::Fit(draft.finish, encoded, own(), rows);
  const std::vector<Feature>& features = finish.features();
  samples.values.resize(before + features.size() * rows);
  finish.Apply(own(), rows);
  RETURN_IF_ERROR(CheckComplete(features, own()));
  samples.features.insert(samples.features.end(), features.begin(), features.end());

  std::vector<std::string> words;
  if (!draft.what.empty()) words.push_back(draft.what);
  if (std::string said = Describe(draft.finish); !said.empty()) words.push_back(std::move(said));
  if (words.empty()) words.emplace_back("as it is");
  fitted_.preprocessor.steps_.push_back(
      fmt::format("{}: {}", fmt::join(draft.columns, ", "), fmt::join(words, ", ")));
  fitted_.preprocessor.blocks_.push_back({std::move(draft.encoder), std::move(finish)});
  return OkStatus();
}

StatusOr<Preprocessed> Preprocess(const Dataset& rows, const FeatureNeeds& needs,
                                  const PreprocessOptions& options) {
  return Fitting(rows, needs, options).Run();
}

}  // namespace slipway::train
