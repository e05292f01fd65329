#include "data/parquet/runs.h"

#include <vector>

namespace slipway::data::parquet {
namespace {

using testing::ElementsAre;

/// With the room behind that decoders want.
class Padded {
 public:
  explicit Padded(std::vector<uint8_t> bytes) : size_(bytes.size()), bytes_(std::move(bytes)) {
    bytes_.resize(size_ + kDecodeSlack);
  }
  std::string_view view() const { return {reinterpret_cast<const char*>(bytes_.data()), size_}; }

 private:
  size_t size_;
  std::vector<uint8_t> bytes_;
};

std::vector<uint32_t> Runs(const std::vector<uint8_t>& bytes, uint32_t width, size_t count) {
  const Padded padded(bytes);
  std::vector<uint32_t> out(count);
  RunDecoder decoder(padded.view(), width);
  return decoder.Decode(count, out.data()) ? out : std::vector<uint32_t>();
}

std::vector<int64_t> Deltas(const std::vector<uint8_t>& bytes, size_t count) {
  const Padded padded(bytes);
  std::vector<int64_t> out(count);
  DeltaDecoder decoder;
  return decoder.Begin(padded.view()) && decoder.Decode(count, out.data()) ? out
                                                                           : std::vector<int64_t>();
}

TEST(RunsTest, UnpacksTheExampleOfTheSpecification) {
  // Eight values of three bits, then four times 5.
  EXPECT_THAT(Runs({0x03, 0x88, 0xC6, 0xFA, 0x08, 0x05}, 3, 12),
              ElementsAre(0, 1, 2, 3, 4, 5, 6, 7, 5, 5, 5, 5));
}

TEST(RunsTest, GivesNoMoreThanThereIs) {
  EXPECT_TRUE(Runs({0x08, 0x05}, 3, 5).empty());
  EXPECT_TRUE(Runs({0x08}, 3, 1).empty());
  EXPECT_TRUE(Runs({0x03, 0x88}, 3, 8).empty());
  EXPECT_TRUE(Runs({}, 1, 1).empty());
  EXPECT_TRUE(
      Runs({0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01}, 1, 1).empty());
  EXPECT_THAT(Runs({0x02, 0x01, 0x00, 0x00, 0x02, 0x07}, 3, 2), ElementsAre(1, 7));
}

TEST(RunsTest, NeedsNoBitsForOneValue) { EXPECT_THAT(Runs({0x06}, 0, 3), ElementsAre(0, 0, 0)); }

TEST(RunsTest, TakesARepeatedRunAtOnce) {
  const Padded bytes({0x08, 0x01, 0x03, 0x0F});
  RunDecoder decoder(bytes.view(), 1);
  uint32_t value = 9;
  EXPECT_FALSE(decoder.TakeRepeated(5, &value));
  EXPECT_TRUE(decoder.TakeRepeated(4, &value));
  EXPECT_EQ(value, 1u);
  EXPECT_FALSE(decoder.TakeRepeated(4, &value));
}

TEST(RunsTest, AddsUpDifferences) {
  // Blocks of 128, four miniblocks: 5 values from 1 in steps of 1.
  EXPECT_THAT(Deltas({0x80, 0x01, 0x04, 0x05, 0x02, 0x02, 0, 0, 0, 0}, 5),
              ElementsAre(1, 2, 3, 4, 5));
  // 7 5 3 1 2 3 4 5: least difference -2, the others in two bits.
  EXPECT_THAT(
      Deltas({0x80, 0x01, 0x04, 0x08, 0x0E, 0x03, 2, 0, 0, 0, 0xC0, 0x3F, 0, 0, 0, 0, 0, 0}, 8),
      ElementsAre(7, 5, 3, 1, 2, 3, 4, 5));
}

TEST(RunsTest, RefusesDifferencesThatLie) {
  EXPECT_TRUE(Deltas({0x80, 0x01, 0x04, 0x05, 0x02, 0x02, 0, 0, 0, 0}, 6).empty());
  EXPECT_TRUE(Deltas({0x80, 0x01, 0x00, 0x05, 0x02, 0x02, 0, 0, 0, 0}, 5).empty());
  EXPECT_TRUE(Deltas({0x80, 0x01, 0x03, 0x05, 0x02, 0x02, 0, 0, 0, 0}, 5).empty());
  EXPECT_TRUE(Deltas({0x80, 0x01, 0x04, 0x05, 0x02, 0x02, 65, 0, 0, 0}, 5).empty());
  EXPECT_TRUE(Deltas({0x80, 0x01, 0x04, 0x05, 0x02, 0x02, 9, 0, 0, 0}, 5).empty());
  EXPECT_TRUE(Deltas({0x80, 0x01, 0x04, 0x05, 0x02, 0x02, 0, 0}, 5).empty());
}

TEST(RunsTest, FindsWhatFollowsDifferences) {
  const Padded bytes({0x80, 0x01, 0x04, 0x05, 0x02, 0x02, 0, 0, 0, 0, 'x', 'y'});
  DeltaDecoder decoder;
  std::string_view behind;
  ASSERT_TRUE(decoder.Begin(bytes.view()) && decoder.FindEnd(&behind));
  EXPECT_EQ(behind, "xy");
}

}  // namespace
}  // namespace slipway::data::parquet
