#include "text/json_writer.h"

#include "base/utf8.h"
#include "text/number_format.h"

namespace slipway {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

bool NeedsEscape(char c) { return c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20; }

void AppendEscape(std::string& out, char c) {
  constexpr char kHex[] = "0123456789abcdef";
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\b':
      out += "\\b";
      return;
    case '\f':
      out += "\\f";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
  }
  out += "\\u00";
  out += kHex[(c >> 4) & 0xF];
  out += kHex[c & 0xF];
}

void AppendEscaped(std::string& out, std::string_view text) {
  size_t plain = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (!NeedsEscape(text[i])) continue;
    out.append(text, plain, i - plain);
    AppendEscape(out, text[i]);
    plain = i + 1;
  }
  out.append(text, plain);
}

/// ASCII that stands in a string as it is: nearly every name.
bool IsPlain(std::string_view text) {
  bool plain = true;
  for (const char c : text) plain &= c >= ' ' && c <= '~' && c != '"' && c != '\\';
  return plain;
}

/// Length of the longest prefix of `text` that is UTF-8.
size_t ValidPrefix(std::string_view text) {
  size_t at = 0;
  while (at < text.size()) {
    const auto lead = static_cast<unsigned char>(text[at]);
    const size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
    if (!IsValidUtf8(text.substr(at, length))) break;
    at += length;
  }
  return at;
}

}  // namespace

void AppendJsonString(std::string& out, std::string_view value) {
  if (IsPlain(value)) {
    const size_t begin = out.size();
    out.resize(begin + value.size() + 2, '"');
    value.copy(&out[begin + 1], value.size());
    return;
  }
  out += '"';
  while (!IsValidUtf8(value)) {
    const size_t valid = ValidPrefix(value);
    AppendEscaped(out, value.substr(0, valid));
    out += kReplacement;
    value.remove_prefix(valid + 1);
  }
  AppendEscaped(out, value);
  out += '"';
}

void JsonWriter::Separate() {
  if (comma_due_) out_ += ',';
  comma_due_ = true;
}

JsonWriter& JsonWriter::Open(char c) {
  const char text[] = {',', c};
  out_.append(comma_due_ ? text : text + 1, text + 2);
  comma_due_ = false;
  return *this;
}

JsonWriter& JsonWriter::Close(char c) {
  out_ += c;
  comma_due_ = true;
  return *this;
}

JsonWriter& JsonWriter::Key(std::string_view key) {
  Separate();
  AppendJsonString(out_, key);
  out_ += ':';
  comma_due_ = false;
  return *this;
}

JsonWriter& JsonWriter::String(std::string_view value) {
  Separate();
  AppendJsonString(out_, value);
  return *this;
}

JsonWriter& JsonWriter::Raw(std::string_view json) {
  Separate();
  out_ += json;
  return *this;
}

JsonWriter& JsonWriter::Int(int64_t value) {
  Separate();
  AppendNumber(out_, value);
  return *this;
}

JsonWriter& JsonWriter::Uint(uint64_t value) {
  Separate();
  AppendNumber(out_, value);
  return *this;
}

JsonWriter& JsonWriter::Double(double value) {
  Separate();
  if (!AppendNumber(out_, value)) out_ += "null";
  return *this;
}

}  // namespace slipway
