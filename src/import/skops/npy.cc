#include "import/skops/npy.h"

#include <charconv>
#include <string>
#include <string_view>

#include "import/pickle/numpy.h"
#include "import/pickle/text.h"

namespace slipway::skops {
namespace {

using pickle::ArrayLayout;
using pickle::NumpyType;
using pickle::Printable;

Status Bad(std::string_view complaint) {
  return Error(Reason::kBadModel, ".npy file: {}", complaint);
}

struct Header {
  NumpyType type;
  ArrayLayout layout;
};

/// The header is the text of a Python dict with three known keys; only that much Python is read.
class HeaderReader {
 public:
  explicit HeaderReader(std::string_view text) : rest_(text) {}

  StatusOr<Header> Run() {
    Header header;
    bool has_type = false, has_shape = false;
    if (!Take('{')) return Bad("expected a dict as its header");
    while (!Take('}')) {
      std::string_view key;
      if (!TakeString(key) || !Take(':')) return Bad("expected a key in its header");
      if (key == "descr") {
        has_type = true;
        ASSIGN_OR_RETURN(header.type, TakeType());
      } else if (key == "fortran_order") {
        if (TakeWord("True"))
          header.layout.order = ArrayLayout::Order::kFortran;
        else if (!TakeWord("False"))
          return Bad("fortran_order: expected True or False");
      } else if (key == "shape") {
        has_shape = true;
        ASSIGN_OR_RETURN(header.layout.shape, TakeShape());
      } else {
        return Bad(fmt::format("expected no key \"{}\" in its header", Printable(key)));
      }
      if (!Take(',') && !Peek('}')) return Bad("its header is cut off");
    }
    if (!has_type || !has_shape) return Bad("expected descr and shape in its header");
    return header;
  }

 private:
  /// '<f8', or [('left', '<i8'), ('', '|V7'), …]: unnamed fields are holes.
  StatusOr<NumpyType> TakeType() {
    std::string_view code;
    if (TakeString(code)) return pickle::ParseNumpyType(code);
    if (!Take('[')) return Bad("descr: expected a type or a list of fields");
    constexpr size_t kMaxFields = 1024;
    NumpyType whole;
    whole.type.kind = 'V';
    whole.type.item_bytes = 0;
    while (!Take(']')) {
      std::string_view name;
      if (!Take('(') || !TakeString(name) || !Take(',') || !TakeString(code))
        return Bad("descr: expected a name and a type for each field");
      if (!Take(')'))
        return Error(Reason::kUnsupported, ".npy file: field \"{}\" holds arrays or objects",
                     Printable(name));
      ASSIGN_OR_RETURN(const NumpyType field, pickle::ParseNumpyType(code));
      if (field.type.kind == 'O')
        return Error(Reason::kUnsupported, ".npy file: field \"{}\" holds arrays or objects",
                     Printable(name));
      if (whole.type.fields.size() == kMaxFields) return Bad("descr: expected at most 1024 fields");
      if (!name.empty()) {
        whole.type.fields.push_back(
            {std::string(name), whole.type.item_bytes, field.type.kind, field.type.item_bytes});
        whole.field_big_endian.push_back(field.big_endian);
      }
      whole.type.item_bytes += field.type.item_bytes;
      if (!Take(',') && !Peek(']')) return Bad("descr: expected the end of its fields");
    }
    return whole;
  }

  StatusOr<std::vector<int64_t>> TakeShape() {
    constexpr size_t kMaxAxes = 64;
    std::vector<int64_t> shape;
    if (!Take('(')) return Bad("shape: expected a tuple");
    while (!Take(')')) {
      SkipSpace();
      int64_t size = 0;
      const char* const end = rest_.data() + rest_.size();
      const auto [stop, error] = std::from_chars(rest_.data(), end, size);
      if (error != std::errc() || shape.size() == kMaxAxes)
        return Bad(fmt::format("shape: expected at most {} whole numbers", kMaxAxes));
      rest_.remove_prefix(static_cast<size_t>(stop - rest_.data()));
      shape.push_back(size);
      if (!Take(',') && !Peek(')')) return Bad("shape: expected its end");
    }
    return shape;
  }

  void SkipSpace() {
    const size_t at = rest_.find_first_not_of(" \n");
    rest_.remove_prefix(std::min(at, rest_.size()));
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
  bool TakeString(std::string_view& out) {
    SkipSpace();
    if (!rest_.starts_with('\'') && !rest_.starts_with('"')) return false;
    const size_t end = rest_.find(rest_.front(), 1);
    if (end == rest_.npos) return false;
    out = rest_.substr(1, end - 1);
    rest_.remove_prefix(end + 1);
    return true;
  }

  std::string_view rest_;
};

}  // namespace

StatusOr<pickle::Array> ReadNpy(std::span<const std::byte> file, pickle::Heap& heap) {
  const std::string_view text(reinterpret_cast<const char*>(file.data()), file.size());
  constexpr std::string_view kMagic = "\x93NUMPY";
  constexpr size_t kShortHead = 10, kLongHead = 12, kMaxHeaderBytes = size_t{1} << 20;
  if (!text.starts_with(kMagic) || text.size() < kLongHead) return Bad("expected numpy's magic");
  const auto byte_at = [&](size_t at) {
    return static_cast<size_t>(static_cast<uint8_t>(text[at]));
  };
  const size_t version = byte_at(6);
  if (version < 1 || version > 3)
    return Bad(fmt::format("expected a version from 1 to 3, got {}", version));
  const bool is_short = version == 1;
  const size_t head = is_short ? kShortHead : kLongHead;
  size_t header_bytes = byte_at(8) | byte_at(9) << 8;
  if (!is_short) header_bytes |= byte_at(10) << 16 | byte_at(11) << 24;
  if (header_bytes > kMaxHeaderBytes || header_bytes > text.size() - head)
    return Bad(fmt::format("expected a header of {} bytes", header_bytes));
  ASSIGN_OR_RETURN(Header header, HeaderReader(text.substr(head, header_bytes)).Run());
  if (header.type.type.kind == 'O')
    return Error(Reason::kUnsupported,
                 ".npy file: an array of objects is a pickle, which is not read");
  return pickle::MakeArray(header.type, std::move(header.layout), file.subspan(head + header_bytes),
                           heap);
}

}  // namespace slipway::skops
