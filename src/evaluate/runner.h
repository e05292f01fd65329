#pragma once
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/status.h"
#include "tensor/signature.h"
#include "tensor/tensor.h"

namespace slipway::evaluate {

/// A model that can be run, wherever it is. Adapters of engines and of servers: pipeline/.
/// Threads: Run from any number at once.
class Runner {
 public:
  virtual ~Runner() = default;
  virtual const Signature& signature() const = 0;
  /// @param outputs  names; empty = all.
  /// @return the outputs asked for, in that order; whatever Status the engine or server gives.
  virtual StatusOr<std::vector<NamedTensor>> Run(std::vector<NamedTensor> inputs,
                                                 const std::vector<std::string>& outputs) const = 0;
};

/// Makes a Runner of ONNX bytes that this process wrote itself.
using LoadModel = std::function<StatusOr<std::unique_ptr<Runner>>(std::string onnx)>;

}  // namespace slipway::evaluate
