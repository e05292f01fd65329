#pragma once
// Header fields as libnghttp2 takes them.

#include <nghttp2/nghttp2.h>

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace slipway::http2 {

/// Refers to `name` and `value`.
nghttp2_nv Field(std::string_view name, std::string_view value,
                 uint8_t flags = NGHTTP2_NV_FLAG_NONE);

/// Adds the fields of "Name: value\r\n" lines, their names put in lower case in place. A status
/// line before them and an empty line at the end do not count.
void AddLines(std::string& lines, std::vector<nghttp2_nv>& out);

/// How a gRPC call ends (grpc/doc/PROTOCOL-HTTP2.md, grpc/doc/compression.md). What AddTo adds
/// refers to this.
class GrpcEnd {
 public:
  /// `why` must outlive this.
  GrpcEnd(int code, const Status& why);
  void AddTo(std::vector<nghttp2_nv>& out) const;

 private:
  char digits_[4];
  const char* digits_end_;
  std::string message_, details_;  // empty where all went well
  const Status& why_;
};

}  // namespace slipway::http2
