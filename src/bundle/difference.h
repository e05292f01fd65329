#pragma once
// What differs between two models, part by part.

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "bundle/artifact.h"

namespace slipway::bundle {

struct Difference {
  std::string_view part;  // "input", "output", "labels", "feature", "schema", "node", "attribute",
                          // "weight", "operator set", "function", "lineage", "name", "licence",
                          // "intended use", "example", "file"
  std::string name;       // of the input, node, …; "" where there is one only
  std::string a, b;       // what each says; "" where it has none

  bool operator==(const Difference&) const = default;
};

/// In the order of the parts, then of names. None when the digests are the same, and only then:
/// what no part tells (a producer's name, a manifest's layout) is told as files that differ.
/// @return kBadModel as onnx/graph_facts.h; what Artifact::Examples answers.
StatusOr<std::vector<Difference>> Differences(const Artifact& a, const Artifact& b);

}  // namespace slipway::bundle
