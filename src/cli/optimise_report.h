#pragma once
// What `slipway optimise` prints.

#include <string>
#include <vector>

#include "optimise/auto.h"
#include "text/json_writer.h"

namespace slipway::cli {

struct OptimiseReport {
  std::string output, digest;
  std::vector<optimise::PassReport> passes;  // of --passes
  std::vector<optimise::Trial> trials;       // before and after, or all that --auto tried
  size_t chosen = 0;                         // of trials
  std::string why;                           // of --auto
};

/// A table, a line a model; the chosen one has a star.
std::string TableOf(const std::vector<optimise::Trial>& trials, size_t chosen);
/// The key "models" and an array of them.
void AppendModels(JsonWriter& json, const std::vector<optimise::Trial>& trials);

std::string ToText(const OptimiseReport& report);
std::string ToJson(const OptimiseReport& report);

}  // namespace slipway::cli
