#include "protocol/openapi/components.h"

#include "base/check.h"
#include "text/json_reader.h"

namespace slipway::openapi {
namespace {

/// Calls `member(key)`, which consumes the value, for each member of the object.
template <typename Member>
void EachMember(JsonReader& json, const Member& member) {
  SLIPWAY_CHECK(json.BeginObject().ok(), "components are objects of objects");
  for (std::string_view key;;) {
    const auto more = json.NextKey(&key);
    SLIPWAY_CHECK(more.ok(), "components are JSON");
    if (!*more) return;
    member(key);
  }
}

}  // namespace

ComponentTable::ComponentTable(std::span<const std::string_view> documents) {
  for (const std::string_view document : documents) Read(document);
}

void ComponentTable::Read(std::string_view document) {
  JsonReader json(document);
  EachMember(json, [&](std::string_view name) {
    Section& section = sections_[std::string(name)];
    EachMember(json, [&](std::string_view key) {
      const auto [at, is_new] = section.try_emplace(std::string(key));
      SLIPWAY_CHECK(is_new, "a component has a name of its own");
      SLIPWAY_CHECK(json.Skip(&at->second).ok(), "components are JSON");
    });
  });
  SLIPWAY_CHECK(json.End().ok(), "components are one object");
}

bool ComponentTable::Has(std::string_view section, std::string_view name) const {
  const auto found = sections_.find(section);
  return found != sections_.end() && found->second.contains(name);
}

}  // namespace slipway::openapi
