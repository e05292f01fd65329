#pragma once
// What is known of a model besides its bytes, put onto its signature.

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "bundle/folder_model.h"
#include "bundle/manifest.h"
#include "import/import.h"
#include "tensor/signature.h"

namespace slipway::bundle {

/// What a bundle of an estimator's model states. Frameworks take every table of numbers, and answer
/// with the first output to who does not ask for more: so does the signature.
/// @param actual  as the ONNX says.
/// @param labels  by output: names of the classes.
Signature EstimatorSignature(const Signature& actual,
                             const std::map<std::string, std::vector<std::string>>& labels);

/// What a bundle of an imported model would say.
/// @param actual  as the ONNX that it became says.
Manifest ManifestOf(const importing::Imported& imported, const Signature& actual,
                    const std::string& source_sha256);

/// What another server's file says of the model whose manifest it is: columns, the output that is
/// given unless asked for others, lineage.
/// @return kBadModel when the model has other columns or no such output.
Status ApplyFolderModel(const FolderModel& said, Manifest& manifest);

/// Of `outputs`, "NAME" or "NAME,NAME", the first that the model has is given unless others are
/// asked for; "" changes nothing. @return kBadModel when it has none of them.
Status ChooseAnswer(std::string_view outputs, Signature& signature);

/// Labels, columns, and what a model takes and gives beyond its graph: from `manifest` into the
/// signature that the model itself states.
void ApplyManifest(const Manifest& manifest, Signature& signature);

}  // namespace slipway::bundle
