#pragma once
// Writes HTML in which only our own literals can be markup.

#include <string>
#include <string_view>

namespace slipway::admin {

/// A piece of markup: a string literal of our own, which the compiler sees to.
class Markup {
 public:
  consteval Markup(const char* literal) : text_(literal) {}
  constexpr std::string_view text() const { return text_; }

 private:
  std::string_view text_;
};

/// Appends to a page. What is not a literal can only come in escaped.
class HtmlWriter {
 public:
  explicit HtmlWriter(std::string& out) : out_(out) {}

  HtmlWriter& Raw(Markup markup) {
    out_ += markup.text();
    return *this;
  }
  /// Safe as text and inside a quoted attribute; bytes that are not UTF-8 become U+FFFD, control
  /// characters that HTML forbids a space.
  HtmlWriter& Text(std::string_view text);

 private:
  std::string& out_;
};

}  // namespace slipway::admin
