#include "train/networks/checkpoint.h"

#include <cstring>

namespace slipway::train {
namespace {

constexpr std::string_view kMagic = "slipway-network-1\n";

/// Calls visit(field) for each field, of numbers and of vectors whose sizes are known.
void ForEachField(auto& state, const auto& visit) {
  visit(&state.training, 1);
  visit(&state.epochs, 1);
  visit(&state.stale, 1);
  visit(&state.learning_rate, 1);
  visit(&state.loss, 1);
  visit(&state.least, 1);
  visit(&state.optimiser.steps, 1);
  visit(state.parameters.data(), state.parameters.size());
  visit(state.best.data(), state.best.size());
  visit(state.optimiser.first.data(), state.optimiser.first.size());
  visit(state.optimiser.second.data(), state.optimiser.second.size());
}

}  // namespace

std::string WriteCheckpoint(const TrainingState& state) {
  std::string bytes(kMagic);
  ForEachField(state, [&](const auto* values, size_t count) {
    bytes.append(reinterpret_cast<const char*>(values), count * sizeof(*values));
  });
  return bytes;
}

StatusOr<TrainingState> ReadCheckpoint(std::string_view bytes, const TrainingState& like) {
  if (bytes.size() != WriteCheckpoint(like).size() || !bytes.starts_with(kMagic))
    return Error(Reason::kBadRequest, "checkpoint: expected {} bytes of a network, got {} bytes",
                 WriteCheckpoint(like).size(), bytes.size());
  TrainingState state = like;
  bytes.remove_prefix(kMagic.size());
  ForEachField(state, [&](auto* values, size_t count) {
    if (count > 0) std::memcpy(values, bytes.data(), count * sizeof(*values));
    bytes.remove_prefix(count * sizeof(*values));
  });
  if (state.training != like.training)
    return Error(Reason::kBadRequest,
                 "checkpoint: it is of other rows, parameters or another seed than given now");
  return state;
}

}  // namespace slipway::train
