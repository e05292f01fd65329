#include "base/huge_pages.h"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <cstdint>
#include <fstream>
#include <sstream>
#include <string>

namespace slipway {
namespace {

/// The flags of the mapping that holds `address`, from /proc/self/smaps.
std::string FlagsOf(const void* address) {
  std::ifstream smaps("/proc/self/smaps");
  const auto place = reinterpret_cast<uintptr_t>(address);
  bool inside = false;
  for (std::string line; std::getline(smaps, line);) {
    uintptr_t begin = 0, end = 0;
    char dash = 0;
    std::istringstream words(line);
    if (words >> std::hex >> begin >> dash >> end && dash == '-')
      inside = begin <= place && place < end;
    else if (inside && line.starts_with("VmFlags:"))
      return line + " ";
  }
  return "";
}

TEST(HugePages, AreFilledUpFromHalfOn) {
  EXPECT_EQ(FillHugePages(kHugePageBytes / 2 - 4096), kHugePageBytes / 2 - 4096);
  EXPECT_EQ(FillHugePages(kHugePageBytes / 2), kHugePageBytes);
  EXPECT_EQ(FillHugePages(kHugePageBytes), kHugePageBytes);
  EXPECT_EQ(FillHugePages(kHugePageBytes + 4096), kHugePageBytes + 4096);
  EXPECT_EQ(FillHugePages(3 * kHugePageBytes - 4096), 3 * kHugePageBytes);
}

TEST(HugePages, BeginAtOneAndAreAskedFor) {
  for (const size_t size : {size_t{4096}, kHugePageBytes, 3 * kHugePageBytes + 4096}) {
    auto* const bytes = static_cast<unsigned char*>(MapHugePages(size));
    ASSERT_NE(bytes, nullptr);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(bytes) % kHugePageBytes, 0u);
    EXPECT_NE(FlagsOf(bytes).find(" hg "), std::string::npos) << FlagsOf(bytes);
    EXPECT_EQ(bytes[0] + bytes[size - 1], 0);
    bytes[0] = bytes[size - 1] = 1;
    EXPECT_EQ(::munmap(bytes, size), 0);
  }
}

TEST(HugePages, WhatTheSystemDoesNotHaveIsNull) {
  EXPECT_EQ(MapHugePages(size_t{1} << 60), nullptr);
}

}  // namespace
}  // namespace slipway
