#pragma once
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "base/status.h"

namespace slipway::client {

/// What the same request is answered with: always the same, byte for byte, until another version
/// answers. Threads: one at a time.
class FirstAnswers {
 public:
  static constexpr size_t kMaxVersions = 100;

  /// @param version_in  the version that an answer's body names
  explicit FirstAnswers(std::function<StatusOr<std::string>(std::string_view body)> version_in)
      : version_in_(std::move(version_in)) {}

  /// Whether `body` is the first answer of its version, or equals that. False for more than
  /// kMaxVersions.
  bool Agrees(std::string_view body);

 private:
  const std::function<StatusOr<std::string>(std::string_view body)> version_in_;
  std::map<std::string, std::string> firsts_;  // by version
  const std::string* latest_ = nullptr;        // of them, that was equalled
};

}  // namespace slipway::client
