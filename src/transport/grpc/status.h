#pragma once
// How a gRPC call ends: its status as header fields (grpc/doc/PROTOCOL-HTTP2.md).

#include <string>
#include <string_view>

#include "base/status.h"

namespace slipway::grpc {

inline constexpr int kOk = 0;
inline constexpr int kUnimplemented = 12;

/// The code of `status`: that of its Reason.
int CodeOf(const Status& status);

/// `message` as the value of grpc-message: what is not printable ASCII, and '%', as "%XX"; at most
/// 1 KiB of it.
std::string EncodeMessage(std::string_view message);

}  // namespace slipway::grpc
