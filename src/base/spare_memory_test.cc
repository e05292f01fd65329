#include "base/spare_memory.h"

#include <malloc.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <memory>
#include <thread>
#include <vector>

namespace slipway {
namespace {

size_t ResidentBytes() {
  std::ifstream statm("/proc/self/statm");
  size_t all = 0, resident = 0;
  statm >> all >> resident;
  return resident * static_cast<size_t>(sysconf(_SC_PAGESIZE));
}

/// Fills and frees `bytes` in small blocks, behind one that stays.
std::unique_ptr<char[]> UseHeap(size_t bytes) {
  constexpr size_t kBlock = 4096;
  auto stays = std::make_unique<char[]>(kBlock);
  std::vector<std::unique_ptr<char[]>> blocks(bytes / kBlock);
  for (auto& block : blocks) {
    block = std::make_unique_for_overwrite<char[]>(kBlock);
    std::memset(block.get(), 1, kBlock);
  }
  return stays;
}

TEST(SpareMemoryTest, TheEndOfAThreadsHeapGoesBack) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "a sanitizer's malloc is not glibc's";
#endif
  constexpr size_t kBytes = size_t{4} << 20;
  mallopt(M_MMAP_THRESHOLD, 4 << 20);
  mallopt(M_TRIM_THRESHOLD, 8 << 20);
  size_t held = 0, returned = 0;
  std::jthread([&] {
    const auto stays = UseHeap(kBytes);
    malloc_trim(0);  // what it does is not enough
    held = ResidentBytes();
    ReturnSpareMemory();
    returned = ResidentBytes();
  }).join();
  // What glibc begins with: no other test of this process meets another malloc than before.
  mallopt(M_MMAP_THRESHOLD, 128 << 10);
  mallopt(M_TRIM_THRESHOLD, 128 << 10);
  EXPECT_GT(held, returned + kBytes / 2);
}

}  // namespace
}  // namespace slipway
