#pragma once
// schema.json in memory, with the place of every value.

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "import/pickle/node.h"
#include "text/json_reader.h"

namespace slipway::skops {

struct Json {
  JsonType type = JsonType::kNull;
  size_t offset = 0;                   // in schema.json
  std::string_view text;               // kString: what it says; kNumber: as it stands
  std::vector<std::string_view> keys;  // kObject
  std::vector<Json> values;            // kArray, and of kObject by key

  /// The member `key` of an object, the first where it is there twice; null when there is none.
  const Json* Find(std::string_view key) const;
};

/// "a string", as messages say.
std::string_view NameOf(JsonType type);

/// Deeper nesting than Python's own writer can produce is refused, so what reads this may recurse.
inline constexpr int kMaxSchemaDepth = 400;

/// @param text    must outlive what is returned.
/// @param owned   takes texts that have escapes; must outlive what is returned.
/// @return kBadModel naming the byte; kTooLarge over the budget of `heap`.
StatusOr<Json> ReadSchema(std::string_view text, pickle::Heap& heap,
                          std::deque<std::string>& owned);

}  // namespace slipway::skops
