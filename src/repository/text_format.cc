#include "repository/text_format.h"

#include <utility>

#include "repository/text_tokens.h"

namespace slipway::repository {
namespace {

// Open messages and lists are frames of a stack. A frame's vector does not grow while a message
// inside it is open, so pointers to it stay good.
class Parser {
 public:
  Parser(std::string_view text, std::string_view file, const TextFormatLimits& limits)
      : tokens_(text, file), limits_(limits) {}

  StatusOr<std::vector<TextField>> Parse() {
    std::vector<TextField> fields;
    frames_.push_back({.fields = &fields});
    RETURN_IF_ERROR(tokens_.Next());
    while (!frames_.empty()) {
      RETURN_IF_ERROR(frames_.back().in_list ? ElementOrEnd() : FieldOrEnd());
    }
    return fields;
  }

 private:
  struct Frame {
    std::vector<TextField>* fields;  // of the message, or of the message that the list is in
    char closer = '\0';              // '}' or '>'; none for the outermost
    bool in_list = false;
    bool after_element = false;
    std::string list_name = {};
  };

  Status FieldOrEnd() {
    const Frame frame = frames_.back();
    if (frame.closer == '\0' && tokens_.current().kind == TextToken::Kind::kEnd) {
      frames_.pop_back();
      return OkStatus();
    }
    if (frame.closer != '\0' && tokens_.current().Is(frame.closer)) {
      frames_.pop_back();
      RETURN_IF_ERROR(tokens_.Next());
      return SkipSeparator();
    }
    if (tokens_.current().kind != TextToken::Kind::kWord) {
      return frame.closer == '\0'
                 ? tokens_.Expected("a field name")
                 : tokens_.Expected(fmt::format("a field name or '{}'", frame.closer));
    }
    TextField field{tokens_.current().text, tokens_.current().line, {}};
    RETURN_IF_ERROR(tokens_.Next());
    ASSIGN_OR_RETURN(const bool colon, tokens_.Take(':'));
    ASSIGN_OR_RETURN(const bool list, tokens_.Take('['));
    if (list) {
      frames_.push_back({.fields = frame.fields, .in_list = true, .list_name = field.name});
      return CheckDepth();
    }
    return Value(std::move(field), frame.fields, colon);
  }

  Status ElementOrEnd() {
    Frame& frame = frames_.back();
    if (tokens_.current().Is(']')) {
      frames_.pop_back();
      RETURN_IF_ERROR(tokens_.Next());
      return SkipSeparator();
    }
    if (std::exchange(frame.after_element, true)) {
      ASSIGN_OR_RETURN(const bool comma, tokens_.Take(','));
      if (!comma) return tokens_.Expected("',' or ']'");
    }
    return Value({frame.list_name, tokens_.current().line, {}}, frame.fields, true);
  }

  Status Value(TextField field, std::vector<TextField>* into, bool scalar_allowed) {
    if (++count_ > limits_.max_fields) {
      return tokens_.ErrorAt(field.line, fmt::format("more than {} fields", limits_.max_fields));
    }
    const bool brace = tokens_.current().Is('{'), angle = tokens_.current().Is('<');
    if (brace || angle) {
      into->push_back(std::move(field));
      frames_.push_back({.fields = &into->back().value.fields, .closer = brace ? '}' : '>'});
      RETURN_IF_ERROR(CheckDepth());
      return tokens_.Next();
    }
    if (!scalar_allowed)
      return tokens_.Expected(fmt::format("':' or '{{' after \"{}\"", field.name));
    RETURN_IF_ERROR(Scalar(field.value));
    into->push_back(std::move(field));
    return frames_.back().in_list ? OkStatus() : SkipSeparator();
  }

  Status Scalar(TextValue& value) {
    ASSIGN_OR_RETURN(const bool negative, tokens_.Take('-'));
    const TextToken& token = tokens_.current();
    switch (token.kind) {
      case TextToken::Kind::kNumber:
        value.kind = TextValue::Kind::kNumber;
        break;
      case TextToken::Kind::kWord:
        value.kind = TextValue::Kind::kWord;
        break;
      case TextToken::Kind::kString:
        if (negative) return tokens_.Expected("a number after '-'");
        value.kind = TextValue::Kind::kString;
        break;
      case TextToken::Kind::kEnd:
      case TextToken::Kind::kPunctuation:
        return tokens_.Expected("a value");
    }
    value.text = (negative ? "-" : "") + token.text;
    return tokens_.Next();
  }

  Status SkipSeparator() {
    // In a list the comma belongs to the list.
    if (frames_.empty() || frames_.back().in_list) return OkStatus();
    ASSIGN_OR_RETURN(const bool comma, tokens_.Take(','));
    return comma ? OkStatus() : tokens_.Take(';').status();
  }

  Status CheckDepth() const {
    if (frames_.size() <= static_cast<size_t>(limits_.max_depth)) return OkStatus();
    return tokens_.ErrorAt(tokens_.current().line,
                           fmt::format("nested deeper than {} levels", limits_.max_depth));
  }

  TextTokens tokens_;
  TextFormatLimits limits_;
  std::vector<Frame> frames_;
  size_t count_ = 0;
};

}  // namespace

StatusOr<std::vector<TextField>> ParseTextFormat(std::string_view text, std::string_view file,
                                                 const TextFormatLimits& limits) {
  if (text.size() > limits.max_bytes) {
    return Error(Reason::kBadModel, "{}: expected at most {} bytes, got {}", file, limits.max_bytes,
                 text.size());
  }
  return Parser(text, file, limits).Parse();
}

}  // namespace slipway::repository
