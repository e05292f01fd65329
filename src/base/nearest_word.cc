#include "base/nearest_word.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

namespace slipway {
namespace {

constexpr size_t kMaxLength = 64;
using Row = std::array<size_t, kMaxLength + 1>;

bool Same(char a, char b) {
  const auto folded = [](char c) { return c == '-' ? '_' : c; };
  return folded(a) == folded(b);
}

/// Optimal string alignment distance; both words are at most kMaxLength long.
size_t EditDistance(std::string_view a, std::string_view b) {
  Row before_last{}, last{}, current{};
  for (size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    current[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t change = last[j - 1] + (Same(a[i - 1], b[j - 1]) ? 0 : 1);
      current[j] = std::min({change, last[j] + 1, current[j - 1] + 1});
      const bool swapped = i > 1 && j > 1 && Same(a[i - 1], b[j - 2]) && Same(a[i - 2], b[j - 1]);
      if (swapped) current[j] = std::min(current[j], before_last[j - 2] + 1);
    }
    before_last = last;
    last = current;
  }
  return last[b.size()];
}

}  // namespace

std::optional<std::string_view> NearestWord(std::string_view word,
                                            std::span<const std::string_view> words) {
  if (word.empty() || word.size() > kMaxLength) return std::nullopt;
  size_t best = std::max<size_t>(1, word.size() / 3) + 1;
  std::optional<std::string_view> nearest;
  for (const std::string_view candidate : words) {
    if (candidate.size() > kMaxLength) continue;
    const size_t distance = EditDistance(word, candidate);
    if (distance >= best) continue;
    best = distance;
    nearest = candidate;
  }
  return nearest;
}

std::string DidYouMean(std::string_view word, std::span<const std::string_view> words) {
  const auto nearest = NearestWord(word, words);
  return nearest ? fmt::format("; did you mean \"{}\"?", *nearest) : "";
}

}  // namespace slipway
