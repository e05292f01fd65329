#include "base/huge_heap.h"

#include <malloc.h>

#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <sstream>

namespace slipway {
namespace {

/// "rd wr mr mw me ac hg": what the kernel says of the mapping that holds `address`.
std::string FlagsOf(const void* address) {
  std::ifstream maps("/proc/self/smaps");
  bool inside = false;
  for (std::string line; std::getline(maps, line);) {
    uintptr_t begin = 0, end = 0;
    char dash = 0;
    std::istringstream range(line);
    if (range >> std::hex >> begin >> dash >> end && dash == '-') {
      const auto at = reinterpret_cast<uintptr_t>(address);
      inside = at >= begin && at < end;
    } else if (inside && line.starts_with("VmFlags:")) {
      return line + " ";
    }
  }
  return "";
}

using Block = std::unique_ptr<void, decltype(&std::free)>;
constexpr size_t kBlockBytes = size_t{1} << 20;
Block Allocate() { return {std::malloc(kBlockBytes), &std::free}; }
const void* MiddleOf(const Block& block) {
  return static_cast<const char*>(block.get()) + kBlockBytes / 2;
}

class HugeHeapTest : public ::testing::Test {
 protected:
  void SetUp() override {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    GTEST_SKIP() << "a sanitizer's malloc is not glibc's";
#endif
    if (!std::ifstream("/sys/kernel/mm/transparent_hugepage/enabled"))
      GTEST_SKIP() << "this kernel has no huge pages to give";
    mallopt(M_MMAP_THRESHOLD, 32 << 20);
    mallopt(M_TRIM_THRESHOLD, 8 << 20);
  }
  // What glibc begins with: no other test of this process meets another malloc than before.
  void TearDown() override {
    mallopt(M_MMAP_THRESHOLD, 128 << 10);
    mallopt(M_TRIM_THRESHOLD, 128 << 10);
  }
};

TEST_F(HugeHeapTest, WhatIsAllocatedMeanwhileMayLieInHugePages) {
  const HugeHeap heap(size_t{6} << 20);
  const Block block = Allocate();
  EXPECT_THAT(FlagsOf(MiddleOf(block)), ::testing::HasSubstr(" hg "));
}

TEST_F(HugeHeapTest, TheAdviceEndsWithIt) {
  Block block(nullptr, &std::free);
  {
    const HugeHeap heap(size_t{6} << 20);
    block = Allocate();
  }
  EXPECT_THAT(FlagsOf(MiddleOf(block)), ::testing::HasSubstr(" nh "));
}

}  // namespace
}  // namespace slipway
