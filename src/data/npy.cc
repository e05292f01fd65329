#include "data/npy.h"

#include <cstring>

#include "data/npy_header.h"

namespace slipway::data {
namespace {

constexpr size_t kDataAlignment = 64;

StatusOr<Tensor> ReadStrings(const NpyHeader& header, std::string_view data) {
  ASSIGN_OR_RETURN(const size_t width, NpyStringWidth(header.descr));
  const bool is_text = header.descr[1] == 'U';
  ASSIGN_OR_RETURN(const int64_t count, ElementCount(header.shape));
  // A width of 0 has no data to bound the count by.
  const auto elements = static_cast<uint64_t>(count);
  const bool fits = width == 0 ? elements <= kMaxNpyHeaderBytes
                               : data.size() % width == 0 && data.size() / width == elements;
  if (!fits)
    return MalformedNpy(
        fmt::format("expected {} elements of {} bytes, got {} bytes", count, width, data.size()));
  std::string wire, element;
  for (uint64_t i = 0; i < elements; ++i) {
    if (!DecodeNpyString(data.substr(i * width, width), is_text, element))
      return MalformedNpy(fmt::format("element {} is no text", i));
    AppendBytesElement(wire, element);
  }
  return Tensor{DType::kBytes, header.shape, Buffer::Own(std::move(wire))};
}

StatusOr<Tensor> ReadNumbers(DType dtype, const NpyHeader& header, std::string_view data) {
  ASSIGN_OR_RETURN(const int64_t bytes, ByteCount(dtype, header.shape));
  if (static_cast<uint64_t>(bytes) != data.size())
    return Error(Reason::kBadRequest, "expected {} bytes for {}, got {}", bytes,
                 ToString(dtype, header.shape), data.size());
  const auto borrowed = std::as_bytes(std::span(data));
  if (reinterpret_cast<uintptr_t>(data.data()) % ElementSize(dtype) == 0)
    return Tensor{dtype, header.shape, Buffer(borrowed)};
  std::byte* to;
  Buffer copy = Buffer::Allocate(data.size(), &to);
  std::memcpy(to, data.data(), data.size());
  return Tensor{dtype, header.shape, std::move(copy)};
}

/// Elements padded to the longest; `width` receives that.
StatusOr<std::string> PadStrings(const Tensor& tensor, size_t& width) {
  width = 1;  // NumPy has no S0
  std::string_view element;
  for (BytesReader reader(tensor.data.bytes()); reader.Next(&element);) {
    if (element.ends_with('\0'))
      return Error(Reason::kBadRequest, "an element ends in NUL, which .npy cannot say");
    width = std::max(width, element.size());
  }
  ASSIGN_OR_RETURN(const int64_t count, ElementCount(tensor.shape));
  size_t total;
  constexpr size_t kMaxBytes = size_t{4} << 30;
  if (__builtin_mul_overflow(width, static_cast<size_t>(count), &total) || total > kMaxBytes)
    return Error(Reason::kBadRequest, "{} elements padded to {} bytes are too many for .npy", count,
                 width);
  std::string data;
  data.reserve(total);
  for (BytesReader reader(tensor.data.bytes()); reader.Next(&element);) {
    data += element;
    data.append(width - element.size(), '\0');
  }
  return data;
}

std::string HeaderFor(std::string_view descr, const Shape& shape) {
  std::string dims;
  for (const int64_t dim : shape) dims += fmt::format("{}, ", dim);
  if (shape.size() > 1)
    dims.resize(dims.size() - 2);
  else if (shape.size() == 1)
    dims.pop_back();
  std::string header =
      fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({}), }}", descr, dims);
  const size_t before = kNpyMagic.size() + 2 + 2 + header.size() + 1;
  header.append((kDataAlignment - before % kDataAlignment) % kDataAlignment, ' ');
  header += '\n';
  const auto length = static_cast<uint16_t>(header.size());
  std::string file(kNpyMagic);
  file += '\x01';
  file += '\0';
  file.append(reinterpret_cast<const char*>(&length), sizeof(length));
  return file + header;
}

}  // namespace

StatusOr<Tensor> ReadNpy(std::span<const std::byte> file) {
  std::string_view rest(reinterpret_cast<const char*>(file.data()), file.size());
  ASSIGN_OR_RETURN(const NpyHeader header, TakeNpyHeader(rest));
  if (header.fortran_order && header.shape.size() > 1)
    return Error(Reason::kBadRequest,
                 "the array is in Fortran order: save it with numpy.ascontiguousarray");
  if (const auto dtype = NpyDTypeOf(header.descr)) return ReadNumbers(*dtype, header, rest);
  return ReadStrings(header, rest);
}

StatusOr<std::string> WriteNpy(const Tensor& tensor) {
  if (tensor.dtype == DType::kBytes) {
    size_t width;
    ASSIGN_OR_RETURN(const std::string data, PadStrings(tensor, width));
    return HeaderFor(fmt::format("|S{}", width), tensor.shape) + data;
  }
  for (const NpyType& type : kNpyTypes) {
    if (type.dtype != tensor.dtype) continue;
    std::string file = HeaderFor(type.descr, tensor.shape);
    file.append(reinterpret_cast<const char*>(tensor.data.data()), tensor.data.size());
    return file;
  }
  return Error(Reason::kBadRequest, "{} has no .npy form", NameOf(tensor.dtype));
}

}  // namespace slipway::data
