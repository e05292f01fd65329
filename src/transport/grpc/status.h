#pragma once
// How a gRPC call ends: its status as header fields (grpc/doc/PROTOCOL-HTTP2.md), and its details
// as google.rpc.Status has them (proto/google/rpc).

#include <string>
#include <string_view>

#include "base/status.h"

namespace slipway::grpc {

inline constexpr int kOk = 0;
inline constexpr int kUnimplemented = 12;

/// The code of `status`: that of its Reason.
int CodeOf(const Status& status);

/// What a client is told of `message`: valid UTF-8, cut behind 1 KiB.
std::string ToldMessage(std::string_view message);

/// `message` as the value of grpc-message: what is not printable ASCII, and '%', as "%XX".
std::string EncodeMessage(std::string_view message);

/// The value of grpc-status-details-bin: a google.rpc.Status with an ErrorInfo, whose reason is the
/// Reason's label in capitals, and a RetryInfo where it may be retried; in base64 without padding.
/// @param message  as in grpc-message, before it is encoded: clients compare the two.
std::string EncodeDetails(int code, std::string_view message, Reason reason);

}  // namespace slipway::grpc
