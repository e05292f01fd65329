#pragma once
// What was found out about a bundle: measurements and reports, beside it and not in it, so that the
// bundle stays the same bytes. Each names its bundle by digest. Source: docs/formats/bundle.md

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "io/file_system.h"

namespace slipway::bundle {

struct Attestation {
  std::string kind;   // "evaluation", "parity"
  std::string path;   // of its JSON
  std::string model;  // digest of the bundle that it speaks of
  std::string page;   // path of the same as a page for people, "" when there is none

  bool operator==(const Attestation&) const = default;
};

/// "models/churn.slipway.evaluation.json" for the bundle "models/churn.slipway".
/// @param ending  "json", or "html" for a page.
std::string AttestationPath(std::string_view bundle, std::string_view kind,
                            std::string_view ending = "json");

/// "churn.slipway" of "churn.slipway.evaluation.json" and of the page beside it; "" for what no
/// attestation is called.
std::string_view AttestedBundle(std::string_view name);

/// Writes what was found out, in place of what was there.
/// @param kind    [a-z][a-z0-9-]*
/// @param report  a JSON object whose field `model` is the bundle's digest.
/// @param page    the same as HTML, written before the report; "" = none.
/// @return kBadRequest for a report or kind that is none; kDiskFull; kIo. Each file is whole or
/// not there.
Status WriteAttestation(std::string_view bundle, std::string_view kind, std::string_view report,
                        std::string_view page = "",
                        io::FileSystem& system = io::FileSystem::Real());

/// What lies beside a bundle, sorted by name; whether it speaks of this bundle or of one that was
/// there before is told by `model`. Files of that name that are no attestations are passed over.
/// @return kNotFound when the bundle's folder is none; kIo.
StatusOr<std::vector<Attestation>> FindAttestations(std::string_view bundle);

}  // namespace slipway::bundle
