#include "import/import.h"

#include "import/xgboost/xgboost.h"

namespace slipway::importing {

StatusOr<Imported> Import(Format format, std::span<const std::byte> bytes, const Limits& limits) {
  if (bytes.size() > limits.max_file_bytes)
    return Error(Reason::kTooLarge, "expected a file of at most {} bytes, got {}",
                 limits.max_file_bytes, bytes.size());
  switch (format) {
    case Format::kXgboostJson:
    case Format::kXgboostUbjson:
    case Format::kXgboostBinary:
      return ImportXgboost(bytes, limits);
    case Format::kPickle:
    case Format::kSkops:
    case Format::kLightgbmText:
    case Format::kCatboost:
    case Format::kCatboostJson:
    case Format::kNone:
      break;
  }
  return Error(Reason::kUnsupported, "a file of this format is not read");
}

}  // namespace slipway::importing
