#pragma once
// Lines "key=value" and lists of numbers, as LightGBM writes its models.

#include <charconv>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace slipway::importing::lightgbm {

/// Takes the next line off the front of `text`, without its end.
inline std::string_view TakeLine(std::string_view& text) {
  const size_t end = text.find('\n');
  std::string_view line = text.substr(0, end);
  text.remove_prefix(end == text.npos ? text.size() : end + 1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

/// The lines "key=value" of a section; a key without "=" has an empty value.
/// Errors: kBadModel "LightGBM model: tree 3: left_child: expected 6 numbers, got 5".
class Section {
 public:
  explicit Section(std::string where) : where_(std::move(where)) {}

  void Add(std::string_view line) {
    const size_t equals = line.find('=');
    values_[line.substr(0, equals)] =
        equals == line.npos ? std::string_view() : line.substr(equals + 1);
  }

  bool Has(std::string_view key) const { return values_.contains(key); }
  StatusOr<std::string_view> Text(std::string_view key) const {
    const auto found = values_.find(key);
    if (found == values_.end()) return Bad(key, "expected to be there, got nothing");
    return found->second;
  }

  /// A whole number in [low, high].
  StatusOr<int64_t> Integer(std::string_view key, int64_t low, int64_t high) const {
    ASSIGN_OR_RETURN(const auto numbers, Numbers<int64_t>(key, 1));
    if (numbers[0] < low || numbers[0] > high)
      return Bad(key, fmt::format("expected a number in [{}, {}], got {}", low, high, numbers[0]));
    return numbers[0];
  }

  /// `count` numbers with spaces between.
  template <typename T>
  StatusOr<std::vector<T>> Numbers(std::string_view key, size_t count) const {
    ASSIGN_OR_RETURN(std::string_view text, Text(key));
    std::vector<T> numbers;
    while (!text.empty()) {
      if (text.front() == ' ') {
        text.remove_prefix(1);
        continue;
      }
      T number = 0;
      const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
      const size_t length = static_cast<size_t>(read.ptr - text.data());
      if (read.ec != std::errc() || (length < text.size() && text[length] != ' '))
        return Bad(key, fmt::format("expected a number, got \"{}\"", text.substr(0, 24)));
      numbers.push_back(number);
      text.remove_prefix(length);
    }
    if (numbers.size() != count)
      return Bad(key, fmt::format("expected {} numbers, got {}", count, numbers.size()));
    return numbers;
  }

  Status Bad(std::string_view key, std::string_view what) const {
    return Error(Reason::kBadModel, "{}: {}: {}", where_, key, what);
  }

 private:
  std::string where_;
  std::map<std::string_view, std::string_view> values_;
};

}  // namespace slipway::importing::lightgbm
