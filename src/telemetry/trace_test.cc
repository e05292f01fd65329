#include "telemetry/trace.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <thread>

namespace slipway {
namespace {

constexpr std::string_view kSampled = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

TEST(TraceContextTest, ParsesWhatItWrites) {
  const auto context = TraceContext::Parse(kSampled);
  ASSERT_TRUE(context.has_value());
  EXPECT_TRUE(context->sampled());
  EXPECT_EQ(context->trace_id[0], 0x0a);
  EXPECT_EQ(context->span_id[7], 0x31);
  EXPECT_EQ(context->ToString(), kSampled);
}

TEST(TraceContextTest, TakesTheFirstFourFieldsOfLaterVersions) {
  const std::string base(kSampled.substr(2));
  EXPECT_TRUE(TraceContext::Parse("cc" + base).has_value());
  EXPECT_TRUE(TraceContext::Parse("cc" + base + "-what-the-future-brings").has_value());
  EXPECT_FALSE(TraceContext::Parse("cc" + base + "0").has_value());
}

TEST(TraceContextTest, RefusesEverythingElse) {
  for (const std::string_view bad : {
           "",
           "00",
           "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
           "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-1",
           "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-",
           "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01 ",
           "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
           "00-0af7651916cd43dd8448eb211c80319g-b7ad6b7169203331-01",
           "00-00000000000000000000000000000000-b7ad6b7169203331-01",
           "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
           "00_0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
           "00-0af7651916cd43dd8448eb211c80319c_b7ad6b7169203331-01",
           "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331_01",
           "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
           "0x-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
       })
    EXPECT_FALSE(TraceContext::Parse(bad).has_value()) << bad;
}

TEST(TraceContextTest, ChildKeepsTraceAndSampledFlagOnly) {
  auto parent = *TraceContext::Parse(kSampled);
  parent.flags = 0xff;
  const TraceContext child = parent.Child();
  EXPECT_EQ(child.trace_id, parent.trace_id);
  EXPECT_NE(child.span_id, parent.span_id);
  EXPECT_EQ(child.flags, 1);
}

TEST(TraceContextTest, ChildOfNothingIsANewTrace) {
  const TraceContext child = TraceContext{}.Child();
  EXPECT_TRUE(child.valid());
  EXPECT_FALSE(child.sampled());
  EXPECT_EQ(TraceContext::Parse(child.ToString())->span_id, child.span_id);
}

TEST(TraceContextTest, ThreadsDoNotRepeatEachOther) {
  std::array<std::vector<std::string>, 4> made;
  {
    std::vector<std::jthread> threads;
    for (auto& ids : made)
      threads.emplace_back([&ids] {
        for (int i = 0; i < 1000; ++i) ids.push_back(TraceContext{}.Child().ToString());
      });
  }
  std::set<std::string> all;
  for (const auto& ids : made) all.insert(ids.begin(), ids.end());
  EXPECT_EQ(all.size(), 4000u);
}

}  // namespace
}  // namespace slipway
