#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace slipway::repository {

/// One line of a Java properties file.
struct Property {
  int line = 0;  // from 1
  std::string name;
  std::string value;       // "" where there is none
  bool continues = false;  // on the next line, which is not read
};

/// Lines "name=value" or "name:value"; comments ('#', '!') and empty ones are passed over. Escapes
/// are left as they are. Cost: linear.
std::vector<Property> ParseProperties(std::string_view text);

/// "a, b" → a and b, trimmed, without empty ones.
std::vector<std::string> SplitAtCommas(std::string_view text);

}  // namespace slipway::repository
