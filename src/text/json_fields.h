#pragma once
// Reading stored JSON objects: unknown fields are passed over, known ones may occur once.

#include <set>
#include <string>
#include <string_view>

#include "base/status.h"
#include "text/json_reader.h"

namespace slipway {

/// Reads one object. `field(key)` returns a StatusOr<bool>: true when it knew the key and consumed
/// the value, false when it did neither; the value is then checked as JSON and dropped.
template <typename Field>
Status ReadObject(JsonReader& reader, Field&& field) {
  RETURN_IF_ERROR(reader.BeginObject());
  std::set<std::string, std::less<>> seen;
  for (std::string_view text;;) {
    ASSIGN_OR_RETURN(const bool more, reader.NextKey(&text));
    if (!more) return OkStatus();
    const std::string key(text);
    ASSIGN_OR_RETURN(const bool known, field(key));
    if (!known) {
      RETURN_IF_ERROR(reader.Skip());
    } else if (!seen.insert(key).second) {
      return Error(Reason::kBadRequest, "field \"{}\" occurs twice", key);
    }
  }
}

/// Reads one array; `element()` consumes one value. At most `limit` of them.
template <typename Element>
Status ReadArray(JsonReader& reader, size_t limit, Element&& element) {
  RETURN_IF_ERROR(reader.BeginArray());
  for (size_t count = 0;; ++count) {
    ASSIGN_OR_RETURN(const bool more, reader.NextElement());
    if (!more) return OkStatus();
    if (count == limit) return Error(Reason::kBadRequest, "expected at most {} elements", limit);
    RETURN_IF_ERROR(element());
  }
}

/// True with `status` OK, else `status`: what a `field` returns after consuming a value.
inline StatusOr<bool> Consumed(Status status) {
  if (!status.ok()) return status;
  return true;
}

}  // namespace slipway
