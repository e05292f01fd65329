#include "base/recycled.h"

#include <gtest/gtest.h>

#include <memory>
#include <thread>
#include <vector>

namespace slipway {
namespace {

TEST(RecycledTest, TheBlockGivenBackLastIsTakenNext) {
  if (!kRecycles) GTEST_SKIP() << "AddressSanitizer wants each block new";
  const auto first = std::allocate_shared<int>(RecyclingAllocator<int>(), 1).get();
  const auto second = std::allocate_shared<int>(RecyclingAllocator<int>(), 2);
  EXPECT_EQ(second.get(), first);
}

TEST(RecycledTest, BlocksOfOneThreadMayBeGivenBackByAnother) {
  std::vector<std::shared_ptr<int>> made;
  for (int i = 0; i < 500; ++i)
    made.push_back(std::allocate_shared<int>(RecyclingAllocator<int>(), i));
  std::thread([&] { made.clear(); }).join();
  EXPECT_TRUE(made.empty());
}

}  // namespace
}  // namespace slipway
