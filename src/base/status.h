#pragma once
// Errors: absl::Status carrying one of our Reasons. One table gives each reason its gRPC code, HTTP
// status, retry hint and metric label; protocols map the reason, never the code.

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <fmt/core.h>

#include <string>
#include <string_view>
#include <utility>

namespace slipway {

using absl::Status;
using absl::StatusOr;

inline Status OkStatus() { return absl::OkStatus(); }

enum class Reason : int {
  kBadRequest,       // shape, dtype, JSON, unknown or missing input
  kUnauthenticated,  // no or bad token
  kForbidden,        // known caller, not allowed
  kNotFound,         // no such model, version, alias, route
  kMethodNotAllowed,
  kUnsupportedCoding,  // content or transfer coding, media type
  kUrlTooLong,
  kHeadersTooLarge,
  kSlowRequest,  // the client did not finish sending in time
  kAlreadyExists,
  kPreconditionFailed,
  kTooLarge,     // body or message over the limit
  kBadModel,     // a model file, bundle or model configuration that is refused
  kRateLimited,  // the caller's own rate or quota
  kQueueFull,
  kOverloaded,  // predicted to miss its deadline, or a budget is used up
  kLoading,
  kDraining,
  kDeadlineExceeded,
  kDiskFull,
  kNotOffered,   // known, but not offered here
  kUnsupported,  // a feature of a file or configuration we do not have
  kInternal,     // our fault; the detail goes to the log, an id to the client
  kCancelled,    // the client has gone
  kIo,           // a file or socket of ours failed
};
inline constexpr int kReasonCount = static_cast<int>(Reason::kIo) + 1;

struct ReasonInfo {
  std::string_view label;  // metric label, snake_case
  int http_status;
  int grpc_code;
  bool retry;  // the same request may succeed later: send Retry-After
};

/// The row of the table for `reason`. Never fails.
const ReasonInfo& InfoOf(Reason reason);

/// The reason a status carries; canonical codes set by third-party code map to the nearest reason.
/// kInternal for an OK status is a misuse and trips a CHECK.
Reason ReasonOf(const Status& status);

Status MakeError(Reason reason, std::string_view message);

/// `Error(Reason::kBadRequest, "input \"{}\": expected {}, got {}", name, want, got)`
template <typename... Args>
Status Error(Reason reason, fmt::format_string<Args...> format, Args&&... args) {
  return MakeError(reason, fmt::format(format, std::forward<Args>(args)...));
}

/// The message without code names, as a client or operator sees it.
inline std::string_view MessageOf(const Status& status) {
  const auto message = status.message();
  return {message.data(), message.size()};
}

/// Same reason, message prefixed with "context: ".
Status Annotate(const Status& status, std::string_view context);

}  // namespace slipway

#define RETURN_IF_ERROR(expr)                          \
  do {                                                 \
    ::absl::Status _slipway_status = (expr);           \
    if (!_slipway_status.ok()) return _slipway_status; \
  } while (false)

#define SLIPWAY_CONCAT_INNER(a, b) a##b
#define SLIPWAY_CONCAT(a, b) SLIPWAY_CONCAT_INNER(a, b)
#define ASSIGN_OR_RETURN(lhs, expr) \
  ASSIGN_OR_RETURN_IMPL(SLIPWAY_CONCAT(_slipway_result_, __LINE__), lhs, expr)
#define ASSIGN_OR_RETURN_IMPL(result, lhs, expr)       \
  auto result = (expr);                                \
  if (!result.ok()) return std::move(result).status(); \
  lhs = *std::move(result)
