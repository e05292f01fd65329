#include "repository/config_reader.h"

#include <algorithm>
#include <charconv>
#include <set>

#include "base/nearest_word.h"

namespace slipway::repository {
namespace {

std::string_view KindName(TextValue::Kind kind) {
  switch (kind) {
    case TextValue::Kind::kMessage:
      return "a message";
    case TextValue::Kind::kString:
      return "a string";
    case TextValue::Kind::kWord:
      return "a word";
    case TextValue::Kind::kNumber:
      return "a number";
  }
  return "";
}

std::string Got(const TextValue& value) {
  if (value.kind == TextValue::Kind::kMessage) return "a message";
  return fmt::format("{} {}", KindName(value.kind), value.text.substr(0, 60));
}

// Decimal, 0x… or 0…, as the text format has it.
bool ParseInt(std::string_view text, int64_t* out) {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  int base = 10;
  if (text.starts_with("0x") || text.starts_with("0X")) {
    base = 16;
    text.remove_prefix(2);
  } else if (text.size() > 1 && text[0] == '0') {
    base = 8;
  }
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  constexpr uint64_t kMax = static_cast<uint64_t>(std::numeric_limits<int64_t>::max());
  if (error != std::errc() || end != text.data() + text.size() || value > kMax) return false;
  *out = negative ? -static_cast<int64_t>(value) : static_cast<int64_t>(value);
  return true;
}

}  // namespace

Status ConfigReader::Bad(const TextField& field, std::string_view message) const {
  return Error(Reason::kBadModel, "{}:{}: \"{}\": {}", file_, field.line, field.name, message);
}

Status ConfigReader::Unsupported(const TextField& field, std::string_view what) const {
  return Error(Reason::kUnsupported, "{}:{}: {} is not supported yet", file_, field.line, what);
}

Status ConfigReader::ReadMessage(const std::vector<TextField>& fields, std::string_view where,
                                 std::span<const FieldRule> rules) const {
  std::set<std::string_view> seen;
  for (const TextField& field : fields) {
    const auto rule = std::find_if(rules.begin(), rules.end(),
                                   [&](const FieldRule& r) { return r.name == field.name; });
    if (rule == rules.end()) {
      std::vector<std::string_view> names;
      for (const FieldRule& r : rules) names.push_back(r.name);
      return Error(Reason::kBadModel, "{}:{}: unknown field \"{}\"{}{}", file_, field.line,
                   field.name.substr(0, 100), where, DidYouMean(field.name, names));
    }
    if (!rule->repeated && !seen.insert(field.name).second) return Bad(field, "occurs twice");
    if (!rule->read) return Unsupported(field, fmt::format("\"{}\"{}", field.name, where));
    RETURN_IF_ERROR(rule->read(field));
  }
  return OkStatus();
}

Status ConfigReader::ReadString(const TextField& field, std::string* out) const {
  if (field.value.kind != TextValue::Kind::kString) {
    return Bad(field, fmt::format("expected a string in quotes, got {}", Got(field.value)));
  }
  *out = field.value.text;
  return OkStatus();
}

Status ConfigReader::ReadBool(const TextField& field, bool* out) const {
  const std::string& text = field.value.text;
  const bool scalar =
      field.value.kind == TextValue::Kind::kWord || field.value.kind == TextValue::Kind::kNumber;
  if (scalar && (text == "true" || text == "True" || text == "t" || text == "1")) {
    *out = true;
    return OkStatus();
  }
  if (scalar && (text == "false" || text == "False" || text == "f" || text == "0")) {
    *out = false;
    return OkStatus();
  }
  return Bad(field, fmt::format("expected true or false, got {}", Got(field.value)));
}

Status ConfigReader::ReadInt(const TextField& field, int64_t min, int64_t max, int64_t* out) const {
  if (field.value.kind != TextValue::Kind::kNumber || !ParseInt(field.value.text, out) ||
      *out < min || *out > max) {
    return Bad(field, fmt::format("expected a whole number from {} to {}, got {}", min, max,
                                  Got(field.value)));
  }
  return OkStatus();
}

Status ConfigReader::ReadWord(const TextField& field, std::string* out) const {
  if (field.value.kind != TextValue::Kind::kWord) {
    return Bad(field, fmt::format("expected a word without quotes, got {}", Got(field.value)));
  }
  *out = field.value.text;
  return OkStatus();
}

StatusOr<const std::vector<TextField>*> ConfigReader::Message(const TextField& field) const {
  if (field.value.kind == TextValue::Kind::kMessage) return &field.value.fields;
  return Bad(field, fmt::format("expected {{ … }}, got {}", Got(field.value)));
}

std::function<Status(const TextField&)> ConfigReader::Only(bool value) const {
  return [this, value](const TextField& field) -> Status {
    bool got = false;
    RETURN_IF_ERROR(ReadBool(field, &got));
    if (got == value) return OkStatus();
    return Unsupported(field, fmt::format("\"{}: {}\"", field.name, got));
  };
}

std::function<Status(const TextField&)> ConfigReader::OnlyWords(
    std::vector<std::string_view> words) const {
  return [this, words = std::move(words)](const TextField& field) -> Status {
    std::string got;
    RETURN_IF_ERROR(ReadWord(field, &got));
    if (std::find(words.begin(), words.end(), got) != words.end()) return OkStatus();
    return Unsupported(field, fmt::format("\"{}: {}\"", field.name, got));
  };
}

}  // namespace slipway::repository
