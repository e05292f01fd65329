#pragma once
// Comma-separated values, RFC 4180, as a stream of rows.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "data/row_batch.h"
#include "data/text_window.h"

namespace slipway::data {

/// Cells may be quoted and then hold delimiters, line ends and quotes (doubled). The first row
/// names the columns; empty lines are passed over; a byte order mark is dropped; lines end in LF or
/// CRLF. After a row whose quotes are wrong reading goes on with the line after the one it began
/// in.
class CsvRows final : public RowReader {
 public:
  static constexpr size_t kMaxRowBytes = size_t{64} << 20;

  /// Reads the names.
  /// @param source, bad  must outlive the reader.
  /// @param delimiter    0: the one of , ; tab | that divides the first lines most evenly.
  /// @return kBadRequest for a text without a line, and for names that are empty, numbers or not
  ///   unique.
  static StatusOr<std::unique_ptr<CsvRows>> Open(io::ByteSource& source, char delimiter,
                                                 BadRows& bad);

  const std::vector<std::string>& names() const override { return names_; }
  StatusOr<bool> Next(RowBatch& batch) override;

 private:
  CsvRows(io::ByteSource& source, char delimiter, BadRows& bad);

  Status ReadNames();
  /// Takes rows off the text, at most `most`.
  Status Split(size_t most, RowBatch& batch);
  enum class Stop : uint8_t { kTextEnded, kBatchFull, kBadRow };
  /// Takes rows until one is bad: `complaint_` then says why the window's first is.
  Stop SplitRun(size_t most, RowBatch& batch);
  /// The row of `cells`, which may be anything, ends before `end`. False when it is bad.
  bool TakeUnusualRow(std::span<std::string_view> cells, const char* end, RowBatch& batch);
  bool Complain(size_t column, std::string_view what);
  /// Of the window's first row, which has no end.
  void ComplainOfOpenQuote();

  BadRows& bad_;
  char delimiter_;
  std::vector<std::string> names_;

  TextWindow window_;  // begins with a row
  uint64_t line_ = 1;  // of that row
  std::string complaint_;
  const char* resume_ = nullptr;  // after a bad row; null: where the line ends in which it begins
};

}  // namespace slipway::data
