#include "train/checkpoint.h"

#include <cmath>

namespace slipway::train {

CheckpointReader::CheckpointReader(std::string_view bytes, std::string_view training)
    : bytes_(bytes) {
  const bool sized = Number() == static_cast<double>(training.size());
  const char* name = sized ? Take(training.size()) : nullptr;
  good_ = name != nullptr && std::string_view(name, training.size()) == training;
}

const char* CheckpointReader::Take(size_t size) {
  if (!good_ || bytes_.size() < size) {
    good_ = false;
    return nullptr;
  }
  const char* taken = bytes_.data();
  bytes_.remove_prefix(size);
  return taken;
}

double CheckpointReader::Number() {
  double value = 0;
  if (const char* taken = Take(sizeof(value))) std::memcpy(&value, taken, sizeof(value));
  return value;
}

int64_t CheckpointReader::Count(int64_t most) {
  const double value = Number();
  if (value >= 0 && value <= static_cast<double>(most) && value == std::floor(value))
    return static_cast<int64_t>(value);
  good_ = false;
  return 0;
}

std::vector<double> CheckpointReader::Numbers(size_t size) {
  std::vector<double> values = Numbers();
  if (values.size() != size) good_ = false;
  values.resize(size);
  return values;
}

std::vector<double> CheckpointReader::Numbers() {
  std::vector<double> values(Count(static_cast<int64_t>(bytes_.size() / sizeof(double))));
  const char* const taken = Take(values.size() * sizeof(double));
  if (taken != nullptr && !values.empty())
    std::memcpy(values.data(), taken, values.size() * sizeof(double));
  return values;
}

Status CheckpointReader::Finish() const { return good_ && bytes_.empty() ? OkStatus() : Refusal(); }

Status CheckpointReader::Refusal() {
  return Error(Reason::kBadRequest,
               "checkpoint: expected a state of this training, with these parameters and as many "
               "rows and features; got another or a damaged one");
}

}  // namespace slipway::train
