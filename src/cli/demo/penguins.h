#pragma once
#include <string_view>

namespace slipway::cli {

/// examples/data/penguins.csv
std::string_view PenguinRows();

}  // namespace slipway::cli
