#pragma once
// Trees grown so far, as bytes: what a training goes on from. Everything else follows from data,
// parameters and seed, which a fingerprint ties them to.
//
// Layout, little-endian: "SLTREES1", fingerprint u64, trees u32; a tree: nodes u32, sets u32,
// leaves u32 (numbers, not leaves of a width); a node: feature u32, set i32, left i32, right i32,
// gain f32, bin u8, missing_left u8; sets of 32 bytes; leaves f64.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "train/estimator.h"
#include "train/trees/tree.h"

namespace slipway::train::trees {

/// Of all that decides which trees are grown; threads do not.
/// @param validation  may be null.
uint64_t FingerprintOf(const EstimatorKind& kind, const Parameters& parameters, uint64_t seed,
                       const Samples& samples, const Samples* validation);

std::string WriteCheckpoint(uint64_t fingerprint, std::span<const BinTree> trees);

/// @param width  numbers in a leaf.
/// @return kPreconditionFailed when the fingerprint differs; kBadRequest naming the tree and what
/// is
///   wrong with it. What is returned can be walked and exported.
StatusOr<std::vector<BinTree>> ReadCheckpoint(std::string_view state, uint64_t fingerprint,
                                              std::span<const FeatureBins> bins, size_t width);

/// Saves the trees when the watch wants that. @param watch  may be null.
Status SaveIfWanted(Watch* watch, uint64_t fingerprint, std::span<const BinTree> trees);

}  // namespace slipway::train::trees
