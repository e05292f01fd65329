#pragma once
#include <span>
#include <string_view>

namespace slipway::terms {

/// What stop_words="english" stands for in scikit-learn, in order. A pickle does not hold the list.
std::span<const std::string_view> EnglishStopWords();

}  // namespace slipway::terms
