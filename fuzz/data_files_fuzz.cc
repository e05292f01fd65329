// Files of data. The first byte chooses the reader.
#include <span>
#include <string>

#include "data/cleaning.h"
#include "data/csv.h"
#include "data/npy.h"
#include "data_table.h"

using namespace slipway;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 4) {
    case 0:
      (void)data::ReadCsv(text).ok();
      break;
    case 1:
      if (const auto tensor = data::ReadNpy(std::as_bytes(std::span(text))); tensor.ok())
        if (!CheckData(*tensor).ok()) __builtin_trap();
      break;
    case 2:
      fuzz::ReadTables(text);
      (void)data::ReadTable(fuzz::Path(), {.skip_bad_rows = true, .max_rows = 2}).ok();
      break;
    case 3:
      (void)data::ParseCleaningStep(text).ok();
      if (const auto schema = data::ParseFeatureSchema(text); schema.ok())
        if (!(data::ParseFeatureSchema(data::RenderFeatureSchema(*schema)) == schema))
          __builtin_trap();
      break;
  }
  return 0;
}
