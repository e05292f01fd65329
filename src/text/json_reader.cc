#include "text/json_reader.h"

#include <cstring>
#include <limits>
#include <utility>

#include "base/check.h"
#include "base/utf8.h"

namespace slipway {
namespace {

constexpr std::string_view kValue = "a value";

/// A byte as an error message may show it.
std::string Show(const char* at, const char* end) {
  if (at == end) return "the end";
  const auto byte = static_cast<unsigned char>(*at);
  if (byte > 0x20 && byte < 0x7F) return fmt::format("'{}'", *at);
  return fmt::format("byte 0x{:02X}", byte);
}

/// A number's text as an error message may quote it.
std::string Abbreviate(std::string_view text) {
  constexpr size_t kQuoted = 40;
  if (text.size() <= kQuoted) return std::string(text);
  return fmt::format("{}... ({} characters)", text.substr(0, kQuoted), text.size());
}

/// The first byte in [at, end) that a string cannot hold as it is: a quote, a backslash, a control.
const char* FindStringBreak(const char* at, const char* end) {
  constexpr uint64_t kOnes = 0x0101010101010101, kHighs = 0x8080808080808080;
  while (end - at >= 8) {
    uint64_t word;
    std::memcpy(&word, at, 8);
    const uint64_t quote = word ^ (kOnes * '"'), slash = word ^ (kOnes * '\\');
    const uint64_t low = (word - kOnes * 0x20) & ~word;
    const uint64_t hit = (((quote - kOnes) & ~quote) | ((slash - kOnes) & ~slash) | low) & kHighs;
    if (hit != 0) break;
    at += 8;
  }
  while (at != end && *at != '"' && *at != '\\' && static_cast<unsigned char>(*at) >= 0x20) ++at;
  return at;
}

void AppendUtf8(uint32_t code_point, std::string* out) {
  const auto tail = [&](int shift) {
    out->push_back(static_cast<char>(0x80 | ((code_point >> shift) & 0x3F)));
  };
  if (code_point < 0x80) {
    out->push_back(static_cast<char>(code_point));
  } else if (code_point < 0x800) {
    out->push_back(static_cast<char>(0xC0 | (code_point >> 6)));
    tail(0);
  } else if (code_point < 0x10000) {
    out->push_back(static_cast<char>(0xE0 | (code_point >> 12)));
    tail(6), tail(0);
  } else {
    out->push_back(static_cast<char>(0xF0 | (code_point >> 18)));
    tail(12), tail(6), tail(0);
  }
}

/// Four hexadecimal digits at `at`; nullptr on success, else the byte that is none.
const char* ParseHex4(const char* at, const char* end, uint32_t* out) {
  uint32_t value = 0;
  for (int i = 0; i < 4; ++i, ++at) {
    if (at == end) return at;
    const char c = *at;
    if (c >= '0' && c <= '9')
      value = value * 16 + static_cast<uint32_t>(c - '0');
    else if (c >= 'a' && c <= 'f')
      value = value * 16 + static_cast<uint32_t>(c - 'a' + 10);
    else if (c >= 'A' && c <= 'F')
      value = value * 16 + static_cast<uint32_t>(c - 'A' + 10);
    else
      return at;
  }
  *out = value;
  return nullptr;
}

}  // namespace

JsonReader::JsonReader(std::string_view text, Options options)
    : begin_(text.data()), at_(begin_), end_(begin_ + text.size()), options_(options) {
  SLIPWAY_CHECK(options.max_depth <= kDepthCap, "a reader's depth limit is at most kDepthCap");
}

ptrdiff_t JsonReader::ByteAt(const char* at) const {
  return at - (options_.counted_from == nullptr ? begin_ : options_.counted_from);
}

Status JsonReader::Refuse(std::string_view complaint) const {
  return Error(Reason::kBadRequest, "JSON, byte {}: {}", ByteAt(at_), complaint);
}

Status JsonReader::ExpectedAt(const char* at, std::string_view what) const {
  const std::string_view there(at, static_cast<size_t>(end_ - at));
  if (there.starts_with("NaN") || there.starts_with("Infinity"))
    return Error(Reason::kBadRequest, "JSON, byte {}: NaN and Infinity are no JSON numbers",
                 ByteAt(at));
  return Error(Reason::kBadRequest, "JSON, byte {}: expected {}, got {}", ByteAt(at), what,
               Show(at, end_));
}

void JsonReader::SkipSpace() {
  while (at_ != end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t')) ++at_;
}

bool JsonReader::Consume(char c) {
  SkipSpace();
  if (at_ == end_ || *at_ != c) return false;
  ++at_;
  return true;
}

StatusOr<JsonType> JsonReader::Peek() {
  SkipSpace();
  if (at_ != end_) {
    switch (*at_) {
      case '{':
        return JsonType::kObject;
      case '[':
        return JsonType::kArray;
      case '"':
        return JsonType::kString;
      case 't':
        return JsonType::kTrue;
      case 'f':
        return JsonType::kFalse;
      case 'n':
        return JsonType::kNull;
      case 'N':
      case 'I':
        if (options_.allow_nan_tokens) return JsonType::kNumber;
        break;
      default:
        if (*at_ == '-' || (*at_ >= '0' && *at_ <= '9')) return JsonType::kNumber;
    }
  }
  return Expected(kValue);
}

Status JsonReader::Enter(char open, std::string_view what) {
  if (!Consume(open)) return Expected(what);
  if (++depth_ > options_.max_depth) {
    --at_;
    return Refuse(fmt::format("nested deeper than {}", options_.max_depth));
  }
  first_ = true;
  return OkStatus();
}

Status JsonReader::Leave() {
  --depth_;
  first_ = false;
  return OkStatus();
}

Status JsonReader::BeginObject() { return Enter('{', "an object"); }
Status JsonReader::BeginArray() { return Enter('[', "an array"); }

StatusOr<bool> JsonReader::NextKey(std::string_view* key) {
  if (Consume('}')) {
    RETURN_IF_ERROR(Leave());
    return false;
  }
  if (!first_ && !Consume(',')) return Expected("',' or '}'");
  SkipSpace();
  if (at_ == end_ || *at_ != '"') return Expected(first_ ? "a key or '}'" : "a key");
  first_ = false;
  RETURN_IF_ERROR(ReadString(key));
  if (!Consume(':')) return Expected("':'");
  return true;
}

StatusOr<bool> JsonReader::NextElement() {
  if (Consume(']')) {
    RETURN_IF_ERROR(Leave());
    return false;
  }
  if (!first_ && !Consume(',')) return Expected("',' or ']'");
  first_ = false;
  return true;
}

Status JsonReader::ReadString(std::string_view* out) {
  if (!Consume('"')) return Expected("a string");
  const char* const from = at_;
  at_ = FindStringBreak(at_, end_);
  if (at_ == end_) return Expected("'\"' to end the string");
  if (*at_ == '\\') return ReadEscapes(from, out);
  if (*at_ != '"') return Expected("an escape in place of a control character");
  *out = {from, static_cast<size_t>(at_ - from)};
  if (!IsValidUtf8(*out)) {
    at_ = from;
    return Refuse("the string starting here is not valid UTF-8");
  }
  ++at_;
  return OkStatus();
}

Status JsonReader::ReadEscapes(const char* from, std::string_view* out) {
  const char* plain = from;
  scratch_.clear();
  for (;;) {
    scratch_.append(plain, at_);
    if (at_ == end_) return Expected("'\"' to end the string");
    if (*at_ == '"') break;
    if (*at_ != '\\') return Expected("an escape in place of a control character");
    if (++at_ == end_) return Expected("an escape");
    const char kind = *at_++;
    switch (kind) {
      case '"':
      case '\\':
      case '/':
        scratch_.push_back(kind);
        break;
      case 'b':
        scratch_.push_back('\b');
        break;
      case 'f':
        scratch_.push_back('\f');
        break;
      case 'n':
        scratch_.push_back('\n');
        break;
      case 'r':
        scratch_.push_back('\r');
        break;
      case 't':
        scratch_.push_back('\t');
        break;
      case 'u': {
        uint32_t code_point;
        RETURN_IF_ERROR(ReadUnicodeEscape(&code_point));
        AppendUtf8(code_point, &scratch_);
        break;
      }
      default:
        return ExpectedAt(at_ - 1, "an escape");
    }
    plain = at_;
    at_ = FindStringBreak(at_, end_);
  }
  // Escapes add valid UTF-8 only, so the decoded string is valid exactly when the raw one is.
  if (!IsValidUtf8(scratch_)) {
    at_ = from;
    return Refuse("the string starting here is not valid UTF-8");
  }
  ++at_;
  *out = scratch_;
  return OkStatus();
}

/// `at_` is past "\u". A high surrogate must be followed by an escaped low one.
Status JsonReader::ReadUnicodeEscape(uint32_t* code_point) {
  const char* const escape = at_ - 2;
  uint32_t unit;
  if (const char* bad = ParseHex4(at_, end_, &unit)) return ExpectedAt(bad, "a hexadecimal digit");
  at_ += 4;
  *code_point = unit;
  if (unit < 0xD800 || unit > 0xDFFF) return OkStatus();
  uint32_t low = 0;
  const bool paired = unit < 0xDC00 && end_ - at_ >= 6 && at_[0] == '\\' && at_[1] == 'u' &&
                      ParseHex4(at_ + 2, end_, &low) == nullptr && low >= 0xDC00 && low <= 0xDFFF;
  if (!paired) {
    at_ = escape;
    return Refuse("a lone surrogate escape is no character");
  }
  at_ += 6;
  *code_point = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
  return OkStatus();
}

Status JsonReader::ReadString(std::string* out) {
  std::string_view view;
  RETURN_IF_ERROR(ReadString(&view));
  out->assign(view);
  return OkStatus();
}

Status JsonReader::ReadLiteral(std::string_view word, std::string_view what) {
  SkipSpace();
  if (rest().substr(0, word.size()) != word) return Expected(what);
  at_ += word.size();
  return OkStatus();
}

Status JsonReader::ReadBool(bool* out) {
  SkipSpace();
  *out = at_ != end_ && *at_ == 't';
  return ReadLiteral(*out ? "true" : "false", "true or false");
}

Status JsonReader::ReadNull() { return ReadLiteral("null", "null"); }

StatusOr<bool> JsonReader::TryNull() {
  SkipSpace();
  if (at_ == end_ || *at_ != 'n') return false;
  RETURN_IF_ERROR(ReadNull());
  return true;
}

bool JsonReader::TryNanToken(double* out) {
  if (!options_.allow_nan_tokens) return false;
  SkipSpace();
  const size_t sign = at_ != end_ && *at_ == '-';
  if (rest().size() <= sign || (at_[sign] != 'N' && at_[sign] != 'I')) return false;
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  constexpr std::pair<std::string_view, double> kTokens[] = {
      {"NaN", std::numeric_limits<double>::quiet_NaN()},
      {"Infinity", kInfinity},
      {"-Infinity", -kInfinity}};
  for (const auto& [token, value] : kTokens) {
    if (!rest().starts_with(token)) continue;
    *out = value;
    at_ += token.size();
    return true;
  }
  return false;
}

Status JsonReader::ReadDecimal(Decimal* out) {
  SkipSpace();
  const char* broken;
  const char* const after = ScanDecimal(at_, end_, out, &broken);
  if (after == nullptr) return ExpectedAt(broken, broken == at_ ? "a number" : "a digit");
  at_ = after;
  return OkStatus();
}

Status JsonReader::ReadNumberText(std::string_view* out) {
  SkipSpace();
  const char* const from = at_;
  if (double token; TryNanToken(&token)) {
    *out = {from, static_cast<size_t>(at_ - from)};
    return OkStatus();
  }
  Decimal number;
  RETURN_IF_ERROR(ReadDecimal(&number));
  *out = number.text;
  return OkStatus();
}

Status JsonReader::RefuseNumber(const Decimal& number, std::string_view what) {
  at_ = number.text.data();
  return Refuse(fmt::format("expected {}, got {}", what, Abbreviate(number.text)));
}

Status JsonReader::ReadInt64(int64_t* out) {
  Decimal number;
  RETURN_IF_ERROR(ReadDecimal(&number));
  if (ToInt64(number, out)) return OkStatus();
  return RefuseNumber(number, "a whole number from -2^63 to 2^63-1");
}

Status JsonReader::ReadUint64(uint64_t* out) {
  Decimal number;
  RETURN_IF_ERROR(ReadDecimal(&number));
  if (ToUint64(number, out)) return OkStatus();
  return RefuseNumber(number, "a whole number from 0 to 2^64-1");
}

Status JsonReader::ReadDouble(double* out) {
  if (TryNanToken(out)) return OkStatus();
  Decimal number;
  RETURN_IF_ERROR(ReadDecimal(&number));
  if (ToDouble(number, out)) return OkStatus();
  return RefuseNumber(number, "a number within the range of a 64-bit float");
}

Status JsonReader::SkipScalar(JsonType type) {
  std::string_view text;
  bool truth;
  switch (type) {
    case JsonType::kString:
      return ReadString(&text);
    case JsonType::kNumber:
      return ReadNumberText(&text);
    case JsonType::kNull:
      return ReadNull();
    default:
      return ReadBool(&truth);
  }
}

/// What follows in a list as a comma and a number: most of what is skipped in long lists.
void JsonReader::SkipNumbers() {
  Decimal number;
  for (const char* broken; at_ != end_ && *at_ == ',';) {
    const char* const after = ScanDecimal(at_ + 1, end_, &number, &broken);
    if (after == nullptr) return;
    at_ = after;
  }
}

Status JsonReader::Skip(std::string_view* raw) {
  SkipSpace();
  const char* const from = at_;
  const int outside = depth_;
  std::bitset<kDepthCap + 1> is_object;  // by depth
  bool value_due = true;
  while (value_due) {
    ASSIGN_OR_RETURN(const JsonType type, Peek());
    if (type == JsonType::kObject || type == JsonType::kArray) {
      const bool object = type == JsonType::kObject;
      RETURN_IF_ERROR(object ? BeginObject() : BeginArray());
      is_object[static_cast<size_t>(depth_)] = object;
    } else {
      RETURN_IF_ERROR(SkipScalar(type));
      if (depth_ != outside && !is_object[static_cast<size_t>(depth_)]) SkipNumbers();
    }
    value_due = false;
    while (depth_ != outside && !value_due) {
      std::string_view key;
      ASSIGN_OR_RETURN(value_due,
                       is_object[static_cast<size_t>(depth_)] ? NextKey(&key) : NextElement());
    }
  }
  if (raw != nullptr) *raw = {from, static_cast<size_t>(at_ - from)};
  return OkStatus();
}

Status JsonReader::SkipUnread() {
  const bool allowed = std::exchange(options_.allow_nan_tokens, false);
  const Status skipped = Skip();
  options_.allow_nan_tokens = allowed;
  return skipped;
}

Status JsonReader::End() {
  SkipSpace();
  if (at_ != end_) return Expected("the end");
  return OkStatus();
}

}  // namespace slipway
