#pragma once
// What a command found out about a bundle, written beside it. Source: docs/formats/bundle.md

#include <string>
#include <string_view>

#include "base/status.h"
#include "evaluate/report.h"

namespace slipway::cli {

/// Writes {"model": digest, "report": …} as what was attested of the bundle.
/// @param bundle  its path.
/// @param kind    "training", "optimisation".
/// @param report  a JSON object: what the command prints for machines.
/// @return what bundle::WriteAttestation says.
Status Attest(const std::string& bundle, std::string_view kind, std::string_view digest,
              std::string_view report, std::string_view page = "");

/// The same of an evaluation, with its page, and of the gate that decided by it, where one did.
/// @param report  of the bundle; names its digest here.
Status AttestEvaluation(const std::string& bundle, const std::string& digest,
                        evaluate::Report report);

}  // namespace slipway::cli
