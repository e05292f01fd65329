#pragma once
// What a pickle holds, for people: slipway inspect --pickle.

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "import/pickle/reader.h"

namespace slipway::pickle {

struct DescribeOptions {
  size_t max_lines = 2'000;
  size_t max_elements = 100;  // shown of one container
  size_t max_depth = 40;
  size_t max_text = 80;  // characters of one string
  /// The verdict beside each global; empty: no verdicts.
  std::function<bool(std::string_view module, std::string_view name)> allowed;
};

/// Lines of text: protocol and packing, the globals with their offsets and verdicts, then the
/// values as a tree; with verdicts, a line at the end counts the globals that are refused. A value
/// that stands in several places is shown once, with a number that the other places name. Control
/// characters are escaped. Ends with a newline. Threads: any. Cost: linear in max_lines and the
/// globals.
std::string Describe(const Document& document, const DescribeOptions& options = {});

/// How many different globals of the file `allowed` says no to.
size_t CountRefused(
    const Document& document,
    const std::function<bool(std::string_view module, std::string_view name)>& allowed);

}  // namespace slipway::pickle
