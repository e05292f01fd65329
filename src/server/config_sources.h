#pragma once
// Where settings come from, before they are applied: the file, the environment, the flags.

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "server/config_schema.h"

namespace slipway::server {

enum class Source { kDefault, kFile, kEnvironment, kFlag };  // a later one wins

/// One value for one field, as written somewhere.
struct Setting {
  const Field* field;
  WrittenValue value;
  Source source;
  std::string where;  // "slipway.yaml:3:13", "SLIPWAY_MAX_BODY", "--max-body"
};

/// What a source says, and what is wrong with it: one line each, naming the place.
struct Settings {
  std::vector<Setting> values;
  std::vector<std::string> problems;
};

using Environment = std::map<std::string, std::string, std::less<>>;

/// The process's own environment.
Environment ReadProcessEnvironment();
/// "" where it is not set.
std::string LookUp(const Environment& environment, std::string_view name);

/// Reads a configuration file: unknown, duplicate and mistyped keys, anchors, aliases, tags, depth
/// over 8 and more than 10,000 values are problems `FILE:LINE:COLUMN: …` with what was expected and
/// the nearest right word. An empty file says nothing.
/// @param text  at most kMaxConfigBytes
/// @param file  name for the messages
Settings ReadYaml(std::string_view text, std::string_view file);
inline constexpr size_t kMaxConfigBytes = size_t{256} << 10;

/// Variables SLIPWAY_…: lists are separated by commas, an unknown name is a problem with the
/// nearest right one. SLIPWAY_CONFIG (the file), SLIPWAY_AS (whose command line `serve` takes) and
/// SLIPWAY_TEST_… (the tests' own) are nobody's field.
Settings ReadEnvironment(const Environment& environment);

/// What Vertex AI says to its containers, when AIP_MODE is PREDICTION: the port, which is reachable
/// from outside, and the routes. Without it this says nothing.
Settings ReadVertexEnvironment(const Environment& environment);

/// What SageMaker says to containers of several models, SAGEMAKER_MULTI_MODEL=true: their /models.
Settings ReadSagemakerEnvironment(const Environment& environment);

}  // namespace slipway::server
