#include "repository/version_policy.h"

#include <algorithm>
#include <limits>

namespace slipway::repository {
namespace {

Status ReadLatest(const ConfigReader& reader, const TextField& field, VersionPolicy* policy) {
  ASSIGN_OR_RETURN(const auto* fields, reader.Message(field));
  int64_t count = 1;
  const FieldRule rules[] = {{"num_versions", false, [&](const TextField& f) {
                                return reader.ReadInt(f, 1, std::numeric_limits<int32_t>::max(),
                                                      &count);
                              }}};
  RETURN_IF_ERROR(reader.ReadMessage(*fields, " in \"latest\"", rules));
  policy->latest = static_cast<int>(count);
  return OkStatus();
}

Status ReadSpecific(const ConfigReader& reader, const TextField& field, VersionPolicy* policy) {
  ASSIGN_OR_RETURN(const auto* fields, reader.Message(field));
  policy->kind = VersionPolicy::Kind::kSpecific;
  const FieldRule rules[] = {
      {"versions", true, [&](const TextField& f) -> Status {
         VersionNumber version;
         RETURN_IF_ERROR(reader.ReadInt(f, 1, std::numeric_limits<int64_t>::max(), &version.value));
         policy->specific.push_back(version);
         return OkStatus();
       }}};
  RETURN_IF_ERROR(reader.ReadMessage(*fields, " in \"specific\"", rules));
  return policy->specific.empty() ? reader.Bad(field, "expected versions") : OkStatus();
}

}  // namespace

Status ReadVersionPolicy(const ConfigReader& reader, const TextField& field,
                         VersionPolicy* policy) {
  ASSIGN_OR_RETURN(const auto* fields, reader.Message(field));
  if (fields->size() > 1) return reader.Bad(field, "expected one of latest, all, specific");
  const FieldRule rules[] = {
      {"latest", false, [&](const TextField& f) { return ReadLatest(reader, f, policy); }},
      {"all", false,
       [&](const TextField& f) -> Status {
         ASSIGN_OR_RETURN(const auto* inner, reader.Message(f));
         policy->kind = VersionPolicy::Kind::kAll;
         return reader.ReadMessage(*inner, " in \"all\"", {});
       }},
      {"specific", false, [&](const TextField& f) { return ReadSpecific(reader, f, policy); }},
  };
  return reader.ReadMessage(*fields, fmt::format(" in \"{}\"", field.name), rules);
}

std::vector<VersionNumber> VersionPolicy::Select(std::vector<VersionNumber> found) const {
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  switch (kind) {
    case Kind::kAll:
      break;
    case Kind::kLatest: {
      const size_t wanted = static_cast<size_t>(std::max(latest, 0));
      if (found.size() > wanted)
        found.erase(found.begin(), found.end() - static_cast<ptrdiff_t>(wanted));
      break;
    }
    case Kind::kSpecific:
      std::erase_if(found, [this](VersionNumber version) {
        return std::find(specific.begin(), specific.end(), version) == specific.end();
      });
  }
  return found;
}

}  // namespace slipway::repository
