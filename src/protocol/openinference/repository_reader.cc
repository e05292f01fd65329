#include "protocol/openinference/repository_reader.h"

#include "protocol/openinference/parameters.h"
#include "text/json_reader.h"

namespace slipway::openinference {
namespace {

/// Walks the members of the object that `json` is at; `member(key)` consumes each value.
template <typename Member>
Status ReadMembers(JsonReader& json, const Member& member) {
  RETURN_IF_ERROR(json.BeginObject());
  for (std::string_view key;;) {
    ASSIGN_OR_RETURN(const bool more, json.NextKey(&key));
    if (!more) return OkStatus();
    RETURN_IF_ERROR(member(key));
  }
}

/// An empty body, or an object of which `member(json, key)` consumes each value.
template <typename Member>
Status ReadBody(std::string_view body, const Member& member) {
  if (body.empty()) return OkStatus();
  JsonReader json(body);
  RETURN_IF_ERROR(ReadMembers(json, [&](std::string_view key) { return member(json, key); }));
  return json.End();
}

/// A body whose "parameters" are handed to `parameter(json, key)`.
template <typename Parameter>
Status ReadParameters(std::string_view body, const Parameter& parameter) {
  return ReadBody(body, [&](JsonReader& json, std::string_view key) -> Status {
    if (key != "parameters") return json.Skip();
    return ReadMembers(json, [&](std::string_view name) { return parameter(json, name); });
  });
}

}  // namespace

Status CheckLoadParameter(std::string_view name) {
  if (name != "config" && !name.starts_with("file:")) return OkStatus();
  return Error(Reason::kNotOffered,
               "parameter {}: models and their configuration come from the repository only",
               Quote(name));
}

StatusOr<bool> ReadIndexRequest(std::string_view body) {
  bool ready_only = false;
  RETURN_IF_ERROR(ReadBody(body, [&](JsonReader& json, std::string_view key) {
    return key == "ready" ? json.ReadBool(&ready_only) : json.Skip();
  }));
  return ready_only;
}

Status ReadLoadRequest(std::string_view body) {
  return ReadParameters(body, [](JsonReader& json, std::string_view name) -> Status {
    RETURN_IF_ERROR(CheckLoadParameter(name));
    return json.Skip();
  });
}

StatusOr<bool> ReadUnloadRequest(std::string_view body) {
  bool with_members = false;
  RETURN_IF_ERROR(ReadParameters(body, [&](JsonReader& json, std::string_view name) -> Status {
    return name == kUnloadDependents ? json.ReadBool(&with_members) : json.Skip();
  }));
  return with_members;
}

StatusOr<bool> ReadSettings(std::string_view body) {
  bool any = false;
  RETURN_IF_ERROR(ReadBody(body, [&](JsonReader& json, std::string_view) {
    any = true;
    return json.Skip();
  }));
  return any;
}

}  // namespace slipway::openinference
