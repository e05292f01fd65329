#include "import/import.h"

#include "import/catboost/catboost.h"
#include "import/lightgbm/lightgbm.h"
#include "import/pickle/reader.h"
#include "import/sklearn/sklearn.h"
#include "import/skops/reader.h"
#include "import/xgboost/xgboost.h"

namespace slipway::importing {
namespace {

StatusOr<Imported> ImportPickle(std::span<const std::byte> bytes, const Limits& limits) {
  ASSIGN_OR_RETURN(const auto document,
                   pickle::Read(bytes, {.max_values = limits.max_objects,
                                        .max_bytes = limits.max_unpacked_bytes}));
  return ImportScikitLearn(*document);
}

StatusOr<Imported> ImportSkops(std::span<const std::byte> bytes, const Limits& limits) {
  ASSIGN_OR_RETURN(const auto document,
                   skops::Read(bytes, {.max_values = limits.max_objects,
                                       .max_bytes = limits.max_unpacked_bytes}));
  return ImportScikitLearn(*document);
}

}  // namespace

StatusOr<Imported> Import(Format format, std::span<const std::byte> bytes, const Limits& limits) {
  if (bytes.size() > limits.max_file_bytes)
    return Error(Reason::kTooLarge, "expected a file of at most {} bytes, got {}",
                 limits.max_file_bytes, bytes.size());
  switch (format) {
    case Format::kPickle:
      return ImportPickle(bytes, limits);
    case Format::kXgboostJson:
    case Format::kXgboostUbjson:
    case Format::kXgboostBinary:
      return ImportXgboost(bytes, limits);
    case Format::kLightgbmText:
      return ImportLightgbm({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, limits);
    case Format::kSkops:
      return ImportSkops(bytes, limits);
    case Format::kCatboost:
    case Format::kCatboostJson:
      return ImportCatboost(bytes, limits);
    case Format::kNone:
      break;
  }
  return Error(Reason::kUnsupported, "a file of this format is not read");
}

}  // namespace slipway::importing
