#pragma once
// ensemble_scheduling of config.pbtxt: models that answer one request together. Source: Triton's
// protobuf/model_config.proto, ModelEnsembling.

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "repository/config_reader.h"

namespace slipway::repository {

inline constexpr size_t kMaxEnsembleSteps = 100;

/// One model's part. What flows between the steps are the ensemble's tensors, by name.
struct EnsembleStep {
  std::string model;
  std::string version;                         // "" = the model's default
  std::map<std::string, std::string> inputs;   // the model's input → the tensor it takes
  std::map<std::string, std::string> outputs;  // the model's output → the tensor it makes
  int line = 0;                                // where config.pbtxt says so

  /// `config.pbtxt:12: step with model "m"`
  std::string Where(std::string_view file) const;
  bool operator==(const EnsembleStep&) const = default;
};

StatusOr<std::vector<EnsembleStep>> ReadEnsemble(const ConfigReader& reader,
                                                 const TextField& field);

/// Puts the steps into an order in which each takes what is given or was made before it.
/// @param given   the ensemble's inputs.
/// @param wanted  its outputs, each of which a step is to make.
/// @return kBadModel naming the step, when a tensor is made twice, by nobody, or out of itself.
Status OrderSteps(std::string_view file, std::span<const std::string> given,
                  std::span<const std::string> wanted, std::vector<EnsembleStep>& steps);

}  // namespace slipway::repository
