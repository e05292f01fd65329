#pragma once
#include "protocol/tfserving/repeated_bytes.h"

namespace slipway::tfserving {

/// One request and memory that does not end.
struct Plenty {
  BodyMemory memory;
  BodyCharge charge;
  RepeatedBytes repeated{memory, charge};
};

}  // namespace slipway::tfserving
