#pragma once
// What is known of a model besides its bytes, put onto its signature; internal.

#include <string>

#include "bundle/manifest.h"
#include "import/import.h"
#include "tensor/signature.h"

namespace slipway::bundle {

/// What a bundle of an imported model would say. Frameworks take every table of numbers, and answer
/// with labels to who does not ask for more: so does the signature.
/// @param actual  as the ONNX that it became says.
Manifest ManifestOf(const importing::Imported& imported, const Signature& actual,
                    const std::string& source_sha256);

/// Labels, columns, and what a model takes and gives beyond its graph: from `manifest` into the
/// signature that the model itself states.
void ApplyManifest(const Manifest& manifest, Signature& signature);

}  // namespace slipway::bundle
