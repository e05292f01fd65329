#pragma once
// A model as it lies on disk (a plain .onnx file with its external data, a bundle folder, or a bundle
// tar), opened once, beneath an allowed root, read or mapped by us, and named by its digest.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "onnx/model_bytes.h"
#include "onnx/model_info.h"
#include "tensor/signature.h"
#include "tensor/tensor.h"

namespace slipway::bundle {

/// Allowed difference of an output from its golden value: |a − b| ≤ absolute + relative · |b|.
struct Tolerance {
  double absolute = 0;
  double relative = 0;
};

/// Golden inputs and outputs, with where they came from.
struct Example {
  std::string name;
  std::string origin;             // framework that computed the outputs, "scikit-learn", or "self"
  std::string framework_version;
  std::vector<NamedTensor> inputs;
  std::vector<NamedTensor> outputs;
  std::vector<Tolerance> tolerances;  // one an output
};

class Artifact {
 public:
  virtual ~Artifact() = default;

  /// "sha256:<64 hex>": of the bundle's content (docs/formats/bundle.md), or, for a plain file, of the
  /// model and its external data in the same construction.
  virtual const std::string& digest() const = 0;
  virtual const onnx::ModelInfo& info() const = 0;
  /// info().signature, with the bundle's labels merged in.
  virtual const Signature& signature() const = 0;
  /// Valid while the artifact lives.
  virtual const ModelBytes& bytes() const = 0;
  virtual bool is_bundle() const = 0;
  virtual size_t size_bytes() const = 0;

  /// At most `limit` examples, read and checked against the signature; empty for a plain file.
  virtual StatusOr<std::vector<Example>> Examples(size_t limit) const = 0;
};

/// Opens `path` (links allowed; it must resolve beneath `root`, "" = no root). Everything inside is opened
/// beneath the model's own folder (openat2 RESOLVE_BENEATH, regular files only).
/// @return kNotFound, kBadModel naming file and rule, kIo.
StatusOr<std::unique_ptr<Artifact>> Open(const std::string& path, const std::string& root = "");

/// Outputs agree within each one's tolerance (labels and integers exactly, NaN equals NaN); the error
/// names output, element, expected, got, tolerance.
Status Compare(const std::vector<NamedTensor>& expected, const std::vector<Tensor>& got,
               const std::vector<Tolerance>& tolerances);

}  // namespace slipway::bundle
