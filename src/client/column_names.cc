#include "client/column_names.h"

#include "text/json_reader.h"

namespace slipway::client {
namespace {

constexpr size_t kMostNames = size_t{1} << 20;

Status ReadNames(JsonReader& json, std::vector<std::string>& names) {
  RETURN_IF_ERROR(json.BeginArray());
  for (;;) {
    ASSIGN_OR_RETURN(const bool more, json.NextElement());
    if (!more) return json.End();
    if (names.size() == kMostNames) return json.Refuse("too many names");
    RETURN_IF_ERROR(json.ReadString(&names.emplace_back()));
  }
}

}  // namespace

std::vector<std::string> ReadColumnNames(std::string_view text) {
  std::vector<std::string> names;
  JsonReader json(text);
  if (!ReadNames(json, names).ok()) names.clear();
  return names;
}

}  // namespace slipway::client
