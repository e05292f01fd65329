#include "infer/request.h"

namespace slipway {

void InferRequest::Clear() {
  model.clear();
  version.clear();
  id.clear();
  inputs.clear();
  outputs.clear();
  binary_outputs = false;
  context = {};
  arena.Clear();
}

}  // namespace slipway
