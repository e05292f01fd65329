#pragma once
// One dialect's bodies. Everything else about an inference over HTTP is the same for all of them
// (infer_handler.h).

#include "base/status.h"
#include "infer/request.h"
#include "lifecycle/served_version.h"
#include "transport/http/message.h"

namespace slipway::dialect {

/// Bytes → InferRequest, InferResponse → bytes. Threads: const methods from any.
class BodyFormat {
 public:
  virtual ~BodyFormat() = default;

  /// Appends inputs and wanted outputs to `request`, whose model and version are set. The body is
  /// borrowed.
  /// @param version  what the request was resolved to; the run may go to a newer one, which checks
  ///   the request again.
  /// @return kBadRequest; kUnsupportedCoding for a content type that is not this dialect's.
  virtual Status Read(const http::Request& from, const lifecycle::ServedVersion& version,
                      InferRequest& request) const = 0;

  /// Fills `to`, cleared before. @param version  what answered.
  /// @return kBadRequest when an output has no form in this dialect; `to` is then unspecified.
  virtual Status Write(const http::Request& from, const InferRequest& request,
                       const InferResponse& answer, const lifecycle::ServedVersion& version,
                       http::Response& to) const = 0;
};

}  // namespace slipway::dialect
