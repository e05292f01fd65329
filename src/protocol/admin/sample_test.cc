#include "protocol/admin/sample.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <limits>
#include <memory>

#include "text/json_reader.h"

namespace slipway::admin {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr SampleTarget kDigits = {"http://127.0.0.1:8080", "digits"};

Signature Takes(std::vector<TensorSpec> inputs) { return {std::move(inputs), {}}; }

NamedTensor Floats(std::string name, Shape shape, std::vector<float> values) {
  std::string bytes(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float));
  return {std::move(name), {DType::kFp32, std::move(shape), Buffer::Own(std::move(bytes))}};
}

/// What curl would have been given: the line is run by the shell with curl replaced.
std::vector<std::string> RunWithFakeCurl(const std::string& line) {
  const std::string script =
      "curl() { for a in \"$@\"; do if [ \"$a\" = @- ]; then cat; else printf %s \"$a\"; fi; "
      "printf '\\036'; done; }\n" +
      line;
  const std::string path = testing::TempDir() + "/slipway_sample.sh";
  std::unique_ptr<FILE, int (*)(FILE*)> file(std::fopen(path.c_str(), "w"), std::fclose);
  std::fputs(script.c_str(), file.get());
  file.reset();
  std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(("sh " + path).c_str(), "r"), pclose);
  std::vector<std::string> arguments(1);
  for (int c; (c = std::fgetc(pipe.get())) != EOF;) {
    if (c == '\036')
      arguments.emplace_back();
    else
      arguments.back() += static_cast<char>(c);
  }
  arguments.pop_back();
  return arguments;
}

bool IsJson(const std::string& text) {
  JsonReader reader(text);
  return reader.Skip().ok() && reader.End().ok();
}

TEST(SampleCommandTest, SaysTheWholeRequest) {
  EXPECT_EQ(SampleCommand(kDigits, Takes({{"x", DType::kFp32, {-1, 3}}}), {}, true),
            "curl -s http://127.0.0.1:8080/v2/models/digits/infer -d "
            "'{\"inputs\":[{\"name\":\"x\",\"shape\":[1,3],\"datatype\":\"FP32\","
            "\"data\":[0.5,0.0,1.0]}]}'");
}

TEST(SampleCommandTest, HasValuesForEveryType) {
  std::vector<TensorSpec> inputs;
  for (int i = 0; i < kDTypeCount; ++i)
    inputs.push_back({"t" + std::to_string(i), static_cast<DType>(i), {2}});
  const auto arguments = RunWithFakeCurl(SampleCommand(kDigits, Takes(inputs), {}, false));
  ASSERT_EQ(arguments.size(), 4u);
  EXPECT_TRUE(IsJson(arguments[3]));
  EXPECT_THAT(arguments[3], HasSubstr("\"datatype\":\"BOOL\",\"data\":[true,false]"));
  EXPECT_THAT(arguments[3], HasSubstr("\"datatype\":\"BYTES\",\"data\":[\"hello world\""));
}

TEST(SampleCommandTest, TakesTheFirstRowOfAGoldenExample) {
  const Signature signature = Takes({{"x", DType::kFp32, {-1, 2}}});
  const std::vector<NamedTensor> example = {Floats("x", {2, 2}, {5.1f, 3.5f, 1, 2})};
  EXPECT_THAT(SampleCommand(kDigits, signature, example, true),
              HasSubstr("\"shape\":[1,2],\"datatype\":\"FP32\",\"data\":[5.1,3.5]"));
  EXPECT_THAT(SampleCommand(kDigits, signature, example, false),
              HasSubstr("\"shape\":[2,2],\"datatype\":\"FP32\",\"data\":[5.1,3.5,1.0,2.0]"));
}

TEST(SampleCommandTest, TakesTheFirstRowOfTexts) {
  std::string wire;
  for (const std::string_view text : {"it's fine", "second"}) AppendBytesElement(wire, text);
  const std::vector<NamedTensor> example = {{"t", {DType::kBytes, {2}, Buffer::Own(wire)}}};
  const auto arguments =
      RunWithFakeCurl(SampleCommand(kDigits, Takes({{"t", DType::kBytes, {-1}}}), example, true));
  ASSERT_EQ(arguments.size(), 4u);
  EXPECT_EQ(arguments[3],
            "{\"inputs\":[{\"name\":\"t\",\"shape\":[1],\"datatype\":\"BYTES\","
            "\"data\":[\"it\\u0027s fine\"]}]}");
}

TEST(SampleCommandTest, AnExampleThatJsonCannotSayGivesWayToPlausibleValues) {
  const std::vector<NamedTensor> example = {
      Floats("x", {1}, {std::numeric_limits<float>::quiet_NaN()})};
  EXPECT_THAT(SampleCommand(kDigits, Takes({{"x", DType::kFp32, {1}}}), example, false),
              HasSubstr("\"data\":[0.5]"));
}

TEST(SampleCommandTest, LeavesOptionalInputsOut) {
  EXPECT_THAT(
      SampleCommand(kDigits, Takes({{"x", DType::kFp32, {1}}, {"y", DType::kFp32, {1}, true}}), {},
                    false),
      Not(HasSubstr("\"y\"")));
}

// A picture of 150,528 numbers is made by the shell, not printed on the page.
TEST(SampleCommandTest, LetsTheShellMakeLargeTensors) {
  const std::string line = SampleCommand(
      kDigits, Takes({{"image", DType::kFp32, {-1, 3, 224, 224}}, {"k", DType::kInt64, {1}}}), {},
      true);
  EXPECT_LT(line.size(), 600u);
  const auto arguments = RunWithFakeCurl(line);
  ASSERT_EQ(arguments.size(), 4u);
  const std::string& body = arguments[3];
  EXPECT_TRUE(IsJson(body));
  EXPECT_EQ(std::count(body.begin(), body.end(), '5'), 150'528);
  EXPECT_THAT(body, StartsWith("{\"inputs\":[{\"name\":\"image\",\"shape\":[1,3,224,224]"));
  EXPECT_THAT(body, HasSubstr("0.5,0.5]},{\"name\":\"k\",\"shape\":[1],\"datatype\":\"INT64\""));
}

TEST(SampleCommandTest, GuessesOpenDimensions) {
  const auto shape_of = [](Shape pattern) {
    return SampleCommand(kDigits, Takes({{"x", DType::kUint8, std::move(pattern)}}), {}, true);
  };
  EXPECT_THAT(shape_of({-1, 3, -1, -1}), HasSubstr("\"shape\":[1,3,32,32]"));
  EXPECT_THAT(shape_of({-1, -1}), HasSubstr("\"shape\":[1,8]"));
  EXPECT_THAT(shape_of({}), HasSubstr("\"shape\":[],\"datatype\":\"UINT8\",\"data\":[1]"));
}

TEST(SampleCommandTest, GivesUpOnWhatNoLineCanSay) {
  EXPECT_EQ(SampleCommand(kDigits, Takes({{"x", DType::kFp32, {1, 4096, 4096}}}), {}, true), "");
  EXPECT_EQ(SampleCommand(kDigits, Takes({{"x", DType::kFp32, {int64_t{1} << 62, 4}}}), {}, true),
            "");
  std::vector<TensorSpec> many;
  for (int i = 0; i < 5000; ++i) many.push_back({"feature" + std::to_string(i), DType::kFp32, {1}});
  EXPECT_EQ(SampleCommand(kDigits, Takes(many), {}, true), "");
}

TEST(SampleCommandTest, SpeaksToAnotherVersionAndToAUnixSocket) {
  const Signature signature = Takes({{"x", DType::kFp32, {1}}});
  EXPECT_THAT(SampleCommand({"http://[::1]:8080", "digits", "3"}, signature, {}, false),
              StartsWith("curl -s 'http://[::1]:8080/v2/models/digits/versions/3/infer' -d "));
  EXPECT_THAT(SampleCommand({"unix:/run/my slip.sock", "digits"}, signature, {}, false),
              StartsWith("curl -s --unix-socket '/run/my slip.sock' "
                         "http://localhost/v2/models/digits/infer -d "));
}

// Names are the model author's; the reader pastes the line into a shell.
TEST(SampleCommandTest, NamesCannotReachTheShell) {
  const std::string hostile = "'; touch /tmp/owned; $(id) `id` \\ \" \n ../%2e é'";
  const std::string line = SampleCommand({"http://h'$(id)", hostile, hostile},
                                         Takes({{hostile, DType::kFp32, {300}}}), {}, false);
  const auto arguments = RunWithFakeCurl(line);
  ASSERT_EQ(arguments.size(), 4u);
  EXPECT_THAT(arguments[1], StartsWith("http://h'$(id)/v2/models/%27%3B%20touch%20%2Ftmp%2Fowned"));
  EXPECT_TRUE(IsJson(arguments[3]));
  EXPECT_THAT(arguments[3],
              HasSubstr("\\u0027; touch /tmp/owned; $(id) `id` \\\\ \\\" \\n ../%2e é\\u0027"));
}

}  // namespace
}  // namespace slipway::admin
