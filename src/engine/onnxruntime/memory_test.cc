#include "engine/onnxruntime/memory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <map>
#include <new>

#include "engine/onnxruntime/onnxruntime_engine.h"
#include "engine/testing/harness.h"

namespace slipway::onnxruntime {
namespace {

using ::testing::HasSubstr;

constexpr size_t kMiB = size_t{1} << 20;

class MemoryTest : public ::testing::Test {
 protected:
  void* Take(size_t size) {
    OrtAllocator* const allocator = memory_->allocator();
    void* const data = allocator->Alloc(allocator, size);
    std::memset(data, 0xEE, size);
    return data;
  }
  void* TakeForWeights(size_t size) {
    OrtAllocator* const allocator = memory_->allocator();
    return allocator->Reserve(allocator, size);
  }
  void GiveBack(void* data) { memory_->allocator()->Free(memory_->allocator(), data); }

  static Owned<OrtEnv> MakeEnvironment() {
    setenv("ORT_DISABLE_TELEMETRY", "1", 1);  // read when the first environment is made
    OrtEnv* env = nullptr;
    EXPECT_EQ(Api().CreateEnv(ORT_LOGGING_LEVEL_FATAL, "test", &env), nullptr);
    return Owned<OrtEnv>(env);
  }

  const Owned<OrtEnv> env_ = MakeEnvironment();
  std::unique_ptr<Memory> memory_ = *Memory::Create(*env_);
};

TEST_F(MemoryTest, EveryBlockLiesOn64Bytes) {
  for (const size_t size : {size_t{0}, size_t{1}, size_t{1000}, Memory::kLargeBytes - 1,
                            Memory::kLargeBytes, Memory::kLargeBytes + 1, 5 * kMiB}) {
    void* const blocks[] = {Take(size), Take(size), TakeForWeights(size)};
    for (void* const block : blocks) {
      EXPECT_EQ(reinterpret_cast<uintptr_t>(block) % 64, 0u) << size;
      GiveBack(block);
    }
  }
}

TEST_F(MemoryTest, ALargeBlockIsUsedAgainForWhatIsNotMuchSmaller) {
  void* const first = Take(kMiB);
  GiveBack(first);
  void* const other = Take(2 * kMiB);
  EXPECT_NE(other, first);
  EXPECT_EQ(Take(kMiB + 1000), first) << "the same size but for rounding";
  GiveBack(first);
  void* const smaller = Take(600'000);
  EXPECT_EQ(smaller, first);
  GiveBack(other);
  void* const small = Take(Memory::kLargeBytes);
  EXPECT_NE(small, other);
  for (void* const block : {smaller, small}) GiveBack(block);
}

TEST_F(MemoryTest, WhatNothingNeededSinceTheLastTrimGoesBackToTheSystem) {
  void* const blocks[] = {Take(kMiB), Take(kMiB), Take(kMiB)};
  for (void* const block : blocks) GiveBack(block);
  memory_->Trim();
  const size_t all = memory_->held_bytes();
  GiveBack(Take(kMiB));  // one of three is needed
  memory_->Trim();
  EXPECT_EQ(memory_->held_bytes(), all / 3);
  void* const warmest = Take(kMiB);
  EXPECT_EQ(warmest, blocks[2]);
  GiveBack(warmest);
  memory_->Trim();
  memory_->Trim();
  EXPECT_EQ(memory_->held_bytes(), 0u);
}

TEST_F(MemoryTest, ARunIsRefusedMoreThanItsLimitAndMayUseAgainWhatItGaveBack) {
  const Memory::Run run({.run_bytes = 3000});
  void* const first = Take(2000);
  EXPECT_THROW(Take(1001), std::bad_alloc);
  EXPECT_EQ(ReasonOf(run.Refusal()), Reason::kTooLarge);
  EXPECT_THAT(std::string(MessageOf(run.Refusal())), HasSubstr("3000 bytes"));
  GiveBack(first);
  GiveBack(Take(3000));
}

TEST_F(MemoryTest, RunsTogetherAreRefusedMoreThanTheirLimit) {
  const MemoryLimits limits{.all_runs_bytes = 4 * kMiB};
  void* held = nullptr;
  {
    const Memory::Run earlier(limits);
    held = Take(3 * kMiB);  // a result not sent yet
  }
  const Memory::Run run(limits);
  EXPECT_TRUE(run.Refusal().ok());
  EXPECT_THROW(Take(2 * kMiB), std::bad_alloc);
  EXPECT_EQ(ReasonOf(run.Refusal()), Reason::kOverloaded);
  GiveBack(held);
  GiveBack(Take(2 * kMiB));  // idle blocks make room
}

TEST_F(MemoryTest, WeightsAndLoadingAreNotChargedToRuns) {
  void* const weights = TakeForWeights(8 * kMiB);
  EXPECT_EQ(memory_->held_bytes(), 0u);
  const Memory::Run run({.run_bytes = kMiB, .all_runs_bytes = 2 * kMiB});
  GiveBack(weights);
  GiveBack(Take(kMiB));
  EXPECT_TRUE(run.Refusal().ok());
}

TEST_F(MemoryTest, SizesBeyondAnyMemoryAreRefused) {
  EXPECT_THROW(Take(MemoryLimits::kNone + 1), std::bad_alloc);
  EXPECT_THROW(TakeForWeights(~size_t{0}), std::bad_alloc);
}

// ---- a model whose intermediate tensor is as large as a request says

onnx::Builder Explosion() {
  onnx::Builder b;
  b.Input("n", DType::kInt64, {1}).Output("sum", DType::kFp32, {});
  b.Node("ConstantOfShape", {"n"}, {"ones"});
  b.Node("ReduceSum", {"ones"}, {"sum"}, {{"keepdims", 0}});
  return b;
}

TEST(RunMemoryTest, ARequestThatDrivesARunOverItsLimitIsRefusedAndTheNextOneRuns) {
  const auto engine = *CreateOnnxRuntimeEngine();
  const auto model =
      testing::LoadModel(*engine, Explosion().Serialize(), {}, {.memory = {.run_bytes = 8 * kMiB}});
  ASSERT_TRUE(model.ok()) << model.status();
  const Tensor fits = testing::TensorOf<int64_t>({1}, {1'000'000});
  const Tensor explodes = testing::TensorOf<int64_t>({1}, {100'000'000});
  for (int i = 0; i < 3; ++i) {
    const auto refused = testing::RunAll(**model, {&explodes});
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(ReasonOf(refused.status()), Reason::kTooLarge);
    EXPECT_EQ(MessageOf(refused.status()),
              "the run needs more than the 8388608 bytes of memory it may take");
    const auto sum = testing::RunAll(**model, {&fits});
    ASSERT_TRUE(sum.ok()) << sum.status();
  }
}

// Kernels that share their work among threads: [rows, 1] becomes [rows, 1000] in each.
TEST(RunMemoryTest, WithSeveralThreadsARunIsRefusedAsWithOne) {
  const auto engine = *CreateOnnxRuntimeEngine();
  const std::vector<float> ones(1000, 1);
  const std::vector<int64_t> tiles = {1, 1000}, image = {1, 1, -1, 1};
  std::map<std::string, onnx::Builder> models;
  models["MatMul"].Constant<float>("w", {1, 1000}, ones).Node("MatMul", {"x", "w"}, {"wide"});
  models["Tile"].Constant<int64_t>("r", {2}, tiles).Node("Tile", {"x", "r"}, {"wide"});
  models["Conv"].Constant<int64_t>("s", {4}, image).Node("Reshape", {"x", "s"}, {"image"});
  models["Conv"].Constant<float>("w", {1000, 1, 1, 1}, ones);
  models["Conv"].Node("Conv", {"image", "w"}, {"wide"});
  for (auto& [name, b] : models) {
    b.Input("x", DType::kFp32, {-1, 1}).Output("y", DType::kFp32, {});
    b.Node("Erf", {"wide"}, {"erf"}).Node("ReduceMax", {"erf"}, {"y"}, {{"keepdims", 0}});
    const LoadOptions options{.intra_op_threads = 2, .memory = {.run_bytes = 16 * kMiB}};
    const auto model = testing::LoadModel(*engine, b.Serialize(), {}, options);
    ASSERT_TRUE(model.ok()) << name << model.status();
    const Tensor fits = testing::TensorOf<float>({1000, 1}, std::vector<float>(1000));
    const Tensor explodes = testing::TensorOf<float>({50'000, 1}, std::vector<float>(50'000));
    for (int i = 0; i < 3; ++i) {
      const auto refused = testing::RunAll(**model, {&explodes});
      ASSERT_FALSE(refused.ok()) << name;
      EXPECT_EQ(ReasonOf(refused.status()), Reason::kTooLarge) << name << refused.status();
      const auto answer = testing::RunAll(**model, {&fits});
      EXPECT_TRUE(answer.ok()) << name << answer.status();
    }
  }
}

TEST(RunMemoryTest, RunsThatHoldEverythingRefuseAnotherAsOverload) {
  const auto engine = *CreateOnnxRuntimeEngine();
  onnx::Builder b;
  b.Input("n", DType::kInt64, {1}).Output("ones", DType::kFp32, {-1});
  b.Node("ConstantOfShape", {"n"}, {"ones"});
  const auto model =
      testing::LoadModel(*engine, b.Serialize(), {}, {.memory = {.all_runs_bytes = 8 * kMiB}});
  ASSERT_TRUE(model.ok()) << model.status();
  const Tensor n = testing::TensorOf<int64_t>({1}, {1'500'000});
  {
    const auto held = testing::RunAll(**model, {&n});
    ASSERT_TRUE(held.ok()) << held.status();
    const auto refused = testing::RunAll(**model, {&n});
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(ReasonOf(refused.status()), Reason::kOverloaded) << refused.status();
  }
  EXPECT_TRUE(testing::RunAll(**model, {&n}).ok());
}

}  // namespace
}  // namespace slipway::onnxruntime
