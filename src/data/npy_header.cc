#include "data/npy_header.h"

#include <array>
#include <charconv>
#include <cstring>

namespace slipway::data {
namespace {

/// The header is the text of a Python dict with three known keys; only that much Python is read.
class HeaderReader {
 public:
  explicit HeaderReader(std::string_view text) : rest_(text) {}

  StatusOr<NpyHeader> Run() {
    NpyHeader header;
    if (!Take('{')) return MalformedNpy("its header is no dict");
    while (!Take('}')) {
      std::string key;
      if (!ReadString(key) || !Take(':')) return MalformedNpy("a key is missing in its header");
      RETURN_IF_ERROR(ReadValue(key, header));
      if (!Take(',') && !Peek('}')) return MalformedNpy("its header is cut off");
    }
    if (header.descr.empty() || !has_shape_) return MalformedNpy("its header lacks descr or shape");
    return header;
  }

 private:
  Status ReadValue(const std::string& key, NpyHeader& header) {
    if (key == "descr") {
      if (!ReadString(header.descr))
        return Error(Reason::kBadRequest, "structured arrays are not taken, only plain ones");
    } else if (key == "fortran_order") {
      header.fortran_order = TakeWord("True");
      if (!header.fortran_order && !TakeWord("False")) return MalformedNpy("fortran_order");
    } else if (key == "shape") {
      has_shape_ = true;
      return ReadShape(header.shape);
    } else {
      return MalformedNpy(fmt::format("unknown key \"{}\"", key));
    }
    return OkStatus();
  }

  Status ReadShape(Shape& shape) {
    if (!Take('(')) return MalformedNpy("its shape is no tuple");
    while (!Take(')')) {
      SkipSpace();
      int64_t dim;
      const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), dim);
      if (error != std::errc() || dim < 0 || shape.size() == size_t{kMaxRank})
        return MalformedNpy("its shape");
      rest_.remove_prefix(static_cast<size_t>(end - rest_.data()));
      shape.push_back(dim);
      if (!Take(',') && !Peek(')')) return MalformedNpy("its shape");
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
  if (!file.starts_with(kNpyMagic) || file.size() < kNpyMagic.size() + 2)
    return MalformedNpy("no magic string");
  const auto major = static_cast<uint8_t>(file[kNpyMagic.size()]);
  if (major < 1 || major > 3)
    return MalformedNpy(fmt::format("format version {} is unknown", major));
  const size_t length_bytes = major == 1 ? 2 : 4;
  file.remove_prefix(kNpyMagic.size() + 2);
  if (file.size() < length_bytes) return MalformedNpy("it is cut off");
  uint32_t length = 0;
  std::memcpy(&length, file.data(), length_bytes);
  file.remove_prefix(length_bytes);
  if (length > kMaxNpyHeaderBytes || length > file.size())
    return MalformedNpy("its header is cut off");
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

}  // namespace

Status MalformedNpy(std::string_view what) {
  return Error(Reason::kBadRequest, "no .npy file: {}", what);
}

StatusOr<NpyHeader> TakeNpyHeader(std::string_view& file) {
  ASSIGN_OR_RETURN(const std::string_view text, TakeHeaderText(file));
  return HeaderReader(text).Run();
}

std::optional<DType> NpyDTypeOf(std::string_view descr) {
  for (const NpyType& type : kNpyTypes)
    if (type.descr == descr) return type.dtype;
  return std::nullopt;
}

StatusOr<size_t> NpyStringWidth(std::string_view descr) {
  const bool is_text = descr.starts_with("<U");
  if (!is_text && !descr.starts_with("|S"))
    return Error(Reason::kBadRequest, "arrays of type \"{}\" are not taken", descr);
  size_t width;
  const char* const end = descr.data() + descr.size();
  const auto [at, error] = std::from_chars(descr.data() + 2, end, width);
  constexpr size_t kMaxWidth = 1u << 20;  // of one cell: it is read at once
  if (error != std::errc() || at != end || width > kMaxWidth) return MalformedNpy("its descr");
  return width * (is_text ? 4 : 1);
}

bool DecodeNpyString(std::string_view raw, bool is_text, std::string& out) {
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

}  // namespace slipway::data
