#include "transport/http/body_buffer.h"
#include "transport/http/input.h"

#include <cstring>

namespace slipway::http {
namespace {

TEST(BlockTest, GrowsAcrossTheMappedSizeAndKeepsItsBytes) {
  Block block = Block::Allocate(100);
  EXPECT_EQ(block.size(), Block::kSmallest);
  std::memcpy(block.data(), "kept", 4);
  for (const size_t size : {100'000u, 300'000u, 3'000'000u}) {
    ASSERT_TRUE(block.Grow(size, 4));
    EXPECT_GE(block.size(), size);
    EXPECT_EQ(std::string_view(block.data(), 4), "kept");
    EXPECT_EQ(reinterpret_cast<uintptr_t>(block.data()) % 64, 0u);
  }
}

TEST(BlockPoolTest, GivesTheWarmestAndTrimsWhatLayUnused) {
  BlockPool pool;
  Block a = pool.Take(100, 100), b = pool.Take(100, 100);
  char* const warm = b.data();
  pool.Give(std::move(a));
  pool.Give(std::move(b));
  EXPECT_EQ(pool.Take(100, 100).data(), warm);
  pool.Trim();  // since the last look one of two was in use
  EXPECT_EQ(pool.bytes(), Block::kSmallest);
  pool.Trim();
  EXPECT_EQ(pool.bytes(), 0u);
}

TEST(BlockPoolTest, IsBounded) {
  BlockPool pool;
  pool.Give(Block::Allocate(BlockPool::kMaxBytes + 1));
  EXPECT_EQ(pool.bytes(), 0u);
  for (size_t i = 0; i < 3; ++i) pool.Give(Block::Allocate(BlockPool::kMaxBytes / 2));
  EXPECT_EQ(pool.bytes(), BlockPool::kMaxBytes);
}

TEST(BlockPoolTest, SmallRequestLeavesTheLargeBlock) {
  BlockPool pool;
  pool.Give(Block::Allocate(1 << 20));
  EXPECT_EQ(pool.Take(100, 100).size(), Block::kSmallest);
  EXPECT_EQ(pool.Take(64 << 10, 600'000).size(), size_t{1} << 20);
}

TEST(BodyBufferTest, PutsTheChosenByteOn64) {
  BlockPool pool;
  Budget budget;
  BodyBuffer body(pool, budget);
  for (const size_t offset : {0u, 1u, 63u, 64u, 117u, 99999u}) {
    body.Start(offset, 1 << 30);
    for (int i = 0; i < 100; ++i) ASSERT_TRUE(body.Append(std::string(9000, 'x'), 0));
    EXPECT_EQ((reinterpret_cast<uintptr_t>(body.bytes().data()) + offset) % 64, 0u) << offset;
    EXPECT_EQ(body.size(), 900'000u);
    EXPECT_EQ(body.bytes()[899'999], std::byte{'x'});
  }
}

TEST(BodyBufferTest, ChargesWhatItHoldsAndGivesItBack) {
  BlockPool pool;
  Budget budget;
  BodyBuffer small(pool, budget), large(pool, budget);
  small.Start(0, 1 << 20);
  ASSERT_TRUE(small.Append(std::string(1000, 'x'), 1000));
  EXPECT_EQ(budget.used(), 0u);
  large.Start(0, 1 << 20);
  ASSERT_TRUE(large.Append(std::string(600'000, 'x'), 600'000));
  EXPECT_GE(budget.used(), 600'000u);
  EXPECT_FALSE(large.Append(std::string(600'000, 'x'), 600'000));
  large.Release();
  EXPECT_EQ(budget.used(), 0u);
}

TEST(BodyBufferTest, MemoryFollowsWhatArrivedNotWhatWasClaimed) {
  BlockPool pool;
  Budget budget;
  BodyBuffer body(pool, budget);
  body.Start(0, 1 << 30);
  ASSERT_TRUE(body.Reserve(1000, 64u << 20));
  EXPECT_LE(budget.used(), 64u << 10);
}

void Put(Input& input, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto room = input.Room();
    const size_t n = std::min(room.size(), bytes.size());
    ASSERT_GT(n, 0u);
    std::memcpy(room.data(), bytes.data(), n);
    input.Commit(n);
    bytes.remove_prefix(n);
  }
}

TEST(InputTest, WhatWasConsumedMakesRoom) {
  BlockPool pool;
  Input input(pool);
  Put(input, std::string(Block::kSmallest, 'a'));
  input.Consume(Block::kSmallest - 4);
  Put(input, "next");
  EXPECT_EQ(input.unread(), "aaaanext");
}

TEST(InputTest, GrowsForAHeadAndIsBoundedAhead) {
  BlockPool pool;
  Input input(pool);
  Put(input, std::string(100'000, 'a'));
  EXPECT_EQ(input.unread().size(), 100'000u);
  input.Consume(100'000);
  size_t ahead = 0;
  for (auto room = input.RoomAhead(); !room.empty(); room = input.RoomAhead()) {
    input.Commit(room.size());
    ahead += room.size();
  }
  EXPECT_EQ(ahead, Block::kSmallest);
}

TEST(InputTest, HoldsNothingWhenEmpty) {
  BlockPool pool;
  Input input(pool);
  Put(input, "x");
  input.ReleaseIfEmpty();
  EXPECT_EQ(input.unread(), "x");
  input.Consume(1);
  input.ReleaseIfEmpty();
  EXPECT_EQ(pool.bytes(), Block::kSmallest);
}

}  // namespace
}  // namespace slipway::http
