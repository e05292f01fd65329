#pragma once
// JSON lines: an object a line, its members the cells of a row.

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/string_map.h"
#include "data/row_batch.h"
#include "data/text_window.h"
#include "text/json_reader.h"

namespace slipway::data {

/// Members are numbers (NaN and infinities among them), strings, true, false or null; absent ones
/// are missing. Columns come in the order in which names are first met. Empty lines are passed
/// over.
class JsonRows final : public RowReader {
 public:
  static constexpr size_t kMaxLineBytes = size_t{64} << 20;

  /// @param source, bad  must outlive the reader.
  JsonRows(io::ByteSource& source, BadRows& bad) : window_(source), bad_(bad) {}

  const std::vector<std::string>& names() const override { return names_; }
  StatusOr<bool> Next(RowBatch& batch) override;

 private:
  /// Takes lines off the window into `batch`; false when the next one brings new names.
  StatusOr<bool> TakeLines(RowBatch& batch);
  /// Reads a line into `row_`.
  Status ReadObject(std::string_view line);
  Status ReadMember(JsonReader& reader, std::string_view name);
  StatusOr<std::string_view> ReadCell(JsonReader& reader);
  StatusOr<size_t> ColumnOf(std::string_view name);
  void ForgetNames(size_t known);

  TextWindow window_;
  BadRows& bad_;
  std::vector<std::string> names_;
  StringMap<size_t> places_;
  std::vector<std::optional<std::string_view>> row_;  // [names]
  std::deque<std::string> strings_;                   // that had escapes, of the batch
  uint64_t line_ = 1;
};

}  // namespace slipway::data
