#include "base/huge_pages.h"

#include <sys/mman.h>

#include <cstdint>

namespace slipway {

size_t FillHugePages(size_t size_bytes) {
  const size_t over = size_bytes % kHugePageBytes;
  return over < kHugePageBytes / 2 ? size_bytes : size_bytes - over + kHugePageBytes;
}

void* MapHugePages(size_t size_bytes) {
  void* const mapped = ::mmap(nullptr, size_bytes + kHugePageBytes, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapped == MAP_FAILED) return nullptr;
  // What lies before and behind the aligned part goes back.
  auto* const start = static_cast<std::byte*>(mapped);
  const size_t before = -reinterpret_cast<uintptr_t>(start) % kHugePageBytes;
  if (before > 0) ::munmap(start, before);
  if (before < kHugePageBytes) ::munmap(start + before + size_bytes, kHugePageBytes - before);
  ::madvise(start + before, size_bytes, MADV_HUGEPAGE);
  return start + before;
}

}  // namespace slipway
