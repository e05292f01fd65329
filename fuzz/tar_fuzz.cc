// Arbitrary bytes as a tar, plain or gzip: entries with good names and whole contents, or an error.
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>

#include "io/beneath.h"
#include "io/tar.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace slipway;
  io::FileDescriptor fd(::memfd_create("tar", MFD_CLOEXEC));
  if (::write(fd.get(), data, size) != static_cast<ssize_t>(size)) return 0;
  auto file = io::File::FromDescriptor(std::move(fd), "fuzz.tar");
  if (!file.ok()) return 0;
  auto reader = io::TarReader::Open(*std::move(file), {.max_total_bytes = 64 << 20});
  if (!reader.ok()) return 0;
  while (true) {
    const auto entry = reader->Next();
    if (!entry.ok() || !*entry) return 0;
    if (!io::CheckRelativeName((*entry)->name).ok()) std::abort();
    const auto bytes = reader->ReadContent();
    if (!bytes.ok()) return 0;
    if (bytes->size() != (*entry)->size_bytes) std::abort();
  }
}
