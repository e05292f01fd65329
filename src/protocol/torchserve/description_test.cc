#include "protocol/torchserve/description.h"

namespace slipway::torchserve {
namespace {

TEST(DescriptionTest, TellsEveryFieldThatIsTrue) {
  const auto version = std::make_shared<const lifecycle::ServedVersion>(
      lifecycle::ServedVersion{.name = *ModelName::Parse("m"),
                               .version = "3",
                               .platform = "onnxruntime_onnx",
                               .instances = 2});
  const lifecycle::VersionHandle versions[] = {version};
  std::string out;
  WriteDescriptions(versions, 100, out);
  EXPECT_EQ(out, R"([{"modelName":"m","modelVersion":"3","modelUrl":"m",)"
                 R"("engine":"onnxruntime_onnx","runtime":"slipway","minWorkers":2,"maxWorkers":2,)"
                 R"("batchSize":1,"maxBatchDelay":0,)"
                 R"("workers":[{"id":"0","status":"READY","gpu":false},)"
                 R"({"id":"1","status":"READY","gpu":false}],)"
                 R"("jobQueueStatus":{"remainingCapacity":100,"pendingRequests":0}}])");
  out.clear();
  WriteDescriptions({}, 100, out);
  EXPECT_EQ(out, "[]");
}

}  // namespace
}  // namespace slipway::torchserve
