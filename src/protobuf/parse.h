#pragma once
// Messages of protoc's classes, from bytes.

#include <google/protobuf/message_lite.h>

#include <climits>
#include <cstddef>
#include <span>

#include "base/status.h"

namespace slipway::protobuf {

/// @return kBadRequest when `bytes` are no such message.
inline Status Parse(std::span<const std::byte> bytes, google::protobuf::MessageLite& message) {
  if (bytes.size() > INT_MAX ||
      !message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
    return Error(Reason::kBadRequest, "{} bytes are no {}", bytes.size(), message.GetTypeName());
  return OkStatus();
}

}  // namespace slipway::protobuf
