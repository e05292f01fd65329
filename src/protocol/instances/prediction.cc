#include "protocol/instances/prediction.h"

#include "protocol/instances/nested.h"

namespace slipway::instances {

Status AppendPrediction(const NamedTensor& output, std::string& out) {
  Tensor tensor = output.tensor;
  if (tensor.shape.size() == 2 && tensor.shape[1] == 1) tensor.shape.pop_back();
  const Status written = AppendNested(tensor, {.non_finite = NonFinite::kTokens}, out);
  return written.ok() ? written : Annotate(written, fmt::format("output \"{}\"", output.name));
}

}  // namespace slipway::instances
