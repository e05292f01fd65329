#include "evaluate/table_inputs.h"

#include <absl/strings/numbers.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>

#include "tensor/half.h"

namespace slipway::evaluate {
namespace {

constexpr size_t kValuesPerRun = size_t{1} << 19;
constexpr size_t kMaxRowsPerRun = size_t{1} << 16;

/// Values of a row; -1 when the model leaves it open.
int64_t ValuesPerRow(const TensorSpec& spec) {
  if (spec.any_rank) return -1;
  int64_t values = 1;
  for (size_t axis = 1; axis < spec.shape.size(); ++axis) {
    if (spec.shape[axis] < 0) return -1;
    values *= spec.shape[axis];
  }
  return values;
}

/// @param kind  of what the model takes there, for messages.
StatusOr<double> ParseNumber(const data::Column& column, std::string_view word,
                             std::string_view kind) {
  if (word.empty()) return std::numeric_limits<double>::quiet_NaN();
  double number;
  if (absl::SimpleAtod({word.data(), word.size()}, &number)) return number;
  return Error(Reason::kBadRequest, "column \"{}\" holds the word \"{}\": the model takes {} there",
               column.name, word.substr(0, 40), kind);
}

/// The numbers that the words of a column spell.
StatusOr<std::vector<double>> NumbersOf(const data::Column& column, std::string_view kind) {
  std::vector<double> numbers;
  if (column.type == data::ColumnType::kText) {
    for (const std::string& text : column.texts) {
      ASSIGN_OR_RETURN(const double number, ParseNumber(column, text, kind));
      numbers.push_back(number);
    }
    return numbers;
  }
  std::vector<double> of_category;
  for (const std::string& word : column.categories) {
    ASSIGN_OR_RETURN(const double number, ParseNumber(column, word, kind));
    of_category.push_back(number);
  }
  for (const int32_t code : column.codes)
    numbers.push_back(code < 0 ? std::numeric_limits<double>::quiet_NaN() : of_category[code]);
  return numbers;
}

/// @param place  of the column in the input.
StatusOr<TableInputs::Source> SourceOf(const data::Column& column, const TensorSpec& spec,
                                       size_t place) {
  TableInputs::Source source{&column, {}};
  const bool takes_times = IsTime(spec, place);
  // Only of such an input is it known which columns are times.
  const bool are_known = spec.any_number || !spec.times.empty();
  if (are_known && spec.dtype != DType::kBytes && column.type == data::ColumnType::kTime &&
      !takes_times)
    return Error(Reason::kBadRequest, "column \"{}\" holds times: the model takes numbers there",
                 column.name);
  if (spec.dtype != DType::kBytes && !column.is_numeric()) {
    const std::string_view kind = takes_times ? "times like 2024-02-29T23:59:59Z" : "numbers";
    ASSIGN_OR_RETURN(source.numbers, NumbersOf(column, kind));
  }
  return source;
}

/// @param row  its number in the file.
Status CannotHold(const data::Column& column, uint64_t row, double value, const TensorSpec& spec) {
  return Error(Reason::kBadRequest, "column \"{}\", row {}: input \"{}\" of {} cannot hold {}",
               column.name, row, spec.name, NameOf(spec.dtype),
               std::isnan(value) ? "a missing value" : fmt::format("{}", value));
}

/// Writes column `place` of the row-major values.
template <typename T, typename Convert>
Status FillColumn(const TableInputs::Input& input, size_t place, size_t begin, size_t end, T* out,
                  Convert&& convert) {
  const TableInputs::Source& source = input.sources[place];
  const size_t stride = input.sources.size();
  for (size_t row = begin; row < end; ++row)
    if (const double value = source.NumberAt(row);
        !convert(value, &out[(row - begin) * stride + place]))
      return CannotHold(*source.column, data::NumberOfRow(input.numbers, row), value, *input.spec);
  return OkStatus();
}

template <typename T, typename Convert>
Status FillColumns(const TableInputs::Input& input, size_t begin, size_t end, std::byte* out,
                   Convert&& convert) {
  for (size_t place = 0; place < input.sources.size(); ++place)
    RETURN_IF_ERROR(FillColumn(input, place, begin, end, reinterpret_cast<T*>(out), convert));
  return OkStatus();
}

template <typename T>
Status FillWhole(const TableInputs::Input& input, size_t begin, size_t end, std::byte* out) {
  return FillColumns<T>(input, begin, end, out, [](double value, T* to) {
    // The greatest value of 64 bits is no double; the next power of two is.
    constexpr double kAbove =
        std::is_same_v<T, bool> ? 2.0
                                : 2.0 * static_cast<double>(std::numeric_limits<T>::max() / 2 + 1);
    if (!(value >= static_cast<double>(std::numeric_limits<T>::lowest()) && value < kAbove))
      return false;
    *to = static_cast<T>(value);
    return value == std::floor(value);
  });
}

Status FillNumbers(const TableInputs::Input& input, size_t begin, size_t end, std::byte* out) {
  switch (input.spec->dtype) {
    case DType::kFp64:
      return FillColumns<double>(input, begin, end, out, [](double value, double* to) {
        *to = value;
        return true;
      });
    case DType::kFp32:
      return FillColumns<float>(input, begin, end, out, [](double value, float* to) {
        *to = static_cast<float>(value);
        return true;
      });
    case DType::kFp16:
      return FillColumns<uint16_t>(input, begin, end, out, NarrowToFp16);
    case DType::kBf16:
      return FillColumns<uint16_t>(input, begin, end, out, NarrowToBf16);
    case DType::kBool:
      return FillWhole<bool>(input, begin, end, out);
    case DType::kInt8:
      return FillWhole<int8_t>(input, begin, end, out);
    case DType::kInt16:
      return FillWhole<int16_t>(input, begin, end, out);
    case DType::kInt32:
      return FillWhole<int32_t>(input, begin, end, out);
    case DType::kInt64:
      return FillWhole<int64_t>(input, begin, end, out);
    case DType::kUint8:
      return FillWhole<uint8_t>(input, begin, end, out);
    case DType::kUint16:
      return FillWhole<uint16_t>(input, begin, end, out);
    case DType::kUint32:
      return FillWhole<uint32_t>(input, begin, end, out);
    case DType::kUint64:
      return FillWhole<uint64_t>(input, begin, end, out);
    case DType::kBytes:
      break;
  }
  return Error(Reason::kInternal, "input \"{}\": words are no numbers", input.spec->name);
}

std::string WordAt(const data::Column& column, size_t row) {
  if (column.type == data::ColumnType::kText) return column.texts[row];
  if (column.IsMissing(row)) return "";
  if (column.type == data::ColumnType::kCategory) return column.categories[column.codes[row]];
  return fmt::format("{}", column.numbers[row]);
}

Buffer Words(const TableInputs::Input& input, size_t begin, size_t end, size_t padding) {
  std::string wire;
  size_t last_row = 0;
  for (size_t row = begin; row < end; ++row) {
    last_row = wire.size();
    for (const TableInputs::Source& source : input.sources)
      AppendBytesElement(wire, WordAt(*source.column, row));
  }
  const std::string last = wire.substr(last_row);
  for (size_t i = 0; i < padding; ++i) wire += last;
  return Buffer::Own(std::move(wire));
}

StatusOr<Buffer> Numbers(const TableInputs::Input& input, size_t begin, size_t end,
                         size_t padding) {
  const size_t row_bytes = input.sources.size() * ElementSize(input.spec->dtype);
  std::byte* out;
  const Buffer buffer = Buffer::Allocate((end - begin + padding) * row_bytes, &out);
  RETURN_IF_ERROR(FillNumbers(input, begin, end, out));
  std::byte* const after = out + (end - begin) * row_bytes;
  for (size_t i = 0; i < padding; ++i)
    std::copy_n(after - row_bytes, row_bytes, after + i * row_bytes);
  return buffer;
}

}  // namespace

StatusOr<TableInputs> TableInputs::Create(const Signature& signature, const data::Table& table) {
  TableInputs inputs;
  for (const TensorSpec& spec : signature.inputs) {
    const int64_t values = ValuesPerRow(spec);
    if (signature.inputs.size() == 1 && (values != 1 || table.Find(spec.name) == nullptr)) {
      RETURN_IF_ERROR(inputs.AddTable(spec, table));
    } else {
      RETURN_IF_ERROR(inputs.AddNamed(spec, table));
    }
  }
  if (inputs.inputs_.empty())
    return Error(Reason::kBadRequest, "the model has no input that a column goes to");
  inputs.SetRowsPerRun();
  return inputs;
}

Status TableInputs::AddTable(const TensorSpec& spec, const data::Table& table) {
  Input input{&spec, {}, table.numbers};
  std::vector<const data::Column*> columns;
  if (spec.columns.empty()) {
    for (const data::Column& column : table.columns) columns.push_back(&column);
  } else {
    for (const std::string& name : spec.columns) {
      const auto column = table.Get(name);
      if (!column.ok()) return Annotate(column.status(), fmt::format("input \"{}\"", spec.name));
      columns.push_back(*column);
    }
  }
  const int64_t values = ValuesPerRow(spec);
  if (values >= 0 && static_cast<size_t>(values) != columns.size())
    return Error(Reason::kBadRequest,
                 "input \"{}\" takes {} columns, the table has {} besides the target", spec.name,
                 values, columns.size());
  for (const data::Column* const column : columns) {
    ASSIGN_OR_RETURN(Source source, SourceOf(*column, spec, input.sources.size()));
    input.sources.push_back(std::move(source));
  }
  inputs_.push_back(std::move(input));
  return OkStatus();
}

Status TableInputs::AddNamed(const TensorSpec& spec, const data::Table& table) {
  if (spec.optional && table.Find(spec.name) == nullptr) return OkStatus();
  const auto column = table.Get(spec.name);
  if (!column.ok()) return Annotate(column.status(), fmt::format("input \"{}\"", spec.name));
  if (const int64_t values = ValuesPerRow(spec); values > 1)
    return Error(
        Reason::kBadRequest,
        "input \"{}\" takes {} values a row: a column holds one, and only a model with one "
        "input takes all columns",
        spec.name, values);
  ASSIGN_OR_RETURN(Source source, SourceOf(**column, spec, 0));
  inputs_.push_back({&spec, {}, table.numbers});
  inputs_.back().sources.push_back(std::move(source));
  return OkStatus();
}

void TableInputs::SetRowsPerRun() {
  size_t values = 0;
  for (const Input& input : inputs_) {
    values += input.sources.size();
    if (input.spec->any_rank || input.spec->shape.empty() || input.spec->shape[0] < 1) continue;
    fixed_rows_ = true;
    rows_per_run_ = static_cast<size_t>(input.spec->shape[0]);
  }
  if (!fixed_rows_)
    rows_per_run_ =
        std::clamp<size_t>(kValuesPerRun / std::max<size_t>(values, 1), 1, kMaxRowsPerRun);
}

StatusOr<std::vector<NamedTensor>> TableInputs::Rows(size_t begin, size_t end) const {
  const size_t padding = fixed_rows_ ? rows_per_run_ - (end - begin) : 0;
  std::vector<NamedTensor> tensors;
  for (const Input& input : inputs_) {
    const TensorSpec& spec = *input.spec;
    Tensor tensor{spec.dtype, {static_cast<int64_t>(end - begin + padding)}, {}};
    if (spec.any_rank || ValuesPerRow(spec) < 0)
      tensor.shape.push_back(static_cast<int64_t>(input.sources.size()));
    else
      tensor.shape.insert(tensor.shape.end(),
                          spec.shape.begin() + std::min<size_t>(1, spec.shape.size()),
                          spec.shape.end());
    if (spec.dtype == DType::kBytes) {
      tensor.data = Words(input, begin, end, padding);
    } else {
      ASSIGN_OR_RETURN(tensor.data, Numbers(input, begin, end, padding));
    }
    tensors.push_back({spec.name, std::move(tensor)});
  }
  return tensors;
}

}  // namespace slipway::evaluate
