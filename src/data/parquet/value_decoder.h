#pragma once
// Encoded values of a page → their bytes as PLAIN has them.

#include <string>
#include <string_view>
#include <vector>

#include "data/parquet/pages.h"
#include "data/parquet/runs.h"

namespace slipway::data::parquet {

/// Texts that are put together, until they are forgotten.
class TextArena {
 public:
  /// @return kTooLarge.
  StatusOr<std::string_view> Append(PageSource& source, std::string_view text);
  void Clear() { blocks_.clear(); }

 private:
  std::vector<HeldBytes> blocks_;
  size_t used_ = 0;  // of the last block
};

/// Of every encoding but dictionaries.
class ValueDecoder {
 public:
  /// @param data  borrowed.
  /// @return kBadRequest for a damaged beginning; kUnsupported naming the encoding.
  Status Begin(const ColumnSchema& column, Encoding encoding, std::string_view data);

  /// Of a column with a width: [count, width].
  /// @return valid until the next call; kBadRequest when there are fewer.
  StatusOr<const char*> Fixed(size_t count);
  /// Of a column without: as long valid as the page and the arena.
  Status Views(size_t count, std::string_view* out, PageSource& source, TextArena& arena);

 private:
  Status Lengths(DeltaDecoder& decoder, size_t count, std::vector<int64_t>& out);
  StatusOr<std::string_view> Take(uint64_t size);
  Status DeltaViews(size_t count, std::string_view* out, PageSource& source, TextArena& arena);
  StatusOr<const char*> FixedDeltaBytes(size_t count);

  const ColumnSchema* column_ = nullptr;
  Encoding encoding_ = Encoding::kPlain;
  std::string_view rest_;
  size_t split_values_ = 0, split_at_ = 0;  // of kSplit: values of the page, the next one
  DeltaDecoder numbers_, prefixes_;
  std::string previous_;  // value of kDeltaBytes
  std::vector<int64_t> lengths_, prefix_lengths_;
  std::vector<char> scratch_;
};

}  // namespace slipway::data::parquet
