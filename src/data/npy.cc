#include "data/npy.h"

#include <array>
#include <charconv>
#include <cstring>
#include <optional>

namespace slipway::data {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr size_t kMaxHeaderBytes = 64u << 10;
constexpr size_t kDataAlignment = 64;

struct TypeName {
  std::string_view descr;
  DType dtype;
};
constexpr std::array<TypeName, 12> kTypes = {{{"|b1", DType::kBool},
                                              {"|u1", DType::kUint8},
                                              {"<u2", DType::kUint16},
                                              {"<u4", DType::kUint32},
                                              {"<u8", DType::kUint64},
                                              {"|i1", DType::kInt8},
                                              {"<i2", DType::kInt16},
                                              {"<i4", DType::kInt32},
                                              {"<i8", DType::kInt64},
                                              {"<f2", DType::kFp16},
                                              {"<f4", DType::kFp32},
                                              {"<f8", DType::kFp64}}};

struct Header {
  std::string descr;
  bool fortran_order = false;
  Shape shape;
};

Status Malformed(std::string_view what) {
  return Error(Reason::kBadRequest, "no .npy file: {}", what);
}

/// The header is the text of a Python dict with three known keys; only that much Python is read.
class HeaderReader {
 public:
  explicit HeaderReader(std::string_view text) : rest_(text) {}

  StatusOr<Header> Run() {
    Header header;
    if (!Take('{')) return Malformed("its header is no dict");
    while (!Take('}')) {
      std::string key;
      if (!ReadString(key) || !Take(':')) return Malformed("a key is missing in its header");
      RETURN_IF_ERROR(ReadValue(key, header));
      if (!Take(',') && !Peek('}')) return Malformed("its header is cut off");
    }
    if (header.descr.empty() || !has_shape_) return Malformed("its header lacks descr or shape");
    return header;
  }

 private:
  Status ReadValue(const std::string& key, Header& header) {
    if (key == "descr") {
      if (!ReadString(header.descr))
        return Error(Reason::kBadRequest, "structured arrays are not taken, only plain ones");
    } else if (key == "fortran_order") {
      header.fortran_order = TakeWord("True");
      if (!header.fortran_order && !TakeWord("False")) return Malformed("fortran_order");
    } else if (key == "shape") {
      has_shape_ = true;
      return ReadShape(header.shape);
    } else {
      return Malformed(fmt::format("unknown key \"{}\"", key));
    }
    return OkStatus();
  }

  Status ReadShape(Shape& shape) {
    if (!Take('(')) return Malformed("its shape is no tuple");
    while (!Take(')')) {
      SkipSpace();
      int64_t dim;
      const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), dim);
      if (error != std::errc() || dim < 0 || shape.size() == size_t{kMaxRank})
        return Malformed("its shape");
      rest_.remove_prefix(static_cast<size_t>(end - rest_.data()));
      shape.push_back(dim);
      if (!Take(',') && !Peek(')')) return Malformed("its shape");
    }
    return OkStatus();
  }

  void SkipSpace() {
    while (!rest_.empty() && (rest_.front() == ' ' || rest_.front() == '\n'))
      rest_.remove_prefix(1);
  }
  bool Peek(char c) {
    SkipSpace();
    return rest_.starts_with(c);
  }
  bool Take(char c) {
    if (!Peek(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  bool TakeWord(std::string_view word) {
    SkipSpace();
    if (!rest_.starts_with(word)) return false;
    rest_.remove_prefix(word.size());
    return true;
  }
  bool ReadString(std::string& out) {
    SkipSpace();
    if (rest_.empty() || (rest_.front() != '\'' && rest_.front() != '"')) return false;
    const size_t end = rest_.find(rest_.front(), 1);
    if (end == std::string_view::npos) return false;
    out = rest_.substr(1, end - 1);
    rest_.remove_prefix(end + 1);
    return true;
  }

  std::string_view rest_;
  bool has_shape_ = false;
};

StatusOr<std::string_view> TakeHeaderText(std::string_view& file) {
  if (!file.starts_with(kMagic) || file.size() < kMagic.size() + 2)
    return Malformed("no magic string");
  const auto major = static_cast<uint8_t>(file[kMagic.size()]);
  if (major < 1 || major > 3) return Malformed(fmt::format("format version {} is unknown", major));
  const size_t length_bytes = major == 1 ? 2 : 4;
  file.remove_prefix(kMagic.size() + 2);
  if (file.size() < length_bytes) return Malformed("it is cut off");
  uint32_t length = 0;
  std::memcpy(&length, file.data(), length_bytes);
  file.remove_prefix(length_bytes);
  if (length > kMaxHeaderBytes || length > file.size()) return Malformed("its header is cut off");
  const std::string_view text = file.substr(0, length);
  file.remove_prefix(length);
  return text;
}

void AppendUtf8(std::string& out, uint32_t code) {
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xC0 | code >> 6);
    out += static_cast<char>(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    out += static_cast<char>(0xE0 | code >> 12);
    out += static_cast<char>(0x80 | (code >> 6 & 0x3F));
    out += static_cast<char>(0x80 | (code & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | code >> 18);
    out += static_cast<char>(0x80 | (code >> 12 & 0x3F));
    out += static_cast<char>(0x80 | (code >> 6 & 0x3F));
    out += static_cast<char>(0x80 | (code & 0x3F));
  }
}

/// One element of S or U, its NUL padding removed; false for a number that is no character.
bool DecodeElement(std::string_view raw, bool is_text, std::string& out) {
  out.clear();
  if (!is_text) {
    const size_t last = raw.find_last_not_of('\0');
    out = raw.substr(0, last == std::string_view::npos ? 0 : last + 1);
    return true;
  }
  size_t padding_from = 0;
  for (size_t at = 0; at + 4 <= raw.size(); at += 4) {
    uint32_t code;
    std::memcpy(&code, raw.data() + at, 4);
    if (code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) return false;
    AppendUtf8(out, code);
    if (code != 0) padding_from = out.size();
  }
  out.resize(padding_from);
  return true;
}

StatusOr<Tensor> ReadStrings(const Header& header, std::string_view data) {
  const bool is_text = header.descr[1] == 'U';
  size_t width;
  const char* const end = header.descr.data() + header.descr.size();
  const auto [at, error] = std::from_chars(header.descr.data() + 2, end, width);
  constexpr size_t kMaxWidth = 1u << 30;
  if (error != std::errc() || at != end || width > kMaxWidth) return Malformed("its descr");
  width *= is_text ? 4 : 1;
  ASSIGN_OR_RETURN(const int64_t count, ElementCount(header.shape));
  // A width of 0 has no data to bound the count by.
  const auto elements = static_cast<uint64_t>(count);
  const bool fits = width == 0 ? elements <= kMaxHeaderBytes
                               : data.size() % width == 0 && data.size() / width == elements;
  if (!fits)
    return Malformed(
        fmt::format("expected {} elements of {} bytes, got {} bytes", count, width, data.size()));
  std::string wire, element;
  for (uint64_t i = 0; i < elements; ++i) {
    if (!DecodeElement(data.substr(i * width, width), is_text, element))
      return Malformed(fmt::format("element {} is no text", i));
    AppendBytesElement(wire, element);
  }
  return Tensor{DType::kBytes, header.shape, Buffer::Own(std::move(wire))};
}

StatusOr<Tensor> ReadNumbers(DType dtype, const Header& header, std::string_view data) {
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

std::optional<DType> DTypeOf(std::string_view descr) {
  for (const TypeName& type : kTypes)
    if (type.descr == descr) return type.dtype;
  return std::nullopt;
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
  const size_t before = kMagic.size() + 2 + 2 + header.size() + 1;
  header.append((kDataAlignment - before % kDataAlignment) % kDataAlignment, ' ');
  header += '\n';
  const auto length = static_cast<uint16_t>(header.size());
  std::string file(kMagic);
  file += '\x01';
  file += '\0';
  file.append(reinterpret_cast<const char*>(&length), sizeof(length));
  return file + header;
}

}  // namespace

StatusOr<Tensor> ReadNpy(std::span<const std::byte> file) {
  std::string_view rest(reinterpret_cast<const char*>(file.data()), file.size());
  ASSIGN_OR_RETURN(const std::string_view text, TakeHeaderText(rest));
  ASSIGN_OR_RETURN(const Header header, HeaderReader(text).Run());
  if (header.fortran_order && header.shape.size() > 1)
    return Error(Reason::kBadRequest,
                 "the array is in Fortran order: save it with numpy.ascontiguousarray");
  if (const auto dtype = DTypeOf(header.descr)) return ReadNumbers(*dtype, header, rest);
  const bool is_string = header.descr.starts_with("|S") || header.descr.starts_with("<U");
  if (is_string) return ReadStrings(header, rest);
  return Error(Reason::kBadRequest, "arrays of type \"{}\" are not taken", header.descr);
}

StatusOr<std::string> WriteNpy(const Tensor& tensor) {
  if (tensor.dtype == DType::kBytes) {
    size_t width;
    ASSIGN_OR_RETURN(const std::string data, PadStrings(tensor, width));
    return HeaderFor(fmt::format("|S{}", width), tensor.shape) + data;
  }
  for (const TypeName& type : kTypes) {
    if (type.dtype != tensor.dtype) continue;
    std::string file = HeaderFor(type.descr, tensor.shape);
    file.append(reinterpret_cast<const char*>(tensor.data.data()), tensor.data.size());
    return file;
  }
  return Error(Reason::kBadRequest, "{} has no .npy form", NameOf(tensor.dtype));
}

}  // namespace slipway::data
