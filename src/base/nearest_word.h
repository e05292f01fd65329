#pragma once
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace slipway {

/// The one of `words` that `word` was most likely meant to be: fewest edits (insert, delete,
/// change, swap of neighbours), at most a third of its length; the first of equals. nullopt when
/// none is that close or `word` is longer than 64 bytes. '-' and '_' count as equal. Cost: O(|word|
/// · |candidate|) for each candidate.
std::optional<std::string_view> NearestWord(std::string_view word,
                                            std::span<const std::string_view> words);

/// `; did you mean "max_body"?`, or "" when no word is near.
std::string DidYouMean(std::string_view word, std::span<const std::string_view> words);

}  // namespace slipway
