#pragma once
// Writes JSON text to the end of a string. Commas are its business; nesting is the caller's.

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace slipway {

/// Usage: JsonWriter w(out); w.BeginObject().Key("id").String(id).Key("n").Int(3).EndObject();
/// What is written is valid JSON when Begin and End match and every key is followed by one value.
class JsonWriter {
 public:
  /// @param out  appended to; must outlive the writer.
  explicit JsonWriter(std::string& out) : out_(out) {}

  JsonWriter& BeginObject() { return Open('{'); }
  JsonWriter& EndObject() { return Close('}'); }
  JsonWriter& BeginArray() { return Open('['); }
  JsonWriter& EndArray() { return Close(']'); }

  JsonWriter& Key(std::string_view key);
  /// A key that stands in the program, of plain ASCII: one piece, put together by the compiler.
  template <size_t kSize>
  JsonWriter& Key(const char (&key)[kSize]) {
    constexpr size_t kLength = kSize - 1;
    char text[kLength + 4] = {',', '"'};
    std::memcpy(text + 2, key, kLength);
    text[kLength + 2] = '"';
    text[kLength + 3] = ':';
    const size_t skipped = comma_due_ ? 0 : 1;
    out_.append(text + skipped, sizeof(text) - skipped);
    comma_due_ = false;
    return *this;
  }
  /// Each byte that is not part of UTF-8 becomes U+FFFD.
  JsonWriter& String(std::string_view value);
  JsonWriter& Bool(bool value) { return Raw(value ? "true" : "false"); }
  JsonWriter& Null() { return Raw("null"); }
  JsonWriter& Int(int64_t value);
  JsonWriter& Uint(uint64_t value);
  /// Shortest text that reads back as the same double; null for NaN and the infinities.
  JsonWriter& Double(double value);
  /// One value that is JSON already.
  JsonWriter& Raw(std::string_view json);

 private:
  JsonWriter& Open(char c);
  JsonWriter& Close(char c);
  void Separate();

  std::string& out_;
  bool comma_due_ = false;
};

/// Appends `value` in quotes, escaped; each byte that is not part of UTF-8 becomes U+FFFD.
void AppendJsonString(std::string& out, std::string_view value);

}  // namespace slipway
