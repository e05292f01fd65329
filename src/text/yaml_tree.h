#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace slipway {

struct YamlMark {
  int line = 0;  // from 1; 0 = not known
  int column = 0;
  /// "slipway.yaml:3:13"
  std::string In(std::string_view file) const;
};

/// One value of a YAML document, as written: scalars are texts.
struct YamlNode {
  enum class Kind { kNothing, kScalar, kList, kMapping } kind = Kind::kNothing;
  YamlMark mark;
  std::string text;             // kScalar
  std::vector<YamlNode> items;  // kMapping: key, value, key, value, …

  /// The value of the first such key; nullptr when there is none, or this is no mapping.
  const YamlNode* Find(std::string_view key) const;
};

/// Reads one document; an empty text is kNothing. Anchors, aliases, tags, nesting deeper than 8 and
/// more than 10,000 values are refused; equal keys are the caller's business.
/// @param text  bounded by the caller
/// @return kBadRequest "FILE:LINE:COLUMN: …"
StatusOr<YamlNode> ParseYaml(std::string_view text, std::string_view file);

}  // namespace slipway
