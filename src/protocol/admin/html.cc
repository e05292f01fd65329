#include "protocol/admin/html.h"

#include "base/utf8.h"

namespace slipway::admin {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

}  // namespace

HtmlWriter& HtmlWriter::Text(std::string_view text) {
  const bool is_utf8 = IsValidUtf8(text);
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    switch (c) {
      case '&':
        out_ += "&amp;";
        break;
      case '<':
        out_ += "&lt;";
        break;
      case '>':
        out_ += "&gt;";
        break;
      case '"':
        out_ += "&quot;";
        break;
      case '\'':
        out_ += "&#39;";
        break;
      default:
        if (byte >= 0x80 && !is_utf8)
          out_ += kReplacement;
        else if ((byte < 0x20 && c != '\n' && c != '\t') || byte == 0x7f)
          out_ += ' ';
        else
          out_ += c;
    }
  }
  return *this;
}

}  // namespace slipway::admin
