#include "cli/personality/option_table.h"

#include <absl/strings/ascii.h>
#include <fmt/format.h>

#include <algorithm>

#include "server/config_value.h"

namespace slipway::cli {
namespace {

StatusOr<std::string> ReadBool(std::string_view text) {
  const std::string lower = absl::AsciiStrToLower(std::string(text));
  if (lower == "true" || lower == "on" || lower == "1") return std::string("true");
  if (lower == "false" || lower == "off" || lower == "0") return std::string("false");
  return Error(Reason::kBadRequest, "expected true or false, got \"{}\"", text);
}

StatusOr<std::string> ReadValue(Takes takes, std::string value) {
  if (takes == Takes::kBool || takes == Takes::kBoolWord) return ReadBool(value);
  if (takes != Takes::kNumber) return value;
  const auto number = server::ParseInteger(value);
  if (number.ok() && *number >= 0) return value;
  return Error(Reason::kBadRequest, "expected a whole number, 0 or more, got \"{}\"", value);
}

/// Words one after the other, each taken once.
class Words {
 public:
  Words(std::span<const std::string> words) : words_(words) {}
  bool done() const { return at_ == words_.size(); }
  const std::string& Next() { return words_[at_++]; }
  bool NextIsValue() const { return !done() && !words_[at_].starts_with("--"); }
  bool NextIsBool() const { return !done() && ReadBool(words_[at_]).ok(); }

 private:
  std::span<const std::string> words_;
  size_t at_ = 0;
};

class Reader {
 public:
  Reader(std::span<const OptionRule> rules, Translation& translation)
      : rules_(rules), translation_(translation) {}

  GivenOptions Read(std::span<const std::string> all) && {
    for (Words words(all); !words.done();) {
      const std::string& word = words.Next();
      const size_t equals = word.find('=');
      const OptionRule* rule = FindRule(rules_, std::string_view(word).substr(0, equals));
      if (rule == nullptr)
        translation_.Leave(word);
      else if (equals != std::string::npos)
        Apply(*rule, word.substr(equals + 1));
      else
        ReadFollowing(*rule, words);
    }
    return std::move(given_);
  }

 private:
  void ReadFollowing(const OptionRule& rule, Words& words) {
    switch (rule.takes) {
      case Takes::kNothing:
      case Takes::kBool:
        return Apply(rule, "true");
      case Takes::kBoolWord:
        return Apply(rule, words.NextIsBool() ? words.Next() : "true");
      case Takes::kTexts:
        while (words.NextIsValue()) Apply(rule, words.Next());
        return;
      default:
        if (words.done()) return translation_.Refuse(rule.name, "needs a value");
        Apply(rule, words.Next());
    }
  }

  void Apply(const OptionRule& rule, std::string value) {
    ApplyOption(rule, std::move(value), rule.name, given_, translation_);
  }

  std::span<const OptionRule> rules_;
  Translation& translation_;
  GivenOptions given_;
};

}  // namespace

std::string GivenOptions::Text(std::string_view name, std::string_view otherwise) const {
  const auto found = values_.find(name);
  return found == values_.end() ? std::string(otherwise) : found->second.back();
}

bool GivenOptions::Bool(std::string_view name, bool otherwise) const {
  return Text(name, otherwise ? "true" : "false") == "true";
}

std::vector<std::string> GivenOptions::Texts(std::string_view name) const {
  const auto found = values_.find(name);
  return found == values_.end() ? std::vector<std::string>{} : found->second;
}

void GivenOptions::Add(std::string_view name, std::string value) {
  values_[std::string(name)].push_back(std::move(value));
}

const OptionRule* FindRule(std::span<const OptionRule> rules, std::string_view name) {
  for (const OptionRule& rule : rules)
    if (rule.name == name || (!rule.short_name.empty() && rule.short_name == name)) return &rule;
  return nullptr;
}

void ApplyOption(const OptionRule& rule, std::string value, std::string_view where,
                 GivenOptions& given, Translation& translation) {
  const auto read = ReadValue(rule.takes, std::move(value));
  if (!read.ok()) return translation.Refuse(where, MessageOf(read.status()));
  if (const auto* sets = std::get_if<Sets>(&rule.effect)) {
    translation.Set(sets->path, fmt::format("{}{}", *read, sets->suffix), where);
  } else if (const auto* none = std::get_if<NoEffect>(&rule.effect)) {
    if (none->silent.empty() || none->silent != *read)
      translation.Note(where, fmt::format("has no effect: {}", none->why));
  } else if (const auto* refused = std::get_if<Refused>(&rule.effect)) {
    if (refused->unless.empty() || refused->unless != *read)
      translation.Refuse(where, refused->why);
  }
  given.Add(rule.name, *read);
}

GivenOptions ReadOptions(std::span<const OptionRule> rules, std::span<const std::string> words,
                         Translation& translation) {
  return Reader(rules, translation).Read(words);
}

}  // namespace slipway::cli
