#include "routing/table_charge.h"

namespace slipway::routing {
namespace {

BoundRequest WithTable(size_t bytes) {
  BoundRequest bound;
  std::byte* ignored;
  bound.made.push_back(std::make_unique<Tensor>(
      Tensor{DType::kUint8, {static_cast<int64_t>(bytes)}, Buffer::Allocate(bytes, &ignored)}));
  return bound;
}

TEST(TableChargeTest, TablesOfAllRequestsTogetherHaveALimit) {
  const auto budget = std::make_shared<TableBudget>();
  budget->limit_bytes = 100;
  BoundRequest first = WithTable(60), second = WithTable(60);
  TableCharge a, b;
  EXPECT_TRUE(a.Take(first, budget).ok());
  EXPECT_EQ(ReasonOf(b.Take(second, budget)), Reason::kOverloaded);
  EXPECT_TRUE(second.made.empty());
  a.Release();
  second = WithTable(60);
  EXPECT_TRUE(b.Take(second, budget).ok());
}

TEST(TableChargeTest, WhatIsGoneIsGivenBack) {
  const auto budget = std::make_shared<TableBudget>();
  budget->limit_bytes = 100;
  {
    BoundRequest bound = WithTable(60);
    TableCharge charge;
    EXPECT_TRUE(charge.Take(bound, budget).ok());
    EXPECT_EQ(budget->taken_bytes, 60u);
  }
  EXPECT_EQ(budget->taken_bytes, 0u);
}

}  // namespace
}  // namespace slipway::routing
