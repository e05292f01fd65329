#include "cli/progress.h"

#include <tuple>

#include "base/utf8.h"

namespace slipway::cli {
namespace {

TEST(ProgressLineTest, ShowsTheShareAsABar) {
  const std::tuple<double, int, std::string_view> table[] = {
      {-1, 60, "reading … 12 s"},
      {0, 60, "[-----------------------------]   0 %  12 s  reading"},
      {0.5, 60, "[##############---------------]  50 %  12 s  reading"},
      {1, 60, "[#############################] 100 %  12 s  reading"},
      {1.5, 60, "[#############################] 150 %  12 s  reading"},
      {0.5, 200, "[####################--------------------]  50 %  12 s  reading"},
      {0.5, 40, "[#####-----]  50 %  12 s  reading"},
  };
  for (const auto& [share, width, line] : table)
    EXPECT_EQ(ProgressLine("reading", share, 12, width), line) << share << " " << width;
}

TEST(ProgressLineTest, IsNeverWiderThanTheTerminal) {
  const std::string what = "Training on " + std::string(300, 'x') + "é.csv";
  for (const double share : {-1.0, 0.0, 0.25, 1.0})
    for (int width = 1; width < 400; ++width) {
      const std::string line = ProgressLine(what, share, 100'000, width);
      EXPECT_TRUE(IsValidUtf8(line)) << line;
      EXPECT_LE(std::ranges::count_if(line, [](char c) { return (c & 0xC0) != 0x80; }), width);
    }
}

}  // namespace
}  // namespace slipway::cli
