#include "evaluate/answers.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "tensor/half.h"

namespace slipway::evaluate {
namespace {

constexpr std::array<std::string_view, 5> kProbabilityNames = {
    "predict_proba", "probabilities", "output_probability", "probability", "proba"};
constexpr std::array<std::string_view, 4> kLabelNames = {"predict", "label", "output_label",
                                                         "labels"};
/// A row of probabilities sums to 1 within this; FP16 answers of a thousand classes do.
constexpr double kSumTolerance = 0.01;

bool IsFloat(DType dtype) {
  return dtype == DType::kFp64 || dtype == DType::kFp32 || dtype == DType::kFp16 ||
         dtype == DType::kBf16;
}

/// [n] or [n,1].
bool IsOneValue(const TensorSpec& spec) {
  return spec.shape.size() == 1 || (spec.shape.size() == 2 && spec.shape[1] == 1);
}

bool IsMatrix(const TensorSpec& spec) { return spec.shape.size() == 2 && spec.shape[1] != 1; }

/// The first output that is called like one of `names` and fits; else the only one that fits.
template <typename Fits>
const TensorSpec* FindOutput(const Signature& signature, std::span<const std::string_view> names,
                             Fits&& fits) {
  const TensorSpec* only = nullptr;
  size_t fitting = 0;
  for (const TensorSpec& spec : signature.outputs) {
    if (!fits(spec)) continue;
    if (std::find(names.begin(), names.end(), spec.name) != names.end()) return &spec;
    only = &spec;
    ++fitting;
  }
  return fitting == 1 ? only : nullptr;
}

std::string OutputsOf(const Signature& signature) {
  std::vector<std::string> words;
  for (const TensorSpec& spec : signature.outputs)
    words.push_back(fmt::format("\"{}\" {}", spec.name, ToString(spec.dtype, spec.shape)));
  return fmt::format("{}", fmt::join(words, ", "));
}

template <typename T>
std::vector<double> Widened(const Tensor& tensor) {
  const auto values = tensor.as<T>();
  return {values.begin(), values.end()};
}

std::vector<double> ToDoubles(const Tensor& tensor) {
  std::vector<double> values;
  switch (tensor.dtype) {
    case DType::kFp64:
      return Widened<double>(tensor);
    case DType::kFp32:
      return Widened<float>(tensor);
    case DType::kFp16:
      for (const uint16_t bits : tensor.as<uint16_t>()) values.push_back(Fp16ToFloat(bits));
      return values;
    case DType::kBf16:
      for (const uint16_t bits : tensor.as<uint16_t>()) values.push_back(Bf16ToFloat(bits));
      return values;
    case DType::kInt64:
      return Widened<int64_t>(tensor);
    case DType::kInt32:
      return Widened<int32_t>(tensor);
    case DType::kInt16:
      return Widened<int16_t>(tensor);
    case DType::kInt8:
      return Widened<int8_t>(tensor);
    case DType::kUint64:
      return Widened<uint64_t>(tensor);
    case DType::kUint32:
      return Widened<uint32_t>(tensor);
    case DType::kUint16:
      return Widened<uint16_t>(tensor);
    case DType::kUint8:
    case DType::kBool:
      return Widened<uint8_t>(tensor);
    case DType::kBytes:
      break;
  }
  return values;
}

/// Whether these are probabilities and no scores.
bool AreProbabilities(std::span<const double> values, size_t width) {
  for (size_t begin = 0; begin + width <= values.size(); begin += width) {
    double sum = 0;
    for (const double value : values.subspan(begin, width)) {
      if (!(value >= -1e-6 && value <= 1 + 1e-6)) return false;
      sum += value;
    }
    if (width > 1 && std::abs(sum - 1) > kSumTolerance) return false;
  }
  return true;
}

}  // namespace

StatusOr<std::vector<double>> ReadNumbers(const NamedTensor& answer, size_t rows) {
  std::vector<double> values = ToDoubles(answer.tensor);
  if (values.size() < rows || answer.tensor.shape.empty() ||
      static_cast<size_t>(answer.tensor.shape[0]) < rows)
    return Error(Reason::kBadRequest, "output \"{}\": expected {} rows, got {}", answer.name, rows,
                 ToString(answer.tensor.dtype, answer.tensor.shape));
  return values;
}

StatusOr<AnswerReader> AnswerReader::Create(const Signature& signature,
                                            const data::Target& target) {
  AnswerReader reader;
  reader.task_ = target.task;
  reader.target_labels_ = target.labels;
  reader.integer_labels_ = target.integer_labels;
  if (target.task == data::Task::kClassification) {
    RETURN_IF_ERROR(reader.FindClassOutputs(signature));
    return reader;
  }
  const TensorSpec* const value = FindOutput(signature, kLabelNames, [](const TensorSpec& spec) {
    return spec.dtype != DType::kBytes && (IsOneValue(spec) || spec.any_rank);
  });
  if (value == nullptr)
    return Error(Reason::kBadRequest,
                 "expected an output of one number a row to be judged as a regression, got {}",
                 OutputsOf(signature));
  reader.outputs_ = {value->name};
  return reader;
}

Status AnswerReader::FindClassOutputs(const Signature& signature) {
  const TensorSpec* const proba =
      FindOutput(signature, kProbabilityNames, [](const TensorSpec& spec) {
        const bool named = std::find(kProbabilityNames.begin(), kProbabilityNames.end(),
                                     spec.name) != kProbabilityNames.end();
        return IsFloat(spec.dtype) && (IsMatrix(spec) || (named && IsOneValue(spec)));
      });
  const TensorSpec* const label = FindOutput(signature, kLabelNames, [&](const TensorSpec& spec) {
    // One number a row that is neither whole nor called a label is a score.
    const bool named =
        std::find(kLabelNames.begin(), kLabelNames.end(), spec.name) != kLabelNames.end();
    return &spec != proba && IsOneValue(spec) && (named || !IsFloat(spec.dtype));
  });
  const TensorSpec* score = proba;
  if (label == nullptr && score == nullptr && target_labels_.size() == 2)
    score = FindOutput(signature, {}, [](const TensorSpec& spec) {
      return IsFloat(spec.dtype) && IsOneValue(spec);
    });
  if (label == nullptr && score == nullptr)
    return Error(Reason::kBadRequest,
                 "expected an output of classes or of their probabilities, got {}",
                 OutputsOf(signature));
  // Which column is whose cannot be told; the classes alone can.
  if (label != nullptr && score != nullptr && score->labels.empty() && label->labels.empty() &&
      IsMatrix(*score) && score->shape[1] > 0 &&
      static_cast<size_t>(score->shape[1]) != target_labels_.size())
    score = nullptr;
  if (label != nullptr) outputs_.push_back(label->name);
  if (score != nullptr) outputs_.push_back(score->name);
  has_classes_ = label != nullptr;
  has_probabilities_ = score != nullptr;
  const std::vector<std::string>* names = score != nullptr ? &score->labels : &label->labels;
  if (names->empty() && label != nullptr) names = &label->labels;
  for (const std::string& name : *names) places_.push_back(ClassOf(name));
  return OkStatus();
}

int32_t AnswerReader::ClassOf(std::string_view word) const {
  const auto found = std::find(target_labels_.begin(), target_labels_.end(), word);
  return found == target_labels_.end() ? -1 : static_cast<int32_t>(found - target_labels_.begin());
}

int32_t AnswerReader::ClassOfNumber(double number) const {
  if (number != std::floor(number) || std::abs(number) > 0x1p53) return -1;
  const auto whole = static_cast<int64_t>(number);
  if (const int32_t place = ClassOf(std::to_string(whole)); place >= 0 || integer_labels_)
    return place;
  const auto known = static_cast<int64_t>(places_.empty() ? target_labels_.size() : places_.size());
  if (whole < 0 || whole >= known) return -1;
  return places_.empty() ? static_cast<int32_t>(whole) : places_[whole];
}

Status AnswerReader::Read(const std::vector<NamedTensor>& answers, size_t rows) {
  if (answers.size() != outputs_.size())
    return Error(Reason::kBadRequest, "expected {} outputs, got {}", outputs_.size(),
                 answers.size());
  if (task_ == data::Task::kRegression) {
    ASSIGN_OR_RETURN(const auto values, ReadNumbers(answers.front(), rows));
    predictions_.values.insert(predictions_.values.end(), values.begin(), values.begin() + rows);
    return OkStatus();
  }
  if (has_classes_) RETURN_IF_ERROR(ReadClasses(answers.front(), rows));
  return has_probabilities_ ? ReadProbabilities(answers.back(), rows) : OkStatus();
}

Status AnswerReader::ReadClasses(const NamedTensor& answer, size_t rows) {
  if (answer.tensor.dtype != DType::kBytes) {
    ASSIGN_OR_RETURN(const auto values, ReadNumbers(answer, rows));
    for (size_t row = 0; row < rows; ++row)
      predictions_.classes.push_back(ClassOfNumber(values[row]));
    return OkStatus();
  }
  BytesReader reader(answer.tensor.data.bytes());
  std::string_view word;
  for (size_t row = 0; row < rows; ++row) {
    if (!reader.Next(&word))
      return Error(Reason::kBadRequest, "output \"{}\": expected {} words, got {}", answer.name,
                   rows, row);
    predictions_.classes.push_back(ClassOf(word));
  }
  return OkStatus();
}

Status AnswerReader::ReadProbabilities(const NamedTensor& answer, size_t rows) {
  ASSIGN_OR_RETURN(std::vector<double> values, ReadNumbers(answer, rows));
  const size_t width = answer.tensor.shape.size() < 2 ? 1 : answer.tensor.shape.back();
  const size_t labels = target_labels_.size();
  one_score_ = width == 1;
  if (one_score_ && labels != 2)
    return Error(Reason::kBadRequest, "output \"{}\" has one number a row, the target {} classes",
                 answer.name, labels);
  if (!one_score_ && width != (places_.empty() ? labels : places_.size()))
    return Error(Reason::kBadRequest, "output \"{}\": expected {} classes, got {}{}", answer.name,
                 places_.empty() ? labels : places_.size(), width,
                 places_.empty() ? " without names" : "");
  values.resize(rows * width);
  are_probabilities_ = are_probabilities_ && AreProbabilities(values, width);
  for (size_t row = 0; row < rows; ++row) ReadRow(std::span(values).subspan(row * width, width));
  return OkStatus();
}

void AnswerReader::ReadRow(std::span<const double> row) {
  if (one_score_) {
    predictions_.probabilities.insert(predictions_.probabilities.end(), {0.0, row[0]});
    return;
  }
  const auto place = [&](size_t i) {
    return places_.empty() ? static_cast<int32_t>(i) : places_[i];
  };
  const bool is_number = std::ranges::none_of(row, [](double score) { return std::isnan(score); });
  if (!has_classes_)
    predictions_.classes.push_back(
        is_number ? place(std::max_element(row.begin(), row.end()) - row.begin()) : -1);
  const size_t at = predictions_.probabilities.size();
  predictions_.probabilities.resize(at + target_labels_.size(), 0.0);
  for (size_t i = 0; i < row.size(); ++i)
    if (place(i) >= 0) predictions_.probabilities[at + place(i)] = row[i];
}

/// A probability decides at a half, a score at zero.
void AnswerReader::FinishOneScore() {
  const double threshold = are_probabilities_ ? 0.5 : 0.0;
  for (size_t i = 0; i + 1 < predictions_.probabilities.size(); i += 2) {
    const double second = predictions_.probabilities[i + 1];
    predictions_.probabilities[i] = 1 - second;
    if (!has_classes_)
      predictions_.classes.push_back(std::isnan(second) ? -1 : second > threshold ? 1 : 0);
  }
}

Predictions AnswerReader::Finish() {
  if (one_score_) FinishOneScore();
  if (!are_probabilities_) predictions_.probabilities.clear();
  return std::move(predictions_);
}

}  // namespace slipway::evaluate
