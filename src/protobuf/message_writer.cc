#include "protobuf/message_writer.h"

#include <google/protobuf/io/coded_stream.h>

#include "protobuf/message_reader.h"

namespace slipway::protobuf {
namespace {

using google::protobuf::io::CodedOutputStream;

/// The most bytes that a varint takes.
constexpr size_t kVarintBytes = 10;

/// A number as varint, in place.
class Encoded {
 public:
  explicit Encoded(uint64_t value) : end_(CodedOutputStream::WriteVarint64ToArray(value, bytes_)) {}
  std::string_view text() const {
    return {reinterpret_cast<const char*>(bytes_), static_cast<size_t>(end_ - bytes_)};
  }

 private:
  uint8_t bytes_[kVarintBytes];
  const uint8_t* end_;
};

}  // namespace

void AppendVarint(std::string& out, uint64_t value) { out.append(Encoded(value).text()); }

void MessageWriter::Varint(uint32_t number, uint64_t value) {
  AppendVarint(out_, VarintTag(number));
  AppendVarint(out_, value);
}

void MessageWriter::Bytes(uint32_t number, std::string_view bytes) {
  BytesHeader(number, bytes.size());
  out_.append(bytes);
}

void MessageWriter::BytesHeader(uint32_t number, size_t size) {
  AppendVarint(out_, BytesTag(number));
  AppendVarint(out_, size);
}

size_t MessageWriter::Begin(uint32_t number) {
  BytesHeader(number, 0);
  return out_.size();
}

void MessageWriter::End(size_t begun) {
  const Encoded length(out_.size() - begun);
  out_.replace(begun - 1, 1, length.text());
}

}  // namespace slipway::protobuf
