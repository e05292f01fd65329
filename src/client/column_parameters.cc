#include "client/column_parameters.h"

#include <algorithm>

#include "text/json_reader.h"

namespace slipway::client {
namespace {

constexpr size_t kMostColumns = size_t{1} << 20;

/// A list of what `read` reads; empty where it is not one.
template <typename T>
std::vector<T> ReadList(std::string_view text, Status (JsonReader::*read)(T*)) {
  JsonReader json(text);
  std::vector<T> values;
  const auto list = [&]() -> Status {
    RETURN_IF_ERROR(json.BeginArray());
    for (;;) {
      ASSIGN_OR_RETURN(const bool more, json.NextElement());
      if (!more) return json.End();
      if (values.size() == kMostColumns) return json.Refuse("too many columns");
      RETURN_IF_ERROR((json.*read)(&values.emplace_back()));
    }
  };
  if (!list().ok()) values.clear();
  return values;
}

/// Columns of a table [n,F]; 0 where that is not known.
size_t WidthOf(const TensorSpec& spec) {
  if (!spec.columns.empty()) return spec.columns.size();
  const bool is_table = spec.shape.size() == 2 && spec.shape[1] > 0;
  return is_table && spec.shape[1] <= static_cast<int64_t>(kMostColumns)
             ? static_cast<size_t>(spec.shape[1])
             : 0;
}

}  // namespace

void ColumnParameters::Read(std::string_view parameter, std::string_view json) {
  if (parameter == "columns") names_ = ReadList<std::string>(json, &JsonReader::ReadString);
  if (parameter == "times") times_ = ReadList<uint64_t>(json, &JsonReader::ReadUint64);
}

void ColumnParameters::GiveTo(TensorSpec& spec) && {
  spec.columns = std::move(names_);
  const size_t width = WidthOf(spec);
  const bool are_columns =
      std::ranges::all_of(times_, [width](uint64_t place) { return place < width; });
  if (times_.empty() || !are_columns) return;
  spec.times.assign(width, false);
  for (const uint64_t place : times_) spec.times[place] = true;
}

}  // namespace slipway::client
