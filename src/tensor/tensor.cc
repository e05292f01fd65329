#include "tensor/tensor.h"

#include <cstring>
#include <memory>

namespace slipway {
namespace {

constexpr size_t kAlignment = 64;

}  // namespace

Buffer Buffer::Allocate(size_t size, std::byte** writable) {
  // Owner and bytes in one piece: an aligned allocation costs several times a plain one.
  auto owner = std::make_shared_for_overwrite<std::byte[]>(size + kAlignment - 1);
  void* start = owner.get();
  size_t space = size + kAlignment - 1;
  *writable = static_cast<std::byte*>(std::align(kAlignment, size, start, space));
  return Buffer({*writable, size}, std::move(owner));
}

Buffer Buffer::Own(std::string bytes) {
  auto owner = std::make_shared<const std::string>(std::move(bytes));
  const std::span<const std::byte> view(reinterpret_cast<const std::byte*>(owner->data()),
                                        owner->size());
  return Buffer(view, std::move(owner));
}

Buffer Buffer::Own(std::vector<std::byte> bytes) {
  auto owner = std::make_shared<const std::vector<std::byte>>(std::move(bytes));
  const std::span<const std::byte> view(*owner);
  return Buffer(view, std::move(owner));
}

bool BytesReader::Next(std::string_view* element) {
  uint32_t length;
  if (rest_.size() < sizeof(length)) return false;
  std::memcpy(&length, rest_.data(), sizeof(length));
  if (length > rest_.size() - sizeof(length)) return false;
  *element = {reinterpret_cast<const char*>(rest_.data()) + sizeof(length), length};
  rest_ = rest_.subspan(sizeof(length) + length);
  return true;
}

void AppendBytesElement(std::string& wire, std::string_view element) {
  const auto length = static_cast<uint32_t>(element.size());
  wire.append(reinterpret_cast<const char*>(&length), sizeof(length));
  wire.append(element);
}

Status CheckData(const Tensor& tensor) {
  ASSIGN_OR_RETURN(const int64_t expected, ElementCount(tensor.shape));
  if (tensor.dtype != DType::kBytes) {
    ASSIGN_OR_RETURN(const int64_t bytes, ByteCount(tensor.dtype, tensor.shape));
    if (static_cast<uint64_t>(bytes) != tensor.data.size())
      return Error(Reason::kBadRequest, "expected {} bytes for {}, got {}", bytes,
                   ToString(tensor.dtype, tensor.shape), tensor.data.size());
    return OkStatus();
  }
  BytesReader reader(tensor.data.bytes());
  std::string_view element;
  int64_t got = 0;
  while (reader.Next(&element)) ++got;
  if (!reader.done())
    return Error(Reason::kBadRequest, "BYTES element {}: its length runs past the data", got);
  if (got != expected)
    return Error(Reason::kBadRequest, "expected {} elements, got {}", expected, got);
  return OkStatus();
}

}  // namespace slipway
