#pragma once
// Making a bundle out of a model, or out of another bundle. The same content gives the same bytes.

#include <map>
#include <string>
#include <vector>

#include "base/status.h"
#include "bundle/artifact.h"
#include "bundle/manifest.h"
#include "io/file_system.h"
#include "onnx/model_bytes.h"

namespace slipway::bundle {

struct PackOptions {
  std::string name;                                        // "" keeps the source's
  std::map<std::string, std::string> lineage;              // put over the source's
  std::string feature_schema;                              // a JSON object; "" keeps the source's
  std::map<std::string, std::vector<std::string>> labels;  // by output; put over the source's
  std::string licence, intended_use;                       // "" keeps the source's
  std::string examples;  // a folder of examples; "" keeps the source's
  OpenLimits limits;
};

struct Packed {
  std::string digest;       // what Open will say of it
  size_t files = 0;         // manifest.json included
  uint64_t size_bytes = 0;  // of these, together
};

/// A model that is not a file: what training and optimising make.
struct NewModel {
  ModelBytes bytes;  // borrowed for the call
  /// What is said of it: an empty signature is the graph's (imported.h has an estimator's); files
  /// are listed by PackModel.
  Manifest manifest;
  std::vector<Example> examples = {};
};

/// Packs `source` (anything Open takes) into `out`: a tar when its name ends in ".slipway" or
/// ".tar", else a folder. Examples are parsed and checked against the signature. `out` appears
/// whole or not at all.
/// @return kAlreadyExists when `out` is there; kBadRequest for labels of an output that is not
/// there or has another number of classes, for a name that cannot be served and for the name of a
/// packed archive; what Open answers for a bad source; kDiskFull; kIo.
StatusOr<Packed> Pack(const std::string& source, const std::string& out,
                      const PackOptions& options = {},
                      io::FileSystem& system = io::FileSystem::Real());

/// Packs a model in memory; otherwise like Pack.
/// @return kBadModel when signature, examples or external data do not fit the graph.
StatusOr<Packed> PackModel(const NewModel& model, const std::string& out,
                           io::FileSystem& system = io::FileSystem::Real());

}  // namespace slipway::bundle
