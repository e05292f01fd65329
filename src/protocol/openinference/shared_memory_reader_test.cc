#include "protocol/openinference/shared_memory_reader.h"

namespace slipway::openinference {
namespace {

TEST(SharedMemoryReaderTest, ReadsARegion) {
  const auto spec = ReadRegisterRequest(
      R"({"key":"/input","spare":[1],"offset":18446744073709551615,"byte_size":64})");
  ASSERT_TRUE(spec.ok()) << spec.status();
  EXPECT_EQ(spec->key, "/input");
  EXPECT_EQ(spec->offset, UINT64_MAX);
  EXPECT_EQ(spec->byte_size, 64u);
  EXPECT_EQ(ReadRegisterRequest(R"({"key":"k","byte_size":1})")->offset, 0u);
}

TEST(SharedMemoryReaderTest, SaysWhatIsWrong) {
  const struct {
    std::string_view body, message;
  } kCases[] = {
      {"{}", "\"key\" is missing"},
      {R"({"key":"k"})", "\"byte_size\" is missing"},
      {R"({"key":"k","key":"l","byte_size":1})", "\"key\" is given twice"},
      {R"({"key":"k","byte_size":1,"byte_size":2})", "\"byte_size\" is given twice"},
      {R"({"key":"k","offset":0,"offset":0,"byte_size":2})", "\"offset\" is given twice"},
  };
  for (const auto& [body, message] : kCases) {
    const auto spec = ReadRegisterRequest(body);
    EXPECT_EQ(MessageOf(spec.status()), message);
    EXPECT_EQ(ReasonOf(spec.status()), Reason::kBadRequest);
  }
}

TEST(SharedMemoryReaderTest, SizesAreWholeNumbersOf64Bits) {
  for (const std::string_view number :
       {"-1", "1.0", "1e2", "18446744073709551616", "\"1\"", "null"})
    for (const std::string_view field : {"offset", "byte_size"}) {
      const auto spec = ReadRegisterRequest(fmt::format(R"({{"key":"k","{}":{}}})", field, number));
      ASSERT_FALSE(spec.ok()) << number;
      EXPECT_TRUE(MessageOf(spec.status()).starts_with(fmt::format("\"{}\": ", field)));
    }
  for (const std::string_view bad : {"", "[]", "null", R"({"key":1,"byte_size":1})", "{}x"})
    EXPECT_FALSE(ReadRegisterRequest(bad).ok()) << bad;
}

}  // namespace
}  // namespace slipway::openinference
