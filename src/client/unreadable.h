#pragma once
#include "base/status.h"

namespace slipway::client {

/// What cannot be read in a server's answer is the server's fault, not a bad request of ours.
inline Status Unreadable(const Status& error) {
  return Error(Reason::kIo, "the server's answer is no Open Inference Protocol: {}",
               MessageOf(error));
}

}  // namespace slipway::client
