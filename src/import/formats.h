#pragma once
// Which format a file has, by its name and its first bytes.

#include <cstddef>
#include <span>
#include <string_view>

namespace slipway::importing {

enum class Format {
  kNone,
  kPickle,  // joblib too, packed or not
  kSkops,
  kXgboostJson,
  kXgboostUbjson,
  kXgboostBinary,
  kLightgbmText,
  kCatboost,
  kCatboostJson,
};

/// @param name   the file's; decides only where bytes do not (pickles of protocol 0 and 1,
/// XGBoost's
///               oldest files).
/// @param bytes  the file, or its first 4 KiB.
Format FormatOf(std::string_view name, std::span<const std::byte> bytes);

/// What Booster.save_model of XGBoost or LightGBM writes.
bool IsBoosterFile(Format format);

/// Files that are models wherever they lie, and never archives: ".pkl", ".joblib.gz", ".ubj", …
bool HasModelEnding(std::string_view name);

/// Files that are the model of the folder they lie in, by the names that other servers gave them:
/// "model.json", "xgboost.json", "model.txt", ….
bool IsModelOfFolder(std::string_view name);

}  // namespace slipway::importing
