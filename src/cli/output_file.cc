#include "cli/output_file.h"

#include <cstring>

#include "data/csv.h"
#include "data/npy.h"
#include "protocol/instances/elements.h"
#include "text/json_reader.h"
#include "text/json_writer.h"

namespace slipway::cli {
namespace {

/// Cuts a tensor into its rows along the first dimension; a scalar is one row.
class RowCutter {
 public:
  explicit RowCutter(const NamedTensor& output) : output_(output), shape_(output.tensor.shape) {
    count_ = shape_.empty() ? 1 : shape_.front();
    if (!shape_.empty()) shape_.erase(shape_.begin());
    elements_ = 1;
    for (const int64_t dim : shape_) elements_ *= static_cast<size_t>(dim);
    rest_ = output.tensor.data.bytes();
  }

  int64_t count() const { return count_; }
  size_t elements() const { return elements_; }
  const std::string& name() const { return output_.name; }
  bool is_scalar() const { return shape_.empty(); }

  /// The next row; borrowed.
  Tensor Next() {
    const std::span<const std::byte> row = rest_.first(SizeOfNext());
    rest_ = rest_.subspan(row.size());
    return Tensor{output_.tensor.dtype, shape_, Buffer(row)};
  }

 private:
  size_t SizeOfNext() const {
    if (output_.tensor.dtype != DType::kBytes) return elements_ * ElementSize(output_.tensor.dtype);
    size_t size = 0;
    for (size_t i = 0; i < elements_; ++i) {
      uint32_t length;
      std::memcpy(&length, rest_.data() + size, sizeof(length));
      size += sizeof(length) + length;
    }
    return size;
  }

  const NamedTensor& output_;
  Shape shape_;  // of a row
  int64_t count_;
  size_t elements_;
  std::span<const std::byte> rest_;
};

StatusOr<std::vector<RowCutter>> CutRows(const std::vector<NamedTensor>& outputs) {
  std::vector<RowCutter> cutters;
  for (const NamedTensor& output : outputs) {
    if (const Status fits = CheckData(output.tensor); !fits.ok())
      return Annotate(fits, fmt::format("output \"{}\"", output.name));
    cutters.emplace_back(output);
    if (cutters.back().count() != cutters.front().count())
      return Error(Reason::kBadRequest,
                   "outputs \"{}\" and \"{}\" have different numbers of rows: write them as .json",
                   outputs.front().name, output.name);
  }
  return cutters;
}

/// The elements with commas between.
StatusOr<std::string> ElementsOf(const NamedTensor& output, NonFinite non_finite) {
  std::string text;
  ASSIGN_OR_RETURN(const int64_t count, ElementCount(output.tensor.shape));
  const Status written = instances::ElementWriter(output.tensor, {.non_finite = non_finite})
                             .Append(static_cast<size_t>(count), text);
  if (!written.ok())
    return Annotate(written, fmt::format("output \"{}\": write it as .csv or .npy", output.name));
  return text;
}

StatusOr<std::string> JsonDataOf(const NamedTensor& output) {
  ASSIGN_OR_RETURN(const std::string elements, ElementsOf(output, NonFinite::kRefuse));
  return "[" + elements + "]";
}

StatusOr<std::string> WriteJson(const std::vector<NamedTensor>& outputs) {
  std::string text;
  JsonWriter json(text);
  json.BeginObject().Key("outputs").BeginArray();
  for (const NamedTensor& output : outputs) {
    json.BeginObject().Key("name").String(output.name);
    json.Key("datatype").String(NameOf(output.tensor.dtype)).Key("shape").BeginArray();
    for (const int64_t dim : output.tensor.shape) json.Int(dim);
    ASSIGN_OR_RETURN(const std::string data, JsonDataOf(output));
    json.EndArray().Key("data").Raw(data).EndObject();
  }
  json.EndArray().EndObject();
  return text + "\n";
}

StatusOr<std::string> WriteJsonLines(const std::vector<NamedTensor>& outputs) {
  ASSIGN_OR_RETURN(std::vector<RowCutter> cutters, CutRows(outputs));
  std::string text;
  const int64_t rows = cutters.empty() ? 0 : cutters.front().count();
  for (int64_t row = 0; row < rows; ++row) {
    JsonWriter json(text);
    json.BeginObject();
    for (RowCutter& cutter : cutters) {
      ASSIGN_OR_RETURN(std::string data, JsonDataOf({cutter.name(), cutter.Next()}));
      if (cutter.is_scalar()) data = data.substr(1, data.size() - 2);
      json.Key(cutter.name()).Raw(data);
    }
    json.EndObject();
    text += '\n';
  }
  return text;
}

/// One cell an element: numbers as JSON writes them, NaN and Infinity too, BYTES as they are.
Status AppendCells(const NamedTensor& row, std::string& line) {
  const auto separate = [&line] {
    if (!line.empty() && line.back() != '\n') line += ',';
  };
  if (row.tensor.dtype == DType::kBytes) {
    std::string_view element;
    for (BytesReader reader(row.tensor.data.bytes()); reader.Next(&element);) {
      separate();
      data::AppendCsvCell(line, element);
    }
    return OkStatus();
  }
  ASSIGN_OR_RETURN(const std::string cells, ElementsOf(row, NonFinite::kTokens));
  if (cells.empty()) return OkStatus();
  separate();
  line += cells;
  return OkStatus();
}

StatusOr<std::string> WriteCsv(const std::vector<NamedTensor>& outputs) {
  ASSIGN_OR_RETURN(std::vector<RowCutter> cutters, CutRows(outputs));
  std::string text;
  for (const RowCutter& cutter : cutters) {
    for (size_t i = 0; i < cutter.elements(); ++i) {
      if (!text.empty()) text += ',';
      data::AppendCsvCell(
          text, cutter.elements() == 1 ? cutter.name() : fmt::format("{}_{}", cutter.name(), i));
    }
  }
  text += '\n';
  const int64_t rows = cutters.empty() ? 0 : cutters.front().count();
  for (int64_t row = 0; row < rows; ++row) {
    for (RowCutter& cutter : cutters)
      RETURN_IF_ERROR(AppendCells({cutter.name(), cutter.Next()}, text));
    text += '\n';
  }
  return text;
}

StatusOr<std::string> WriteOnlyNpy(const std::vector<NamedTensor>& outputs) {
  if (outputs.size() != 1)
    return Error(Reason::kBadRequest,
                 ".npy holds one output and the model gives {}: choose one with --output-name",
                 outputs.size());
  StatusOr<std::string> file = data::WriteNpy(outputs.front().tensor);
  if (!file.ok())
    return Annotate(file.status(), fmt::format("output \"{}\"", outputs.front().name));
  return file;
}

}  // namespace

StatusOr<std::string> WriteOutputs(FileFormat format, const std::vector<NamedTensor>& outputs) {
  switch (format) {
    case FileFormat::kJson:
      return WriteJson(outputs);
    case FileFormat::kJsonLines:
      return WriteJsonLines(outputs);
    case FileFormat::kCsv:
      return WriteCsv(outputs);
    case FileFormat::kNpy:
      return WriteOnlyNpy(outputs);
  }
  return Error(Reason::kInternal, "no such format");
}

}  // namespace slipway::cli
