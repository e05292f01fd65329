#pragma once
// The values of one column, row group after row group.

#include <optional>
#include <string_view>
#include <vector>

#include "data/parquet/pages.h"
#include "data/parquet/runs.h"
#include "data/parquet/value_decoder.h"

namespace slipway::data::parquet {

/// Threads: one at a time.
class ColumnReader {
 public:
  /// @param source, column  must outlive the reader.
  /// @param as_words        values are wanted as text, whatever they are.
  ColumnReader(PageSource& source, const ColumnSchema& column, bool as_words)
      : source_(&source), column_(&column), as_words_(as_words) {}

  bool as_words() const { return as_words_; }

  /// Goes on with another row group; words end to be valid.
  void Begin(const Chunk& chunk);
  /// Words of earlier reads end to be valid.
  void ForgetWords();

  /// @param out  [rows]; NaN = missing.
  /// @return kBadRequest when pages are damaged or there are fewer rows; kUnsupported; kTooLarge.
  Status ReadNumbers(size_t rows, double* out);
  /// @param out  every `stride`-th of it; empty = missing.
  Status ReadWords(size_t rows, std::string_view* out, size_t stride);
  /// All rows of the row group were read: kBadRequest when there are more.
  Status Finish();

 private:
  /// Goes on to a page with rows. False where there is none.
  StatusOr<bool> NextPage();
  Status BeginPage();
  Status ReadDictionary();
  /// Rows of one page.
  struct Piece {
    size_t rows;
    size_t present;           // of them have a value
    std::optional<bool> all;  // have one, or none has; nullopt: levels_[0, rows) say which
  };
  /// The next rows, `most` at most.
  StatusOr<Piece> NextPiece(size_t most);
  Status ReadLevels(Piece& piece);
  /// The next values, missing ones left out.
  Status Numbers(size_t count, double* out);
  Status Words(size_t count, std::string_view* out);
  Status DecodedNumbers(size_t count, double* out);
  Status DecodedWords(size_t count, std::string_view* out, TextArena& arena);
  /// Next places in the dictionary.
  Status Indices(size_t count, size_t dictionary_size);

  PageSource* source_;
  const ColumnSchema* column_;
  bool as_words_;

  PageReader pages_;
  Page page_;
  uint64_t page_left_ = 0;  // rows
  RunDecoder level_runs_, index_runs_;
  bool has_indices_ = false;  // else values_ has them
  ValueDecoder values_;

  bool has_dictionary_ = false;
  HeldBytes dictionary_bytes_;
  std::vector<double> numbers_;  // the dictionary
  std::vector<std::string_view> words_;
  TextArena dictionary_arena_, arena_;  // arena_: of words that were read
  std::vector<HeldBytes> read_pages_;   // that words lie in

  std::vector<uint32_t> levels_, indices_;
  std::vector<std::string_view> present_words_;
  std::string text_;
};

}  // namespace slipway::data::parquet
