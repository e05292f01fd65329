#include "base/spare_memory.h"

#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdlib>

namespace slipway {
namespace {

/// The pages that lie in a block wholly.
void ReturnPagesOf(void* block, size_t size_bytes) {
  const auto page = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
  const auto start = reinterpret_cast<uintptr_t>(block);
  const uintptr_t begin = (start + page - 1) / page * page;
  const uintptr_t end = (start + size_bytes) / page * page;
  if (begin < end) madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
}

}  // namespace

void ReturnSpareMemory() {
  malloc_trim(0);
  // What is left at the end of a heap, up to its threshold for trimming, is got hold of as blocks.
  constexpr size_t kBlockBytes = size_t{3} << 20;  // below any threshold for blocks apart of ours
  std::array<void*, 4> blocks;
  for (void*& block : blocks) block = std::malloc(kBlockBytes);
  for (auto block = blocks.rbegin(); block != blocks.rend(); ++block) {
    if (*block != nullptr) ReturnPagesOf(*block, kBlockBytes);
    std::free(*block);
  }
}

}  // namespace slipway
