#include "import/formats.h"

#include <gtest/gtest.h>

#include <string>

namespace slipway::importing {
namespace {

using namespace std::string_view_literals;

TEST(FormatsTest, BytesDecideAndNamesWhereBytesDoNot) {
  struct Case {
    std::string_view name, bytes;
    Format format;
  };
  const Case cases[] = {
      {"m.pkl", "\x80\x04\x95", Format::kPickle},
      {"m", "\x80\x02}", Format::kPickle},
      {"m.pkl", "csklearn.linear_model", Format::kPickle},
      {"m.joblib", "\x78\x9c", Format::kPickle},
      {"m.pkl.gz", "\x1f\x8b\x08", Format::kPickle},
      {"m.skops", "PK\x03\x04", Format::kSkops},
      {"m.json", R"({"learner":{"attributes":{}}})", Format::kXgboostJson},
      {"m.json", R"( { "learner": {} })", Format::kXgboostJson},
      {"m.json", R"({"features_info":{}, "oblivious_trees":[]})", Format::kCatboostJson},
      {"m.ubj", "{L\0\0\0\0\0\0\0\x07learner"sv, Format::kXgboostUbjson},
      {"m.bst", "binf\0\0\0\0"sv, Format::kXgboostBinary},
      {"m.bst", "\0\0\0\x3f"sv, Format::kXgboostBinary},
      {"m.bst", R"({"learner":{}})", Format::kXgboostJson},
      {"m.txt", "tree\nversion=v4\n", Format::kLightgbmText},
      {"m.cbm", "CBM1\0"sv, Format::kCatboost},
      {"m.onnx", "\x08\x0a\x12\x07slipway", Format::kNone},
      {"m.txt", "treetop", Format::kNone},
      {"m", "", Format::kNone},
      {"m.bin", "\x80", Format::kNone},
  };
  for (const Case& c : cases)
    EXPECT_EQ(FormatOf(c.name, std::as_bytes(std::span(c.bytes))), c.format) << c.name << c.bytes;
}

TEST(FormatsTest, FilesNextToAModelAreNoModels) {
  for (const std::string_view name : {"model.pkl", "churn.joblib", "m.ubj", "m.cbm"})
    EXPECT_TRUE(HasModelEnding(name)) << name;
  for (const std::string_view name : {"aliases.json", "model-settings.json", "labels.txt", "a.npy"})
    EXPECT_FALSE(HasModelEnding(name) || IsModelOfFolder(name)) << name;
  EXPECT_TRUE(IsModelOfFolder("model.json"));
  EXPECT_TRUE(IsModelOfFolder("model.txt"));
}

}  // namespace
}  // namespace slipway::importing
