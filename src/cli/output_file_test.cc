#include "cli/output_file.h"

#include <limits>

namespace slipway::cli {
namespace {

constexpr float kScores[] = {0.25f, 0.75f, 0.5f, 0.5f};

std::vector<NamedTensor> Outputs() {
  std::string wire;
  AppendBytesElement(wire, "malign, \"ant\"");
  AppendBytesElement(wire, "benign");
  return {{"label", {DType::kBytes, {2}, Buffer::Own(wire)}},
          {"p", {DType::kFp32, {2, 2}, Buffer(std::as_bytes(std::span(kScores)))}}};
}

TEST(WriteOutputsTest, WritesEveryTextFormat) {
  EXPECT_EQ(
      *WriteOutputs(FileFormat::kJson, Outputs()),
      R"({"outputs":[{"name":"label","datatype":"BYTES","shape":[2],"data":["malign, \"ant\"","benign"]},)"
      R"({"name":"p","datatype":"FP32","shape":[2,2],"data":[0.25,0.75,0.5,0.5]}]})"
      "\n");
  EXPECT_EQ(*WriteOutputs(FileFormat::kJsonLines, Outputs()),
            R"({"label":"malign, \"ant\"","p":[0.25,0.75]})"
            "\n"
            R"({"label":"benign","p":[0.5,0.5]})"
            "\n");
  EXPECT_EQ(*WriteOutputs(FileFormat::kCsv, Outputs()),
            "label,p_0,p_1\n\"malign, \"\"ant\"\"\",0.25,0.75\nbenign,0.5,0.5\n");
}

TEST(WriteOutputsTest, CsvHoldsNanAndTheInfinities) {
  constexpr double kOdd[] = {0.5, std::numeric_limits<double>::quiet_NaN(),
                             -std::numeric_limits<double>::infinity()};
  const std::vector<NamedTensor> odd = {
      {"p", {DType::kFp64, {1, 3}, Buffer(std::as_bytes(std::span(kOdd)))}}};
  EXPECT_EQ(*WriteOutputs(FileFormat::kCsv, odd), "p_0,p_1,p_2\n0.5,NaN,-Infinity\n");
  EXPECT_THAT(std::string(MessageOf(WriteOutputs(FileFormat::kJsonLines, odd).status())),
              ::testing::HasSubstr("output \"p\": write it as .csv or .npy: element 1 is NaN"));
}

TEST(WriteOutputsTest, SaysWhatAFormatCannotHold) {
  using ::testing::HasSubstr;
  EXPECT_THAT(std::string(MessageOf(WriteOutputs(FileFormat::kNpy, Outputs()).status())),
              HasSubstr("--output-name"));
  auto uneven = Outputs();
  uneven[1].tensor.shape = {4};
  EXPECT_THAT(std::string(MessageOf(WriteOutputs(FileFormat::kCsv, uneven).status())),
              HasSubstr("\"label\" and \"p\" have different numbers of rows"));
  const float nan[] = {std::numeric_limits<float>::quiet_NaN()};
  const std::vector<NamedTensor> nans = {
      {"y", {DType::kFp32, {1}, Buffer(std::as_bytes(std::span(nan)))}}};
  EXPECT_THAT(std::string(MessageOf(WriteOutputs(FileFormat::kJsonLines, nans).status())),
              HasSubstr("output \"y\""));
  EXPECT_TRUE(WriteOutputs(FileFormat::kNpy, nans).ok());
}

TEST(WriteOutputsTest, WritesScalarsAndNoRows) {
  const std::vector<NamedTensor> scalar = {
      {"y", {DType::kFp32, {}, Buffer(std::as_bytes(std::span(kScores, 1)))}}};
  EXPECT_EQ(*WriteOutputs(FileFormat::kJsonLines, scalar), "{\"y\":0.25}\n");
  const std::vector<NamedTensor> none = {{"y", {DType::kFp32, {0, 2}, {}}}};
  EXPECT_EQ(*WriteOutputs(FileFormat::kJsonLines, none), "");
  EXPECT_EQ(*WriteOutputs(FileFormat::kCsv, none), "y_0,y_1\n");
}

}  // namespace
}  // namespace slipway::cli
