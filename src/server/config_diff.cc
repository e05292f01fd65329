#include "server/config_diff.h"

#include "base/check.h"

namespace slipway::server {
namespace {

bool Differs(const Field& field, const Config& a, const Config& b) {
  return Get(field, a).texts != Get(field, b).texts;
}

}  // namespace

ConfigDiff Diff(const Config& before, const Config& after) {
  ConfigDiff diff;
  for (const Field& field : Schema())
    if (Differs(field, before, after))
      (field.live ? diff.live : diff.needs_restart).push_back(&field);
  return diff;
}

Config WithLiveFields(Config before, const Config& after) {
  for (const Field& field : Schema()) {
    if (!field.live) continue;
    const bool same_form = Set(field, Get(field, after), before).ok();
    SLIPWAY_CHECK(same_form, "a value that was read from a configuration fits it again");
  }
  return before;
}

}  // namespace slipway::server
