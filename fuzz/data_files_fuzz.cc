// Input files of the command line. The first byte chooses the format.
#include <span>

#include "data/csv.h"
#include "data/npy.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  using namespace slipway;
  switch (data[0] % 2) {
    case 0:
      (void)data::ReadCsv(text).ok();
      break;
    case 1:
      if (const auto tensor = data::ReadNpy(std::as_bytes(std::span(text))); tensor.ok())
        if (!CheckData(*tensor).ok()) __builtin_trap();
      break;
  }
  return 0;
}
