#pragma once
// A model as it lies on disk (a plain .onnx file with its external data, a bundle folder, a
// bundle tar, or a file of another framework), opened once, beneath an allowed root, read by us,
// and named by its digest.

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

namespace slipway::io {
class DigestMemory;
}

namespace slipway::bundle {

/// Allowed difference of an output from its golden value: |a − b| ≤ absolute + relative · |b|.
/// Integers, BOOL and BYTES are compared exactly.
struct Tolerance {
  double absolute = 0;
  double relative = 0;
};

/// Golden inputs and outputs, with where they came from.
struct Example {
  std::string name;
  std::string origin;  // framework that computed the outputs, "scikit-learn", or "self"
  std::string framework_version;
  std::vector<NamedTensor> inputs;
  std::vector<NamedTensor> outputs;
  std::vector<Tolerance> tolerances;  // one an output
};

struct Manifest;

/// Threads: const methods from any thread.
class Artifact {
 public:
  virtual ~Artifact() = default;

  /// "sha256:<64 hex>": of the bundle's content (docs/formats/bundle.md), or, for a plain file, of
  /// the model and its external data in the same construction. Of an imported model: of the ONNX
  /// that it became.
  virtual const std::string& digest() const = 0;
  virtual const onnx::ModelInfo& info() const = 0;
  /// info().signature, with the bundle's labels merged in.
  virtual const Signature& signature() const = 0;
  /// Valid while the artifact lives.
  virtual const ModelBytes& bytes() const = 0;
  virtual bool is_bundle() const = 0;
  virtual size_t size_bytes() const = 0;

  /// nullptr for a plain ONNX file; of an imported model, what a bundle of it would say. Valid
  /// while the artifact lives.
  virtual const Manifest* manifest() const { return nullptr; }

  /// The first `limit` examples in the order of their names, read and checked against the
  /// signature; none for a plain file. kBadModel also when a file is not what it was when the
  /// artifact was opened.
  virtual StatusOr<std::vector<Example>> Examples(size_t limit) const = 0;
};

struct OpenLimits {
  /// Of all files together; what a machine can spare for the time of a load. Checked before
  /// reading.
  uint64_t max_total_bytes = uint64_t{16} << 30;
  /// Files of folders that it knows are not hashed again; null: all are. Outlives the artifact.
  io::DigestMemory* digests = nullptr;
};

/// An answer as Booster.predict of XGBoost and LightGBM gives it.
inline constexpr std::string_view kBoosterAnswer = "Booster.predict";

/// Opens `path` (links allowed; it must resolve beneath `root`, "" = no root): an ONNX file or
/// a folder with a model.onnx, a bundle folder or a bundle tar, or a file of another framework,
/// which is imported (import/import.h); recognised by content. What lies
/// inside is opened beneath the model's own folder (openat2 RESOLVE_BENEATH, regular files only),
/// read into memory, hashed, and never opened again by path.
/// @param answer  what is given to who asks for no output, whatever the files say: the first of
///   "OUTPUT,OUTPUT" that the model has, or kBoosterAnswer; "" = as the files say.
/// @return kNotFound when nothing is at the path; kBadModel naming file and rule; kUnsupported;
/// kTooLarge; kIo.
StatusOr<std::unique_ptr<Artifact>> Open(const std::string& path, const std::string& root = "",
                                         const OpenLimits& limits = {},
                                         const std::string& answer = "");

/// Outputs agree within each one's tolerance (labels and integers exactly, NaN equals NaN); got[i]
/// answers expected[i]. @return kBadModel naming output, element, expected, got, tolerance.
Status Compare(const std::vector<NamedTensor>& expected, const std::vector<Tensor>& got,
               const std::vector<Tolerance>& tolerances);

}  // namespace slipway::bundle
