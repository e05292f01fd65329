#pragma once
// A strict pull reader for JSON (RFC 8259): every byte is checked, also in values the caller skips.
// No recursion, no allocation except for strings with escapes. docs/adr/0005 says why it is ours.

#include <bitset>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.h"
#include "text/decimal.h"

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
/// Errors: kBadRequest "JSON, byte 17: expected ',' or ']', got 'x'". After an error the reader is
/// done.
class JsonReader {
 public:
  struct Options {
    int max_depth = 100;            // of nested objects and arrays, at most kDepthCap
    bool allow_nan_tokens = false;  // NaN, Infinity, -Infinity as numbers
    /// Where messages begin to count bytes: the start of the text that this one is a part of. Null:
    /// the text's own.
    const char* counted_from = nullptr;
  };
  static constexpr int kDepthCap = 1024;

  explicit JsonReader(std::string_view text) : JsonReader(text, Options()) {}
  JsonReader(std::string_view text, Options options);

  /// Type of the next value, by its first byte.
  StatusOr<JsonType> Peek();

  Status BeginObject();
  /// False at the closing brace (consumed). `*key` is valid until the next call; keys with escapes
  /// are decoded. Duplicate keys are the caller's business.
  StatusOr<bool> NextKey(std::string_view* key);

  Status BeginArray();
  /// False at the closing bracket (consumed); else the next element is to be read.
  StatusOr<bool> NextElement();

  /// `*out` points into the text when there were no escapes, else into the reader; valid until the
  /// next call.
  Status ReadString(std::string_view* out);
  Status ReadString(std::string* out);
  Status ReadBool(bool* out);
  Status ReadNull();
  /// The number's own text, grammar checked ("-0.1e5"; or a NaN token when allowed). In place.
  Status ReadNumberText(std::string_view* out);
  /// A number taken apart; NaN tokens are not among these.
  Status ReadDecimal(Decimal* out);
  /// Whole numbers only: "1.0", "1e2" and anything outside the range is kBadRequest saying so.
  Status ReadInt64(int64_t* out);
  Status ReadUint64(uint64_t* out);
  /// The nearest double; a number that rounds to infinity is kBadRequest.
  Status ReadDouble(double* out);

  /// Consumes NaN, Infinity or -Infinity when one is next and they are allowed; false, consuming
  /// nothing, otherwise.
  bool TryNanToken(double* out);

  /// Consumes a null when one is next; false, consuming nothing, before any other value.
  StatusOr<bool> TryNull();

  /// Checks and drops one value of any type. `*raw` (optional) receives its text, to be read again
  /// later.
  Status Skip(std::string_view* raw = nullptr);
  /// The same for a value that nobody reads: NaN tokens are refused in it, allowed or not.
  Status SkipUnread();

  /// Nothing but white space follows.
  Status End();

  const Options& options() const { return options_; }
  size_t position() const { return static_cast<size_t>(at_ - begin_); }
  /// The rest of the text, and a way to move on past what an array reader (text/number_array.h)
  /// consumed.
  std::string_view rest() const { return {at_, static_cast<size_t>(end_ - at_)}; }
  void Advance(size_t bytes) { at_ += bytes; }

  /// The error "expected `what`, got <the byte there>" at the current position, in the reader's
  /// form.
  Status Expected(std::string_view what) const { return ExpectedAt(at_, what); }
  /// The error `complaint` at the current position, in the reader's form.
  Status Refuse(std::string_view complaint) const;
  /// The error "expected `what`, got <the number>", after the number was read.
  Status RefuseNumber(const Decimal& number, std::string_view what);

 private:
  void SkipSpace();
  bool Consume(char c);
  ptrdiff_t ByteAt(const char* at) const;  // as messages count
  Status ExpectedAt(const char* at, std::string_view what) const;
  Status Enter(char open, std::string_view what);
  Status Leave();
  Status ReadLiteral(std::string_view word, std::string_view what);
  Status SkipScalar(JsonType type);
  void SkipNumbers();
  Status ReadEscapes(const char* from, std::string_view* out);
  Status ReadUnicodeEscape(uint32_t* code_point);

  const char* begin_;
  const char* at_;
  const char* end_;
  Options options_;
  int depth_ = 0;
  bool first_ = false;  // no member of the innermost container was read yet
  std::string scratch_;
};

}  // namespace slipway
