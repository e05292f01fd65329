#include "base/status.h"

#include <array>

#include "base/check.h"

namespace slipway {
namespace {

// Reasons travel as raw codes above the canonical ones, so an error costs no payload allocation.
constexpr int kRawBase = 100;

enum Grpc {
  kCancelled = 1,
  kUnknown,
  kInvalidArgument,
  kDeadlineExceeded,
  kNotFound,
  kAlreadyExists,
  kPermissionDenied,
  kResourceExhausted,
  kFailedPrecondition,
  kAborted,
  kOutOfRange,
  kUnimplemented,
  kGrpcInternal,
  kUnavailable,
  kDataLoss,
  kUnauthenticated
};

constexpr std::array<ReasonInfo, kReasonCount> kTable = {{
    {"bad_request", 400, kInvalidArgument, false},
    {"unauthenticated", 401, kUnauthenticated, false},
    {"forbidden", 403, kPermissionDenied, false},
    {"not_found", 404, kNotFound, false},
    {"method_not_allowed", 405, kUnimplemented, false},
    {"unsupported_coding", 415, kUnimplemented, false},
    {"url_too_long", 414, kInvalidArgument, false},
    {"headers_too_large", 431, kInvalidArgument, false},
    {"slow_request", 408, kDeadlineExceeded, false},
    {"already_exists", 409, kAlreadyExists, false},
    {"precondition_failed", 409, kFailedPrecondition, false},
    {"too_large", 413, kResourceExhausted, false},
    {"bad_model", 422, kFailedPrecondition, false},
    {"rate_limited", 429, kResourceExhausted, true},
    {"queue_full", 503, kUnavailable, true},
    {"overloaded", 503, kUnavailable, true},
    {"loading", 503, kUnavailable, true},
    {"draining", 503, kUnavailable, true},
    {"deadline_exceeded", 504, kDeadlineExceeded, false},
    {"disk_full", 507, kResourceExhausted, false},
    {"not_offered", 501, kUnimplemented, false},
    {"unsupported", 422, kFailedPrecondition, false},
    {"internal", 500, kGrpcInternal, false},
    {"cancelled", 499, kCancelled, false},
    {"io", 500, kGrpcInternal, false},
}};

}  // namespace

const ReasonInfo& InfoOf(Reason reason) { return kTable[static_cast<size_t>(reason)]; }

Reason ReasonOf(const Status& status) {
  SLIPWAY_CHECK(!status.ok(), "a status that is asked for its reason is an error");
  const int raw = status.raw_code();
  if (raw >= kRawBase && raw < kRawBase + kReasonCount) return static_cast<Reason>(raw - kRawBase);
  switch (status.code()) {
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kOutOfRange:
      return Reason::kBadRequest;
    case absl::StatusCode::kNotFound:
      return Reason::kNotFound;
    case absl::StatusCode::kAlreadyExists:
      return Reason::kAlreadyExists;
    case absl::StatusCode::kUnimplemented:
      return Reason::kNotOffered;
    case absl::StatusCode::kDeadlineExceeded:
      return Reason::kDeadlineExceeded;
    case absl::StatusCode::kCancelled:
      return Reason::kCancelled;
    case absl::StatusCode::kResourceExhausted:
      return Reason::kTooLarge;
    case absl::StatusCode::kUnavailable:
      return Reason::kOverloaded;
    default:
      return Reason::kInternal;
  }
}

Status MakeError(Reason reason, std::string_view message) {
  return Status(static_cast<absl::StatusCode>(kRawBase + static_cast<int>(reason)),
                absl::string_view(message.data(), message.size()));
}

Status Annotate(const Status& status, std::string_view context) {
  if (status.ok()) return status;
  return MakeError(ReasonOf(status), fmt::format("{}: {}", context, MessageOf(status)));
}

}  // namespace slipway
