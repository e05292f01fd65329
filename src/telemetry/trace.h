#pragma once
// W3C trace context, level 1.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace slipway {

struct TraceContext {
  std::array<uint8_t, 16> trace_id{};
  std::array<uint8_t, 8> span_id{};
  uint8_t flags = 0;

  bool valid() const { return trace_id != std::array<uint8_t, 16>{}; }
  bool sampled() const { return flags & 1; }

  /// Strict: version 00 exact, later versions by their first four fields; nullopt for anything else
  /// (the header is then ignored, as the specification asks).
  static std::optional<TraceContext> Parse(std::string_view traceparent);

  /// A child span of this trace with a new span id, or a new trace when this one is not valid.
  TraceContext Child() const;

  /// "00-<trace>-<span>-<flags>"
  std::string ToString() const;
};

}  // namespace slipway
