#pragma once
// Protobuf's text format as a tree with line numbers, without a schema. The whole grammar is read
// but extension and Any names in brackets. Source: protobuf.dev, "Text Format Language
// Specification"

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace slipway::repository {

struct TextField;

struct TextValue {
  enum class Kind { kMessage, kString, kWord, kNumber };
  Kind kind = Kind::kMessage;
  std::string text;  // the string decoded; the word or number as written, with its sign
  std::vector<TextField> fields;  // kMessage
};

/// One occurrence of a field. A list `f: [1, 2]` is two of them.
struct TextField {
  std::string name;
  int line = 0;
  TextValue value;
};

struct TextFormatLimits {
  size_t max_bytes = size_t{1} << 20;
  size_t max_fields = 100'000;
  int max_depth = 32;
};

/// The fields of the outermost message, in order.
/// @param file  for messages: `config.pbtxt:12: expected …, got …`.
/// @return kBadModel. Cost: O(text), no recursion.
StatusOr<std::vector<TextField>> ParseTextFormat(std::string_view text, std::string_view file,
                                                 const TextFormatLimits& limits = {});

}  // namespace slipway::repository
