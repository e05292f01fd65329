#pragma once
#include <memory>
#include <span>

#include "base/status.h"
#include "import/pickle/reader.h"

namespace slipway::skops {

/// Reads a .skops file: the same values that a pickle of the same object holds. Offsets of globals
/// and values are those in schema.json.
/// @param bytes  must outlive the document, whose texts and arrays lie in them.
/// @return kBadModel naming the byte of schema.json or the member of the archive, expected and got,
/// or
///   the global that is not allowed; kUnsupported for other zip archives, loaders that are not
///   known and newer protocols; kTooLarge over a budget.
/// Threads: any. Calls nothing, opens nothing. Cost: linear in the unpacked bytes.
StatusOr<std::unique_ptr<const pickle::Document>> Read(std::span<const std::byte> bytes,
                                                       const pickle::ReadOptions& options = {});

}  // namespace slipway::skops
