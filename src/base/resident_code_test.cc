#include "base/resident_code.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>

namespace slipway {
namespace {

/// KiB of code that are resident, from /proc/self/smaps.
int ResidentCode() {
  std::ifstream smaps("/proc/self/smaps");
  bool is_code = false;
  int sum = 0;
  for (std::string line; std::getline(smaps, line);) {
    std::istringstream words(line);
    std::string first, second;
    words >> first >> second;
    if (first.find('-') != std::string::npos) is_code = second == "r-xp";
    if (is_code && first == "Rss:") sum += std::stoi(second);
  }
  return sum;
}

TEST(ResidentCode, IsLessAfterwardsAndComesBackWhenItIsRun) {
  std::ostringstream() << 1.5;  // its code
  const int before = ResidentCode();
  ReleaseCode();
  const int after = ResidentCode();
  EXPECT_LT(after, before);
  std::ostringstream text;
  text << 1.5 << std::hex << 255;
  EXPECT_EQ(text.str(), "1.5ff");
}

}  // namespace
}  // namespace slipway
