#include "infer/response_cache.h"

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <thread>

namespace slipway {
namespace {

constexpr TimePoint kNow{std::chrono::seconds(100)};

/// A request whose first input has these bytes.
struct Asked {
  InferRequest request;
  BoundRequest bound;

  explicit Asked(std::string bytes, DType dtype = DType::kUint8,
                 std::optional<Shape> shape = std::nullopt) {
    const auto size = static_cast<int64_t>(bytes.size());
    request.inputs.push_back(
        {"x", {dtype, shape.value_or(Shape{size}), Buffer::Own(std::move(bytes))}});
    bound.inputs = {&request.inputs[0].tensor, nullptr};
    bound.outputs = {0};
  }
  Asked(const Asked&) = delete;
  CacheKey key() const { return CacheKey(request, bound); }
};

std::vector<NamedTensor> Answer(std::string bytes) {
  const auto size = static_cast<int64_t>(bytes.size());
  return {{"y", {DType::kUint8, {size}, Buffer::Own(std::move(bytes))}}};
}

std::string Found(ResponseCache& cache, const CacheKey& key, TimePoint now = kNow) {
  const auto answer = cache.Find(key, now);
  if (!answer) return "nothing";
  const auto bytes = answer->front().tensor.data.bytes();
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

struct Caches {
  explicit Caches(CacheOptions options) : store(std::make_shared<CacheStore>(options)) {}
  explicit Caches(size_t max_bytes = 1 << 20) : Caches(CacheOptions{.max_bytes = max_bytes}) {}
  std::shared_ptr<CacheStore> store;
  ResponseCache cache{store};
};

size_t BytesOfOne(size_t in, size_t out) {
  Caches caches;
  caches.cache.Insert(Asked(std::string(in, 'x')).key(), Answer(std::string(out, 'y')), kNow);
  return caches.store->bytes();
}

TEST(ResponseCacheTest, GivesAnAnswerToTheSameRequestOnly) {
  Caches caches;
  Asked same("abcd");
  caches.cache.Insert(same.key(), Answer("yes"), kNow);
  EXPECT_EQ(Found(caches.cache, Asked("abcd").key()), "yes");

  Asked of_other_outputs("abcd"), of_classes("abcd"), with_the_optional("abcd"), without("abcd");
  of_other_outputs.bound.outputs = {1};
  of_classes.request.outputs = {{.name = "y", .classification = 3}};
  with_the_optional.bound.inputs[1] = with_the_optional.bound.inputs[0];
  without.bound.inputs = {nullptr, without.bound.inputs[0]};
  const std::pair<const char*, CacheKey> others[] = {
      {"other bytes", Asked("abce").key()},
      {"other dtype", Asked("abcd", DType::kInt8).key()},
      {"other shape", Asked("abcd", DType::kUint8, Shape{2, 2}).key()},
      {"other output", of_other_outputs.key()},
      {"as classes", of_classes.key()},
      {"a further input", with_the_optional.key()},
      {"the other input", without.key()},
  };
  for (const auto& [what, key] : others) EXPECT_EQ(Found(caches.cache, key), "nothing") << what;
}

TEST(ResponseCacheTest, BytesOfOneInputAreNotTakenForThoseOfTheNext) {
  Caches caches;
  const auto ask = [](Asked& asked, std::string second) {
    asked.request.inputs.push_back({"z", {DType::kBytes, {1}, Buffer::Own(std::move(second))}});
    asked.bound.inputs = {&asked.request.inputs[0].tensor, &asked.request.inputs[1].tensor};
    return asked.key();
  };
  Asked one("ab", DType::kBytes, Shape{1}), other("a", DType::kBytes, Shape{1});
  caches.cache.Insert(ask(one, "c"), Answer("yes"), kNow);
  EXPECT_EQ(Found(caches.cache, ask(other, "bc")), "nothing");
}

TEST(ResponseCacheTest, UnlikeRequestsOfOneHashAreToldApart) {
  const Asked first("abcd");
  struct {
    const char* what;
    Asked asked;
  } others[] = {
      {"the first byte", Asked("Abcd")},
      {"the last byte", Asked("abcD")},
      {"more bytes", Asked("abcde")},
      {"no bytes", Asked("")},
      {"other dtype", Asked("abcd", DType::kInt8)},
      {"other shape", Asked("abcd", DType::kUint8, Shape{2, 2})},
      {"other output", Asked("abcd")},
      {"as classes", Asked("abcd")},
  };
  others[6].asked.bound.outputs = {1};
  others[7].asked.request.outputs = {{.name = "y", .classification = 3}};
  for (const auto& [what, asked] : others) {
    CacheKey other = asked.key();
    other.set_hash(first.key().hash());
    Caches caches;
    caches.cache.Insert(first.key(), Answer("first"), kNow);
    EXPECT_EQ(Found(caches.cache, other), "nothing") << what;
    caches.cache.Insert(other, Answer("other"), kNow);
    EXPECT_EQ(Found(caches.cache, other), "other") << what;
    EXPECT_EQ(Found(caches.cache, first.key()), "nothing") << what;
    EXPECT_EQ(caches.store->entries(), 1u) << what;
  }
}

TEST(ResponseCacheTest, OutputsByNameAreTheSameAsAllOfThem) {
  Caches caches;
  Asked named("abcd");
  named.request.outputs = {{.name = "y"}};
  caches.cache.Insert(named.key(), Answer("yes"), kNow);
  EXPECT_EQ(Found(caches.cache, Asked("abcd").key()), "yes");
}

TEST(ResponseCacheTest, WhatItKeepsIsItsOwn) {
  Caches caches;
  std::string input = "abcd", output = "yes";
  {
    Asked borrowed("");
    borrowed.request.inputs[0].tensor = {DType::kUint8, {4}, std::as_bytes(std::span(input))};
    const std::vector<NamedTensor> answer = {
        {"y", {DType::kUint8, {3}, std::as_bytes(std::span(output))}}};
    caches.cache.Insert(borrowed.key(), answer, kNow);
  }
  input = "wxyz", output = "no!";
  EXPECT_EQ(Found(caches.cache, Asked("abcd").key()), "yes");
  EXPECT_EQ(Found(caches.cache, Asked("wxyz").key()), "nothing");
}

TEST(ResponseCacheTest, AnAnswerIsGivenForAsLongAsItMayBe) {
  using std::chrono::seconds;
  Caches caches({.max_bytes = 1 << 20, .ttl = seconds(10)});
  const Asked asked("abcd");
  caches.cache.Insert(asked.key(), Answer("old"), kNow);
  EXPECT_EQ(Found(caches.cache, asked.key(), kNow + seconds(9)), "old");
  EXPECT_EQ(Found(caches.cache, asked.key(), kNow + seconds(10)), "nothing");
  EXPECT_EQ(caches.store->bytes(), 0u);  // expired answers do not stay
  caches.cache.Insert(asked.key(), Answer("new"), kNow + seconds(11));
  EXPECT_EQ(Found(caches.cache, asked.key(), kNow + seconds(20)), "new");
}

TEST(ResponseCacheTest, TheLeastRecentlyUsedGoesFirstWhoeverItBelongsTo) {
  Caches caches(3 * BytesOfOne(1, 1));
  ResponseCache other(caches.store);
  caches.cache.Insert(Asked("a").key(), Answer("A"), kNow);
  other.Insert(Asked("b").key(), Answer("B"), kNow);
  caches.cache.Insert(Asked("c").key(), Answer("C"), kNow);
  EXPECT_EQ(Found(caches.cache, Asked("a").key()), "A");  // used again
  caches.cache.Insert(Asked("d").key(), Answer("D"), kNow);
  EXPECT_EQ(Found(other, Asked("b").key()), "nothing");
  for (const char* kept : {"a", "c", "d"})
    EXPECT_NE(Found(caches.cache, Asked(kept).key()), "nothing") << kept;
}

TEST(ResponseCacheTest, NeverTakesMoreMemoryThanItMay) {
  const size_t limit = 100 * BytesOfOne(100, 100);
  Caches caches(limit);
  for (int i = 0; i < 2'000; ++i) {
    const auto size = static_cast<size_t>(i * 37 % 700);
    caches.cache.Insert(Asked(std::to_string(i) + std::string(size, 'x')).key(),
                        Answer(std::string(size, 'y')), kNow);
    ASSERT_LE(caches.store->bytes(), limit);
  }
  EXPECT_GT(caches.store->entries(), 20u);
  const size_t before = caches.store->entries();
  caches.cache.Insert(Asked(std::string(limit, 'x')).key(), Answer("y"), kNow);
  EXPECT_EQ(caches.store->entries(), before);  // what cannot fit drives nothing out
}

TEST(ResponseCacheTest, ALargeAnswerMakesRoomForItselfAmongManySmallOnes) {
  Caches caches(2'000 * BytesOfOne(4, 1));
  for (int i = 0; i < 2'000; ++i)
    caches.cache.Insert(Asked(std::to_string(10'000 + i)).key(), Answer("y"), kNow);
  const size_t nearly_all = 1'900 * BytesOfOne(4, 1);
  caches.cache.Insert(Asked("large").key(), Answer(std::string(nearly_all, 'y')), kNow);
  EXPECT_NE(Found(caches.cache, Asked("large").key()), "nothing");
  EXPECT_EQ(Found(caches.cache, Asked("10000").key()), "nothing");
  EXPECT_NE(Found(caches.cache, Asked("11999").key()), "nothing");
}

TEST(ResponseCacheTest, CountsTheBytesOfKeysAndAnswers) {
  EXPECT_EQ(BytesOfOne(5'000, 1) - BytesOfOne(1, 1), 4'999u);
  EXPECT_EQ(BytesOfOne(1, 7'000) - BytesOfOne(1, 1), 6'999u);
}

TEST(ResponseCacheTest, AVersionsAnswersGoWithItAndNoOthersDo) {
  Caches caches;
  std::optional<ResponseCache> next(caches.store);
  for (int i = 0; i < 1'000; ++i)  // more than are dropped in one go
    next->Insert(Asked(std::to_string(i)).key(), Answer("next"), kNow);
  caches.cache.Insert(Asked("a").key(), Answer("first"), kNow);
  EXPECT_EQ(Found(*next, Asked("a").key()), "nothing");
  const auto held = next->Find(Asked("7").key(), kNow);
  next.reset();
  EXPECT_EQ(caches.store->entries(), 1u);
  EXPECT_EQ(Found(caches.cache, Asked("a").key()), "first");
  EXPECT_EQ(held->front().name, "y");  // an answer on its way stays
}

TEST(ResponseCacheTest, ThreadsFindTheirOwnAnswersOnly) {
  Caches caches(200 * BytesOfOne(2, 2));
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&caches, t] {
      ResponseCache shortlived(caches.store);
      for (int i = 0; i < 5'000; ++i) {
        const std::string text = std::to_string((i * 7 + t) % 300);
        ResponseCache& cache = i % 2 ? caches.cache : shortlived;
        const std::string found = Found(cache, Asked(text).key());
        if (found == "nothing")
          cache.Insert(Asked(text).key(), Answer(text), kNow);
        else
          ASSERT_EQ(found, text);
      }
    });
  threads.clear();
  EXPECT_LE(caches.store->bytes(), 200 * BytesOfOne(2, 2));
}

}  // namespace
}  // namespace slipway
