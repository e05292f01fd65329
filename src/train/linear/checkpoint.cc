#include "train/linear/checkpoint.h"

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
  std::vector<double> values(size, 0);
  if (Number() != static_cast<double>(size)) good_ = false;
  const char* const taken = Take(size * sizeof(double));
  if (taken != nullptr && size > 0) std::memcpy(values.data(), taken, size * sizeof(double));
  return values;
}

Status CheckpointReader::Finish() const {
  if (good_ && bytes_.empty()) return OkStatus();
  return Error(Reason::kBadRequest,
               "checkpoint: expected a state of this training, with these parameters and as many "
               "rows and features; got another or a damaged one");
}

}  // namespace slipway::train
