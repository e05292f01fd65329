#include "data/parquet/column_reader.h"

#include <algorithm>
#include <cstring>
#include <limits>

#include "base/utf8.h"
#include "data/parquet/values.h"
#include "data/row_batch.h"

namespace slipway::data::parquet {
namespace {

constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();
constexpr uint32_t kMaxIndexBits = 32;

// Booleans are indices of one bit.
constexpr double kBooleans[] = {0, 1};
constexpr std::string_view kPaddedBooleans =
    "                                false"
    "                                true";
constexpr std::string_view kBooleanWords[] = {
    kPaddedBooleans.substr(RowBatch::kLookBehind, 5),
    kPaddedBooleans.substr(2 * RowBatch::kLookBehind + 5)};

Status CheckText(std::string_view text) {
  if (!IsValidUtf8(text)) return Error(Reason::kBadRequest, "a value is no UTF-8 text");
  if (text.find('\0') != std::string_view::npos)
    return Error(Reason::kBadRequest, "a NUL character is no text");
  return OkStatus();
}

}  // namespace

void ColumnReader::Begin(const Chunk& chunk) {
  ForgetWords();
  pages_ = PageReader(*source_, chunk, column_->nullable);
  page_left_ = 0;
  has_dictionary_ = false;
  dictionary_bytes_.Free();
  dictionary_arena_.Clear();
}

void ColumnReader::ForgetWords() {
  read_pages_.clear();
  arena_.Clear();
}

StatusOr<bool> ColumnReader::NextPage() {
  while (page_left_ == 0) {
    if (as_words_) read_pages_.push_back(std::move(page_.bytes));
    ASSIGN_OR_RETURN(const bool more, pages_.Next(page_));
    if (!more) return false;
    if (page_.is_dictionary) {
      RETURN_IF_ERROR(ReadDictionary());
    } else {
      RETURN_IF_ERROR(BeginPage());
    }
  }
  return true;
}

Status ColumnReader::BeginPage() {
  page_left_ = page_.values;
  level_runs_ = RunDecoder(page_.levels, 1);
  std::string_view data = page_.data;
  const bool is_boolean = column_->physical == Physical::kBoolean;
  has_indices_ = page_.encoding == Encoding::kDictionary ||
                 page_.encoding == Encoding::kPlainDictionary || is_boolean;
  if (is_boolean && page_.encoding == Encoding::kPlain) {
    index_runs_ = RunDecoder::Packed(data, 1);
  } else if (is_boolean && page_.encoding == Encoding::kRuns) {
    data.remove_prefix(std::min(sizeof(uint32_t), data.size()));  // their length
    index_runs_ = RunDecoder(data, 1);
  } else if (!has_indices_ || is_boolean) {
    return values_.Begin(*column_, page_.encoding, data);
  } else {
    if (!has_dictionary_)
      return Error(Reason::kBadRequest, "values of a dictionary come before it");
    const uint32_t bits = data.empty() ? 0 : static_cast<uint8_t>(data.front());
    if (bits > kMaxIndexBits)
      return Error(Reason::kBadRequest, "expected up to {} bits an index, got {}", kMaxIndexBits,
                   bits);
    data.remove_prefix(std::min<size_t>(1, data.size()));
    index_runs_ = RunDecoder(data, bits);
  }
  return OkStatus();
}

Status ColumnReader::ReadDictionary() {
  if (has_dictionary_) return Error(Reason::kBadRequest, "a second dictionary");
  if (page_.encoding != Encoding::kPlain && page_.encoding != Encoding::kPlainDictionary)
    return Error(Reason::kUnsupported, "a dictionary in encoding {} is not read: expected PLAIN",
                 static_cast<int>(page_.encoding));
  const size_t least = column_->width == 0 ? sizeof(uint32_t) : column_->width;
  if (page_.values > page_.data.size() / least)
    return Error(Reason::kBadRequest, "a dictionary of {} values has {} bytes only", page_.values,
                 page_.data.size());
  has_dictionary_ = true;
  RETURN_IF_ERROR(values_.Begin(*column_, Encoding::kPlain, page_.data));
  if (as_words_) {
    words_.resize(page_.values);
    RETURN_IF_ERROR(DecodedWords(words_.size(), words_.data(), dictionary_arena_));
    dictionary_bytes_ = std::move(page_.bytes);
  } else {
    numbers_.resize(page_.values);
    RETURN_IF_ERROR(DecodedNumbers(numbers_.size(), numbers_.data()));
  }
  return OkStatus();
}

StatusOr<ColumnReader::Piece> ColumnReader::NextPiece(size_t most) {
  ASSIGN_OR_RETURN(const bool more, NextPage());
  if (!more) return Error(Reason::kBadRequest, "its pages end {} rows too early", most);
  const auto rows = static_cast<size_t>(std::min<uint64_t>(most, page_left_));
  Piece piece{.rows = rows, .present = rows, .all = true};
  if (column_->nullable) RETURN_IF_ERROR(ReadLevels(piece));
  page_left_ -= rows;
  return piece;
}

Status ColumnReader::ReadLevels(Piece& piece) {
  uint32_t level = 0;
  if (level_runs_.TakeRepeated(piece.rows, &level)) {
    levels_.assign(1, level);
  } else {
    levels_.resize(piece.rows);
    if (!level_runs_.Decode(piece.rows, levels_.data()))
      return Error(Reason::kBadRequest, "its definition levels are fewer than its {} values",
                   page_.values);
  }
  const uint32_t highest = *std::max_element(levels_.begin(), levels_.end());
  if (highest > 1)
    return Error(Reason::kBadRequest, "expected definition levels up to 1, got {}", highest);
  if (levels_.size() == 1 && piece.rows != 1) {
    piece.present = level * piece.rows;
    piece.all = level == 1;
    return OkStatus();
  }
  piece.present = static_cast<size_t>(std::count(levels_.begin(), levels_.end(), 1u));
  piece.all = std::nullopt;
  return OkStatus();
}

Status ColumnReader::ReadNumbers(size_t rows, double* out) {
  while (rows > 0) {
    ASSIGN_OR_RETURN(const Piece piece, NextPiece(rows));
    RETURN_IF_ERROR(Numbers(piece.present, out));
    if (piece.all == false) std::fill_n(out, piece.rows, kMissing);
    if (size_t left = piece.present; !piece.all)
      // From the last on, so that none is overwritten that is still to be moved.
      for (size_t i = piece.rows; i-- > 0;) out[i] = levels_[i] != 0 ? out[--left] : kMissing;
    out += piece.rows;
    rows -= piece.rows;
  }
  return OkStatus();
}

Status ColumnReader::ReadWords(size_t rows, std::string_view* out, size_t stride) {
  while (rows > 0) {
    ASSIGN_OR_RETURN(const Piece piece, NextPiece(rows));
    present_words_.resize(piece.present);
    RETURN_IF_ERROR(Words(piece.present, present_words_.data()));
    const std::string_view* next = present_words_.data();
    for (size_t i = 0; i < piece.rows; ++i, out += stride)
      *out = (piece.all ? *piece.all : levels_[i] != 0) ? *next++ : std::string_view();
    rows -= piece.rows;
  }
  return OkStatus();
}

Status ColumnReader::Finish() {
  ASSIGN_OR_RETURN(const bool more, NextPage());
  if (more) return Error(Reason::kBadRequest, "it has more values than the row group has rows");
  return OkStatus();
}

Status ColumnReader::Indices(size_t count, size_t dictionary_size) {
  indices_.resize(count);
  if (!index_runs_.Decode(count, indices_.data()))
    return Error(Reason::kBadRequest, "its values are fewer than its header says");
  uint32_t highest = 0;
  for (const uint32_t index : indices_) highest = std::max(highest, index);
  if (count > 0 && highest >= dictionary_size)
    return Error(Reason::kBadRequest, "value {} of a dictionary of {}", highest, dictionary_size);
  return OkStatus();
}

Status ColumnReader::Numbers(size_t count, double* out) {
  if (!has_indices_) return DecodedNumbers(count, out);
  const bool is_boolean = column_->physical == Physical::kBoolean;
  RETURN_IF_ERROR(Indices(count, is_boolean ? std::size(kBooleans) : numbers_.size()));
  const double* const values = is_boolean ? kBooleans : numbers_.data();
  for (size_t i = 0; i < count; ++i) out[i] = values[indices_[i]];
  return OkStatus();
}

Status ColumnReader::Words(size_t count, std::string_view* out) {
  if (!has_indices_) return DecodedWords(count, out, arena_);
  const bool is_boolean = column_->physical == Physical::kBoolean;
  RETURN_IF_ERROR(Indices(count, is_boolean ? std::size(kBooleanWords) : words_.size()));
  const std::string_view* const words = is_boolean ? kBooleanWords : words_.data();
  for (size_t i = 0; i < count; ++i) out[i] = words[indices_[i]];
  return OkStatus();
}

Status ColumnReader::DecodedNumbers(size_t count, double* out) {
  if (column_->width != 0) {
    ASSIGN_OR_RETURN(const char* const bytes, values_.Fixed(count));
    NumbersOf(*column_, bytes, count, out);
    return OkStatus();
  }
  // Decimals of any length.
  present_words_.resize(count);
  TextArena arena;
  RETURN_IF_ERROR(values_.Views(count, present_words_.data(), *source_, arena));
  for (size_t i = 0; i < count; ++i) {
    if (present_words_[i].size() > kMaxDecimalBytes)
      return Error(Reason::kBadRequest, "expected a decimal of up to {} bytes, got {}",
                   kMaxDecimalBytes, present_words_[i].size());
    out[i] = DecimalOf(present_words_[i], column_->scale);
  }
  return OkStatus();
}

Status ColumnReader::DecodedWords(size_t count, std::string_view* out, TextArena& arena) {
  const size_t width = column_->width;
  const bool is_text = column_->meaning == Meaning::kText;
  if (width == 0) {
    RETURN_IF_ERROR(values_.Views(count, out, *source_, arena));
  } else {
    ASSIGN_OR_RETURN(const char* const bytes, values_.Fixed(count));
    for (size_t i = 0; i < count; ++i) out[i] = {bytes + i * width, width};
  }
  for (size_t i = 0; i < count; ++i) {
    if (is_text) RETURN_IF_ERROR(CheckText(out[i]));
    if (is_text && width == 0) continue;
    if (width == 0 && out[i].size() > kMaxDecimalBytes)
      return Error(Reason::kBadRequest, "expected a decimal of up to {} bytes, got {}",
                   kMaxDecimalBytes, out[i].size());
    text_.clear();
    AppendText(*column_, out[i], text_);
    ASSIGN_OR_RETURN(out[i], arena.Append(*source_, text_));
  }
  return OkStatus();
}

}  // namespace slipway::data::parquet
