#include "base/resident_code.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>
#include <string_view>

namespace slipway {
namespace {

/// KiB that are resident of the mappings of this access, "r-xp", from /proc/self/smaps.
int Resident(std::string_view access) {
  std::ifstream smaps("/proc/self/smaps");
  bool counts = false;
  int sum = 0;
  for (std::string line; std::getline(smaps, line);) {
    std::istringstream words(line);
    std::string first, second;
    words >> first >> second;
    if (first.find('-') != std::string::npos) counts = second == access;
    if (counts && first == "Rss:") sum += std::stoi(second);
  }
  return sum;
}

TEST(ResidentCode, IsLessAfterwardsAndComesBackWhenItIsRun) {
  std::ostringstream() << 1.5;  // its code
  const int code = Resident("r-xp"), constants = Resident("r--p");
  ReleaseCode();
  EXPECT_LT(Resident("r-xp"), code);
  EXPECT_LT(Resident("r--p"), constants);  // symbols, which the dynamic linker read
  std::ostringstream text;
  text << 1.5 << std::hex << 255;
  EXPECT_EQ(text.str(), "1.5ff");
}

}  // namespace
}  // namespace slipway
