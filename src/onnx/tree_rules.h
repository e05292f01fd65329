#pragma once
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace slipway::onnx {

struct RuleNames {
  std::vector<std::string> features;  // of the columns; "x[3]" where there is no name
  std::vector<std::string> classes;   // of the outputs; "output 1" where there is no name
};

/// The tree ensembles of a model (of ai.onnx.ml 1 to 5) as if-else rules a person can read:
///   tree 1 of 20
///   if petal length (cm) <= 2.45:
///     setosa 1, versicolor 0, virginica 0
///   else (or missing):
///     …
///   the sum of the trees is divided by 20
/// Leaves that are rows of a table (import/trees.h) show the row. Numbers have as many digits as
/// tell them from their neighbours in the type that is compared.
/// @param write  gets the text in pieces of some KiB; its error ends the walk.
/// @return kUnsupported when the model has none, or a tree deeper than 1,000; kBadModel naming tree
/// and rule when one is broken. Cost: linear in the trees.
Status WriteTreeRules(std::span<const std::byte> model, const RuleNames& names,
                      const std::function<Status(std::string_view)>& write);

}  // namespace slipway::onnx
