#include "import/import.h"

#include <new>

#include "import/booster_answer.h"
#include "import/catboost/catboost.h"
#include "import/lightgbm/lightgbm.h"
#include "import/pickle/reader.h"
#include "import/sklearn/sklearn.h"
#include "import/skops/reader.h"
#include "import/xgboost/xgboost.h"

namespace slipway::importing {
namespace {

StatusOr<Imported> ImportPickle(std::span<const std::byte> bytes, const Limits& limits) {
  pickle::ReadOptions options{.max_values = limits.max_objects,
                              .max_bytes = limits.max_unpacked_bytes};
  const auto document = pickle::Read(bytes, options);
  if (document.ok()) return ImportScikitLearn(**document, limits);
  // Of a file that cannot be read to its end, a global that it must not name is told first.
  options.allowed = AllowedInScikitLearn;
  return pickle::Read(bytes, options).status();
}

StatusOr<Imported> ImportSkops(std::span<const std::byte> bytes, const Limits& limits) {
  ASSIGN_OR_RETURN(const auto document,
                   skops::Read(bytes, {.max_values = limits.max_objects,
                                       .max_bytes = limits.max_unpacked_bytes}));
  return ImportScikitLearn(*document, limits);
}

StatusOr<Imported> ImportAs(Format format, std::span<const std::byte> bytes, const Limits& limits,
                            bool booster) {
  switch (format) {
    case Format::kPickle:
      return ImportPickle(bytes, limits);
    case Format::kXgboostJson:
    case Format::kXgboostUbjson:
    case Format::kXgboostBinary:
      return ImportXgboost(bytes, limits, {.best_rounds = !booster});
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

}  // namespace

size_t Limits::AllowanceFor(size_t unpacked_bytes) const {
  if (free_bytes >= max_model_bytes) return max_model_bytes;
  const size_t room = max_model_bytes - free_bytes;
  if (bytes_per_byte != 0 && unpacked_bytes > room / bytes_per_byte) return max_model_bytes;
  return free_bytes + bytes_per_byte * unpacked_bytes;
}

StatusOr<Imported> Import(Format format, std::span<const std::byte> bytes, const Limits& limits,
                          bool booster) {
  if (bytes.size() > limits.max_file_bytes)
    return Error(Reason::kTooLarge, "expected a file of at most {} bytes, got {}",
                 limits.max_file_bytes, bytes.size());
  try {
    auto imported = ImportAs(format, bytes, limits, booster);
    if (imported.ok() && booster) RETURN_IF_ERROR(AnswerAsBooster(*imported));
    return imported;
  } catch (const std::bad_alloc&) {
    return Error(Reason::kTooLarge, "a file of {} bytes takes more memory to read than there is",
                 bytes.size());
  }
}

}  // namespace slipway::importing
