#pragma once
// From the sources to one checked configuration. Precedence: flag > environment > another server's
// command line > what platforms say in the environment > file > default; a list of a higher source
// replaces the lower one's whole.

#include <string>
#include <vector>

#include "base/status.h"
#include "server/config.h"
#include "server/config_sources.h"

namespace slipway::server {

struct ConfigSources {
  std::string file;  // --config; "" = SLIPWAY_CONFIG, and when that is not set either, no file
  Environment environment;
  std::vector<Setting> personality;  // what another server's command line says (`serve --as`)
  std::vector<Setting> flags;
  bool is_root = false;  // decides where data lies by default
};

struct Origin {
  Source source = Source::kDefault;
  std::string where = "default";
};

struct EffectiveConfig {
  Config config;
  std::vector<Origin> origins;  // parallel to Schema()
};

/// Reads, applies and checks. kBadRequest with one line for each problem (the first 20): unknown
/// words, wrong types, and combinations that must not start, each naming where the value came from.
StatusOr<EffectiveConfig> LoadConfig(const ConfigSources& sources);

/// One line: where the value of the field came from, and what is wrong with it.
std::string Problem(const Origin& origin, std::string_view path, std::string_view what);

/// Checks what one field alone cannot, and normalises addresses: called by LoadConfig.
/// @return one line for each problem
std::vector<std::string> CheckConfig(EffectiveConfig& effective);

/// The configuration as a YAML file that reads back as the same, each line with where its value
/// came from.
std::string ToAnnotatedYaml(const EffectiveConfig& effective);

}  // namespace slipway::server
