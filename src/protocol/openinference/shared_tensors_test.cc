#include "protocol/openinference/shared_tensors.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "protocol/openinference/parameters.h"

namespace slipway::openinference {
namespace {

/// The region "r": 64 bytes, 0, 1, 2 …
class SharedTensorsTest : public testing::Test {
 protected:
  SharedTensorsTest() {
    char name[] = "/tmp/slipway-shm-XXXXXX";
    folder_ = ::mkdtemp(name);
    std::ofstream file(folder_ + "/lent");
    for (int i = 0; i < 64; ++i) file.put(static_cast<char>(i));
    file.close();
    memory_ = std::make_unique<SharedMemory>(
        shm::RegionsOptions{.rules = {.folder = folder_, .prefix = ""}}, bodies_);
    bodies_.max_request_bytes = 100;
    bodies_.max_buffered_bytes = 120;
    EXPECT_TRUE(memory_->regions.Register({"r", "/lent", 0, 64}).ok());
  }
  ~SharedTensorsTest() override { std::filesystem::remove_all(folder_); }

  /// A request whose one input "x" of `bytes` UINT8 is at the start of the region.
  static void AddInput(uint64_t bytes, InferRequest& request, SharedTensors& shared) {
    const size_t index = request.inputs.size();
    request.inputs.push_back({"x", {DType::kUint8, {static_cast<int64_t>(bytes)}, {}}});
    shared.inputs.push_back({.index = index, .region = "r", .byte_size = bytes});
  }
  size_t charged() const { return bodies_.budget->used(); }

  std::string folder_;
  BodyMemory bodies_;
  std::unique_ptr<SharedMemory> memory_;
};

TEST_F(SharedTensorsTest, InputsAreCopiesThatAreChargedUntilClear) {
  InferRequest request;
  SharedTensors shared;
  AddInput(40, request, shared);
  ASSERT_TRUE(shared.Fetch(*memory_, request).ok());
  EXPECT_EQ(charged(), 40u);
  std::ofstream(folder_ + "/lent") << std::string(64, 'z');
  const auto bytes = request.inputs[0].tensor.data.bytes();
  ASSERT_EQ(bytes.size(), 40u);
  EXPECT_EQ(bytes[39], std::byte{39});
  shared.Clear();
  EXPECT_EQ(charged(), 0u);
  EXPECT_TRUE(shared.empty());
}

TEST_F(SharedTensorsTest, OneRequestAndAllTogetherAreLimited) {
  InferRequest large;
  SharedTensors too_much;
  AddInput(64, large, too_much);
  AddInput(37, large, too_much);
  EXPECT_EQ(ReasonOf(too_much.Fetch(*memory_, large)), Reason::kTooLarge);
  EXPECT_EQ(charged(), 0u);

  InferRequest a, b;
  SharedTensors first, second;
  AddInput(64, a, first);
  AddInput(60, b, second);
  ASSERT_TRUE(first.Fetch(*memory_, a).ok());
  EXPECT_EQ(ReasonOf(second.Fetch(*memory_, b)), Reason::kOverloaded);
  first.Clear();
  EXPECT_TRUE(second.Fetch(*memory_, b).ok());
}

TEST_F(SharedTensorsTest, SizesThatWouldOverflowTogetherAreTooLarge) {
  InferRequest request;
  SharedTensors shared;
  AddInput(64, request, shared);
  AddInput(UINT64_MAX - 10, request, shared);
  EXPECT_EQ(ReasonOf(shared.Fetch(*memory_, request)), Reason::kTooLarge);
}

TEST_F(SharedTensorsTest, OutputsGoToTheirWindowsAlsoOfARegionTakenAwayMeanwhile) {
  InferRequest request;
  request.outputs = {{.name = "a"}, {.name = "y", .in_shared_memory = true}};
  SharedTensors shared;
  shared.outputs.push_back({.index = 1, .region = "r", .offset = 10, .byte_size = 4});
  ASSERT_TRUE(shared.Fetch(*memory_, request).ok());
  memory_->regions.UnregisterAll();
  InferResponse response;
  response.outputs = {{"a", {DType::kUint8, {4}, Buffer::Own(std::string("aaaa"))}},
                      {"y", {DType::kUint8, {3}, Buffer::Own(std::string("yyy"))}}};
  ASSERT_TRUE(shared.Store(response).ok());
  std::ifstream file(folder_ + "/lent", std::ios::binary);
  const std::string now(std::istreambuf_iterator<char>(file), {});
  EXPECT_EQ(now.substr(9, 5), (std::string{9, 'y', 'y', 'y', 13}));

  response.outputs[1].tensor.data = Buffer::Own(std::string("yyyyy"));
  EXPECT_EQ(MessageOf(shared.Store(response)),
            "output \"y\": shared memory region \"r\": 5 bytes do not fit into the 4 that are for "
            "them");
}

}  // namespace
}  // namespace slipway::openinference
