#include "transport/grpc/message_reader.h"

#include <malloc.h>

#include <vector>

namespace slipway::grpc {
namespace {

constexpr size_t kMaxMessage = size_t{64} << 20;

size_t HeapBytes() {
  const struct mallinfo2 info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

TEST(MessageReaderTest, APrefixCostsNothingWhateverItClaims) {
  const auto budget = std::make_shared<http::Budget>();
  http::BlockPool pool;
  std::vector<std::unique_ptr<MessageReader>> readers;
  const size_t before = HeapBytes();
  for (int i = 0; i < 1000; ++i) {
    readers.push_back(std::make_unique<MessageReader>(
        budget, pool,
        MessageReader::Options{
            .max_message_bytes = kMaxMessage, .max_buffered_bytes = kMaxMessage, .encoding = {}}));
    std::string_view prefix("\0\4\0\0\0", kPrefixBytes);  // of 64 MiB
    const auto message = readers.back()->Next(prefix);
    ASSERT_TRUE(message.ok()) << message.status();
    ASSERT_EQ(*message, nullptr);
  }
  EXPECT_LT(HeapBytes() - before, 1u << 20);
  EXPECT_EQ(budget->used(), 0u);
}

}  // namespace
}  // namespace slipway::grpc
