#include "data/parquet/value_decoder.h"

#include <algorithm>
#include <cstring>

namespace slipway::data::parquet {
namespace {

constexpr size_t kBlockBytes = size_t{64} << 10;
constexpr uint64_t kMaxTextBytes = uint64_t{64} << 20;

Status TooFew(size_t count) {
  return Error(Reason::kBadRequest, "its values are damaged, or fewer than its header says ({})",
               count);
}

}  // namespace

StatusOr<std::string_view> TextArena::Append(PageSource& source, std::string_view text) {
  const size_t size = text.size();
  if (blocks_.empty() || size > blocks_.back().size() - used_) {
    HeldBytes block;
    RETURN_IF_ERROR(block.Allocate(source, std::max(size, kBlockBytes)));
    blocks_.push_back(std::move(block));
    used_ = 0;
  }
  char* const to = blocks_.back().data() + used_;
  text.copy(to, size);
  used_ += size;
  return std::string_view(to, size);
}

Status ValueDecoder::Begin(const ColumnSchema& column, Encoding encoding, std::string_view data) {
  column_ = &column;
  encoding_ = encoding;
  rest_ = data;
  const bool is_int = column.physical == Physical::kInt32 || column.physical == Physical::kInt64;
  const bool is_fixed = column.physical == Physical::kFixedBytes;
  const bool has_bytes = is_fixed || column.width == 0;
  bool known = false, begins = true;
  switch (encoding) {
    case Encoding::kPlain:
      known = true;
      break;
    case Encoding::kDelta:
      known = is_int;
      begins = numbers_.Begin(data);
      break;
    case Encoding::kDeltaLength:
      known = column.width == 0;
      begins = numbers_.Begin(data) && numbers_.FindEnd(&rest_);
      break;
    case Encoding::kDeltaBytes:
      known = has_bytes;
      begins = prefixes_.Begin(data) && prefixes_.FindEnd(&rest_) && numbers_.Begin(rest_) &&
               numbers_.FindEnd(&rest_);
      previous_.clear();
      break;
    case Encoding::kSplit:
      known = column.width != 0 && column.physical != Physical::kInt96;
      split_values_ = known ? data.size() / column.width : 0;
      split_at_ = 0;
      break;
    default:
      break;
  }
  if (!known)
    return Error(Reason::kUnsupported, "encoding {} of type {} is not read",
                 static_cast<int>(encoding), NameOf(column.physical));
  // A page without values may be without bytes.
  if (!begins && !data.empty()) return TooFew(0);
  return OkStatus();
}

StatusOr<std::string_view> ValueDecoder::Take(uint64_t size) {
  if (size > rest_.size())
    return Error(Reason::kBadRequest, "a value of {} bytes is longer than the {} that are left",
                 size, rest_.size());
  const std::string_view taken = rest_.substr(0, static_cast<size_t>(size));
  rest_.remove_prefix(taken.size());
  return taken;
}

Status ValueDecoder::Lengths(DeltaDecoder& decoder, size_t count, std::vector<int64_t>& out) {
  out.resize(count);
  if (!decoder.Decode(count, out.data())) return TooFew(count);
  for (const int64_t length : out)
    if (length < 0 || static_cast<uint64_t>(length) > kMaxTextBytes)
      return Error(Reason::kBadRequest, "expected a value of up to {} MB, got {} bytes",
                   kMaxTextBytes >> 20, length);
  return OkStatus();
}

StatusOr<const char*> ValueDecoder::Fixed(size_t count) {
  const size_t width = column_->width;
  if (encoding_ == Encoding::kPlain) {
    if (count > rest_.size() / width) return TooFew(count);
    const char* const values = rest_.data();
    rest_.remove_prefix(count * width);
    return values;
  }
  if (encoding_ == Encoding::kDeltaBytes) return FixedDeltaBytes(count);
  scratch_.resize(count * width);
  char* to = scratch_.data();
  if (encoding_ == Encoding::kSplit) {
    if (count > split_values_ - split_at_) return TooFew(count);
    for (size_t byte = 0; byte < width; ++byte)
      for (size_t i = 0; i < count; ++i)
        to[i * width + byte] = rest_[byte * split_values_ + split_at_ + i];
    split_at_ += count;
    return to;
  }
  lengths_.resize(count);
  if (!numbers_.Decode(count, lengths_.data())) return TooFew(count);
  for (const int64_t value : lengths_) {
    std::memcpy(to, &value, width);
    to += width;
  }
  return scratch_.data();
}

StatusOr<const char*> ValueDecoder::FixedDeltaBytes(size_t count) {
  const size_t width = column_->width;
  RETURN_IF_ERROR(Lengths(prefixes_, count, prefix_lengths_));
  RETURN_IF_ERROR(Lengths(numbers_, count, lengths_));
  scratch_.resize(count * width);
  for (size_t i = 0; i < count; ++i) {
    const auto prefix = static_cast<size_t>(prefix_lengths_[i]);
    ASSIGN_OR_RETURN(const std::string_view suffix, Take(static_cast<uint64_t>(lengths_[i])));
    if (prefix > previous_.size() || prefix + suffix.size() != width)
      return Error(Reason::kBadRequest, "expected a value of {} bytes, got {}", width,
                   prefix + suffix.size());
    previous_.resize(prefix);
    previous_ += suffix;
    previous_.copy(scratch_.data() + i * width, width);
  }
  return scratch_.data();
}

Status ValueDecoder::Views(size_t count, std::string_view* out, PageSource& source,
                           TextArena& arena) {
  if (encoding_ == Encoding::kDeltaBytes) return DeltaViews(count, out, source, arena);
  if (encoding_ == Encoding::kDeltaLength) {
    RETURN_IF_ERROR(Lengths(numbers_, count, lengths_));
    for (size_t i = 0; i < count; ++i) {
      ASSIGN_OR_RETURN(out[i], Take(static_cast<uint64_t>(lengths_[i])));
    }
    return OkStatus();
  }
  for (size_t i = 0; i < count; ++i) {
    uint32_t length;
    if (rest_.size() < sizeof(length)) return TooFew(count);
    std::memcpy(&length, rest_.data(), sizeof(length));
    rest_.remove_prefix(sizeof(length));
    ASSIGN_OR_RETURN(out[i], Take(length));
  }
  return OkStatus();
}

Status ValueDecoder::DeltaViews(size_t count, std::string_view* out, PageSource& source,
                                TextArena& arena) {
  RETURN_IF_ERROR(Lengths(prefixes_, count, prefix_lengths_));
  RETURN_IF_ERROR(Lengths(numbers_, count, lengths_));
  for (size_t i = 0; i < count; ++i) {
    const auto prefix = static_cast<size_t>(prefix_lengths_[i]);
    if (prefix > previous_.size())
      return Error(Reason::kBadRequest, "a value begins with {} bytes of one that has {}", prefix,
                   previous_.size());
    ASSIGN_OR_RETURN(const std::string_view suffix, Take(static_cast<uint64_t>(lengths_[i])));
    previous_.resize(prefix);
    previous_ += suffix;
    ASSIGN_OR_RETURN(out[i], arena.Append(source, previous_));
  }
  return OkStatus();
}

}  // namespace slipway::data::parquet
