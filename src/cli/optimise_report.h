#pragma once
// What `slipway optimise` prints.

#include <string>
#include <vector>

#include "optimise/auto.h"

namespace slipway::cli {

struct OptimiseReport {
  std::string output, digest;
  std::vector<optimise::PassReport> passes;  // of --passes
  std::vector<optimise::Trial> trials;       // before and after, or all that --auto tried
  size_t chosen = 0;                         // of trials
  std::string why;                           // of --auto
};

std::string ToText(const OptimiseReport& report);
std::string ToJson(const OptimiseReport& report);

}  // namespace slipway::cli
