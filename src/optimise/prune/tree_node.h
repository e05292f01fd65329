#pragma once
// The lists of a TreeEnsemble of ai.onnx.ml 5, and the node with some of its splits and leaves.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "optimise/graph.h"
#include "tensor/tensor.h"

namespace slipway::optimise {

inline constexpr std::string_view kMlDomain = "ai.onnx.ml";

/// The element of an attribute of a tree ensemble as bytes: what is equal there answers the same.
std::string BytesAt(const Tensor& tensor, size_t i);

/// Those elements of an attribute of numbers that are kept; one of another length stays as it is.
void KeepElements(AttributeProto& attribute, const std::vector<bool>& kept);

/// Source: ONNX operator documents, ai.onnx.ml TreeEnsemble.
struct TreeNode {
  std::vector<uint8_t> modes;                    // one a split
  std::vector<int64_t> children[2], is_leaf[2];  // on true, on false
  std::vector<int64_t> targets;                  // one a leaf
  Tensor weights;                                // one a leaf
  std::vector<int64_t> roots;                    // splits

  /// nullopt for other nodes, and when lists do not fit together.
  static std::optional<TreeNode> Read(const NodeProto& node);
  /// Gives `node`, which was read, what the roots reach; order stays.
  void Write(NodeProto& node) const;
  /// The leaves of each root's tree; nullopt when trees share splits or leaves.
  std::optional<std::vector<std::vector<size_t>>> LeavesOfTrees() const;

 private:
  bool Fits() const;
  void MarkReached(std::vector<bool>& splits, std::vector<bool>& leaves) const;
  void KeepMembers(AttributeProto& attribute, const std::vector<bool>& kept) const;
};

}  // namespace slipway::optimise
