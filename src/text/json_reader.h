#pragma once
// A strict pull reader for JSON (RFC 8259): every byte is checked, also in values the caller skips.
// No recursion, no allocation except for strings with escapes. docs/adr/0005 says why it is ours.

#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.h"

namespace slipway {

enum class JsonType : uint8_t { kObject, kArray, kString, kNumber, kTrue, kFalse, kNull };

/// Usage:
///   JsonReader r(text);
///   RETURN_IF_ERROR(r.BeginObject());
///   for (std::string_view key; ; ) {
///     ASSIGN_OR_RETURN(const bool more, r.NextKey(&key));
///     if (!more) break;
///     if (key == "id") RETURN_IF_ERROR(r.ReadString(&id)); else RETURN_IF_ERROR(r.Skip());
///   }
///   RETURN_IF_ERROR(r.End());
/// Errors: kBadRequest "JSON, byte 17: expected ',' or ']', got 'x'". After an error the reader is done.
class JsonReader {
 public:
  struct Options {
    int max_depth = 100;
    bool allow_nan_tokens = false;  // NaN, Infinity, -Infinity as numbers
  };
  explicit JsonReader(std::string_view text) : JsonReader(text, Options()) {}
  JsonReader(std::string_view text, Options options);

  /// Type of the next value, by its first byte.
  StatusOr<JsonType> Peek();

  Status BeginObject();
  /// False at the closing brace (consumed). `*key` is valid until the next call; keys with escapes are
  /// decoded. Duplicate keys are the caller's business.
  StatusOr<bool> NextKey(std::string_view* key);

  Status BeginArray();
  /// False at the closing bracket (consumed); else the next element is to be read.
  StatusOr<bool> NextElement();

  /// `*out` points into the text when there were no escapes, else into the reader; valid until the next call.
  Status ReadString(std::string_view* out);
  Status ReadString(std::string* out);
  Status ReadBool(bool* out);
  Status ReadNull();
  /// The number's own text, grammar checked ("-0.1e5"; or a NaN token when allowed). In place.
  Status ReadNumberText(std::string_view* out);
  /// Whole numbers only: "1.0", "1e2" and anything outside the range is kBadRequest saying so.
  Status ReadInt64(int64_t* out);
  Status ReadUint64(uint64_t* out);
  Status ReadDouble(double* out);

  /// Checks and drops one value of any type. `*raw` (optional) receives its text, to be read again later.
  Status Skip(std::string_view* raw = nullptr);

  /// Nothing but white space follows.
  Status End();

  size_t position() const { return static_cast<size_t>(at_ - begin_); }
  /// The rest of the text, and a way to move on past what an array reader (text/number_array.h) consumed.
  std::string_view rest() const { return {at_, static_cast<size_t>(end_ - at_)}; }
  void Advance(size_t bytes) { at_ += bytes; }

 private:
  // Sketch; the owner of the room may change all that is private.
  const char* begin_;
  const char* at_;
  const char* end_;
  Options options_;
  int depth_ = 0;
  bool first_ = false;
  std::string scratch_;
};

}  // namespace slipway
