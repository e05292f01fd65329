#pragma once
// Making a bundle out of a model, or out of another bundle. The same content gives the same bytes.

#include <map>
#include <string>
#include <vector>

#include "base/status.h"
#include "bundle/artifact.h"

namespace slipway::bundle {

struct PackOptions {
  std::string name;                                        // "" keeps the source's
  std::map<std::string, std::string> lineage;              // put over the source's
  std::string feature_schema;                              // a JSON object; "" keeps the source's
  std::map<std::string, std::vector<std::string>> labels;  // by output; put over the source's
  std::string examples;  // a folder of examples; "" keeps the source's
  OpenLimits limits;
};

struct Packed {
  std::string digest;       // what Open will say of it
  size_t files = 0;         // manifest.json included
  uint64_t size_bytes = 0;  // of these, together
};

/// Packs `source` (anything Open takes) into `out`: a tar when its name ends in ".slipway" or
/// ".tar", else a folder. Examples are parsed and checked against the signature. `out` appears
/// whole or not at all.
/// @return kAlreadyExists when `out` is there; kBadRequest for labels of an output that is not
/// there; what Open answers for a bad source; kDiskFull; kIo.
StatusOr<Packed> Pack(const std::string& source, const std::string& out,
                      const PackOptions& options = {});

}  // namespace slipway::bundle
