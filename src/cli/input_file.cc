#include "cli/input_file.h"

#include <absl/strings/ascii.h>
#include <absl/strings/str_split.h>

#include <algorithm>
#include <cstring>
#include <iostream>
#include <random>
#include <set>

#include "cli/output.h"
#include "data/cell_values.h"
#include "data/npy.h"
#include "data/table_file.h"
#include "evaluate/table_inputs.h"
#include "io/file.h"
#include "protocol/instances/csv_table.h"
#include "protocol/instances/fit.h"
#include "protocol/instances/loose_json.h"
#include "protocol/openinference/request_reader.h"
#include "tensor/half.h"
#include "text/json_writer.h"

namespace slipway::cli {
namespace {

constexpr uint64_t kMaxFileBytes = uint64_t{1} << 30;

std::string NamesOf(const Signature& signature) {
  std::string names;
  for (const TensorSpec& input : signature.inputs)
    names += fmt::format("{}\"{}\"", names.empty() ? "" : ", ", input.name);
  return names;
}

/// The input that a value without a name is for.
StatusOr<const TensorSpec*> OnlyInput(const Signature& signature) {
  const TensorSpec* only = nullptr;
  for (const TensorSpec& input : signature.inputs) {
    if (input.optional) continue;
    if (only != nullptr)
      return Error(Reason::kBadRequest,
                   "the model has several inputs ({}): say by name which values are whose",
                   NamesOf(signature));
    only = &input;
  }
  if (only == nullptr && signature.inputs.size() == 1) only = &signature.inputs.front();
  if (only == nullptr) return Error(Reason::kBadRequest, "the model has no required input");
  return only;
}

/// A v2 request is an object whose "inputs" is a list.
bool LooksLikeV2(std::string_view text, const Signature& signature) {
  if (IndexOf(signature.inputs, "inputs")) return false;
  JsonReader json(text);
  if (!json.BeginObject().ok()) return false;
  for (std::string_view key;;) {
    const auto more = json.NextKey(&key);
    if (!more.ok() || !*more) return false;
    if (key == "inputs") {
      const auto type = json.Peek();
      return type.ok() && *type == JsonType::kArray;
    }
    if (!json.Skip().ok()) return false;
  }
}

StatusOr<InferRequest> FromJson(std::string_view text, const instances::TableModel& model) {
  InferRequest request;
  RETURN_IF_ERROR(
      LooksLikeV2(text, model.signature)
          ? openinference::ReadRequest(std::as_bytes(std::span(text)), text.size(), request)
          : instances::ReadLooseJson(text, model, request));
  return request;
}

/// A row is read alone first, so that a bracket too many cannot join two lines.
Status CheckLine(std::string_view row, const char* text) {
  JsonReader json(row, {.allow_nan_tokens = true, .counted_from = text});
  RETURN_IF_ERROR(json.Skip());
  return json.End();
}

StatusOr<InferRequest> FromJsonLines(std::string_view text, const instances::TableModel& model) {
  // The list of the rows, every row one byte later than in the file.
  std::string list = fmt::format("[{}]", text);
  size_t line_end = 0;  // in `list`, of the row before
  for (size_t begin = 0, number = 1; begin < text.size(); ++number) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    const std::string_view row = text.substr(begin, end - begin);
    begin = end + 1;
    if (row.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    if (const Status checked = CheckLine(row, text.data()); !checked.ok())
      return Annotate(checked, fmt::format("line {}", number));
    if (line_end > 0) list[line_end] = ',';
    line_end = end + 1;
  }
  InferRequest request;
  RETURN_IF_ERROR(instances::ReadRowList(list, model.Within(list.data() + 1), request));
  return request;
}

std::string UncheckedNames(std::string_view text) {
  constexpr size_t kShown = 60;
  const std::string_view line = text.substr(0, text.find_first_of("\r\n"));
  return fmt::format(
      "the names in the first line ({}{}) are not checked: the names of the model's "
      "features are not known here, so the columns are taken in their order",
      line.substr(0, kShown), line.size() > kShown ? "…" : "");
}

StatusOr<FileInputs> FromCsv(std::string_view text, const instances::TableModel& model) {
  FileInputs read;
  ASSIGN_OR_RETURN(const instances::CsvNames names,
                   instances::ReadCsvTable(text, instances::CsvHeader::kAuto, model.signature,
                                           model.features, read.request));
  if (names == instances::CsvNames::kUnchecked) read.warning = UncheckedNames(text);
  return read;
}

StatusOr<InferRequest> FromNpy(std::string_view content, const Signature& signature) {
  ASSIGN_OR_RETURN(const TensorSpec* spec, OnlyInput(signature));
  InferRequest request;
  const auto copy = request.arena.Allocate(content.size());
  std::memcpy(copy.data(), content.data(), content.size());
  ASSIGN_OR_RETURN(Tensor tensor, data::ReadNpy(copy));
  tensor.shape = instances::FitTo(*spec, std::move(tensor.shape));
  request.inputs.push_back({spec->name, std::move(tensor)});
  return request;
}

StatusOr<std::string> ReadStandardInput() {
  std::string text(64u << 10, '\0');
  std::string all;
  while (std::cin.read(text.data(), static_cast<std::streamsize>(text.size())) ||
         std::cin.gcount() > 0) {
    all.append(text, 0, static_cast<size_t>(std::cin.gcount()));
    if (all.size() > kMaxFileBytes)
      return Error(Reason::kTooLarge, "standard input: more than {} bytes", kMaxFileBytes);
  }
  return all;
}

bool IsOneValue(const TensorSpec& input) {
  return input.shape.size() == 1 || (input.shape.size() == 2 && input.shape[1] == 1);
}

/// What the columns are called that a model of TakesDataFile cannot do without.
std::vector<std::string> WantedColumns(const Signature& signature) {
  if (!signature.inputs.front().columns.empty()) return signature.inputs.front().columns;
  std::vector<std::string> names;
  for (const TensorSpec& input : signature.inputs)
    if (!input.optional) names.push_back(input.name);
  return names;
}

/// How many of these names the first line holds where `delimiter` divides it.
size_t NamedBy(std::string_view text, char delimiter, const std::vector<std::string>& wanted) {
  if (text.starts_with(data::kByteOrderMark)) text.remove_prefix(data::kByteOrderMark.size());
  const std::string_view line = text.substr(0, text.find_first_of("\r\n"));
  std::set<std::string> cells;
  for (const auto& part : absl::StrSplit(absl::string_view(line.data(), line.size()), delimiter)) {
    std::string cell(absl::StripAsciiWhitespace(part));
    if (cell.size() > 1 && cell.starts_with('"') && cell.ends_with('"'))
      cell = cell.substr(1, cell.size() - 2);
    cells.insert(std::move(cell));
  }
  return static_cast<size_t>(
      std::ranges::count_if(wanted, [&](const auto& name) { return cells.contains(name); }));
}

/// Whether the first line names columns as data files do: all that are wanted, or some between
/// delimiters that requests do not have.
bool IsDataFile(std::string_view text, const std::vector<std::string>& wanted) {
  if (NamedBy(text, ',', wanted) == wanted.size()) return true;
  return std::ranges::any_of(std::string_view(";\t|"), [&](char delimiter) {
    const std::string_view line = text.substr(0, text.find_first_of("\r\n"));
    return line.find(delimiter) != line.npos && NamedBy(text, delimiter, wanted) > 0;
  });
}

/// Formats that always name their columns.
bool IsPackedTable(std::string_view path) {
  constexpr std::string_view kEnds[] = {".gz", ".zst", ".npz", ".parquet"};
  return std::ranges::any_of(kEnds, [path](std::string_view end) { return path.ends_with(end); });
}

StatusOr<InferRequest> FromDataFile(const std::string& path, const Signature& signature) {
  data::TableOptions options;
  for (const TensorSpec& input : signature.inputs)
    if (input.dtype == DType::kBytes && !input.optional)
      options.types[input.name] = data::ColumnType::kText;
  ASSIGN_OR_RETURN(const data::TableFile file, data::ReadTable(path, options));
  if (file.table.rows == 0)
    return Error(Reason::kBadRequest, "{}: expected at least one row", path);
  const auto columns = evaluate::TableInputs::Create(signature, file.table);
  if (!columns.ok()) return Annotate(columns.status(), path);
  auto rows = columns->Rows(0, file.table.rows);
  if (!rows.ok()) return Annotate(rows.status(), path);
  InferRequest request;
  for (NamedTensor& input : *rows) request.inputs.push_back(std::move(input));
  return request;
}

class Synthesiser {
 public:
  Status Fill(const TensorSpec& spec, int64_t batch, InferRequest& request) {
    Shape shape = spec.shape;
    bool first_open = true;
    for (int64_t& dim : shape) {
      if (dim >= 0) continue;
      dim = first_open ? batch : 1;
      first_open = false;
    }
    ASSIGN_OR_RETURN(const int64_t bytes, ByteCount(spec.dtype, shape));
    if (static_cast<uint64_t>(bytes) > kMaxFileBytes)
      return Error(Reason::kTooLarge, "input \"{}\": {} takes {} bytes", spec.name,
                   ToString(spec.dtype, shape), bytes);
    ASSIGN_OR_RETURN(const int64_t count, ElementCount(shape));
    Tensor tensor{spec.dtype, shape, {}};
    if (spec.dtype == DType::kBytes)
      tensor.data = Texts(count);
    else
      tensor.data = Numbers(spec.dtype, count, request.arena);
    request.inputs.push_back({spec.name, std::move(tensor)});
    return OkStatus();
  }

 private:
  static Buffer Texts(int64_t count) {
    std::string wire;
    for (int64_t i = 0; i < count; ++i) AppendBytesElement(wire, fmt::format("text {}", i));
    return Buffer::Own(std::move(wire));
  }

  Buffer Numbers(DType dtype, int64_t count, Arena& arena) {
    const size_t width = ElementSize(dtype);
    const auto bytes = arena.Allocate(static_cast<size_t>(count) * width);
    for (size_t i = 0; i < bytes.size(); i += width) WriteOne(dtype, bytes.data() + i);
    return Buffer(bytes);
  }

  void WriteOne(DType dtype, std::byte* to) {
    const double share = std::uniform_real_distribution<double>(0, 1)(random_);
    const auto put = [to](auto value) { std::memcpy(to, &value, sizeof(value)); };
    switch (dtype) {
      case DType::kFp32:
        return put(static_cast<float>(share));
      case DType::kFp64:
        return put(share);
      case DType::kFp16:
        return put(DoubleToFp16(share));
      case DType::kBf16:
        return put(DoubleToBf16(share));
      case DType::kBool:
        return put(static_cast<uint8_t>(share < 0.5));
      default:
        break;
    }
    // Whole numbers are little-endian: a small one is its first byte.
    std::memset(to, 0, ElementSize(dtype));
    put(static_cast<uint8_t>(share * 10));
  }

  std::mt19937_64 random_{1};
};

}  // namespace

StatusOr<FileFormat> FormatOf(std::string_view path) {
  if (path.ends_with(".json") || path == "-") return FileFormat::kJson;
  if (path.ends_with(".jsonl") || path.ends_with(".ndjson")) return FileFormat::kJsonLines;
  if (path.ends_with(".csv")) return FileFormat::kCsv;
  if (path.ends_with(".npy")) return FileFormat::kNpy;
  return Error(Reason::kBadRequest,
               "\"{}\": expected a name that ends in .json, .jsonl, .csv or .npy", path);
}

std::span<const std::string> ColumnsOf(const Signature& signature) {
  const auto only = OnlyInput(signature);
  return only.ok() ? std::span((*only)->columns) : std::span<const std::string>();
}

StatusOr<FileInputs> ReadInputs(FileFormat format, std::string_view content,
                                const instances::TableModel& model) {
  FileInputs read;
  instances::TableModel named = model;
  named.trusts_order = false;
  switch (format) {
    case FileFormat::kJson: {
      ASSIGN_OR_RETURN(read.request, FromJson(content, named));
      return read;
    }
    case FileFormat::kNpy: {
      ASSIGN_OR_RETURN(read.request, FromNpy(content, model.signature));
      return read;
    }
    case FileFormat::kJsonLines: {
      ASSIGN_OR_RETURN(read.request, FromJsonLines(content, named));
      return read;
    }
    case FileFormat::kCsv:
      break;
  }
  return FromCsv(content, model);
}

bool TakesDataFile(const Signature& signature) {
  if (signature.inputs.empty() || !signature.columns.empty()) return false;
  const TensorSpec& first = signature.inputs.front();
  const bool is_table = signature.inputs.size() == 1 && !first.columns.empty();
  return std::ranges::all_of(signature.inputs, [&](const TensorSpec& input) {
    const bool open = !input.any_rank && !input.shape.empty() && input.shape[0] < 0;
    const bool exact = input.dtype == DType::kFp64 || (input.dtype == DType::kBytes && !is_table);
    return open && exact && (is_table || IsOneValue(input));
  });
}

StatusOr<InferRequest> ReadInputFile(const std::string& path, const instances::TableModel& model) {
  const bool takes_data = TakesDataFile(model.signature);
  if (takes_data && IsPackedTable(path)) return FromDataFile(path, model.signature);
  ASSIGN_OR_RETURN(const FileFormat format, FormatOf(path));
  if (path == "-") {
    ASSIGN_OR_RETURN(const std::string text, ReadStandardInput());
    ASSIGN_OR_RETURN(FileInputs read, ReadInputs(format, text, model));
    return std::move(read.request);
  }
  ASSIGN_OR_RETURN(const io::File file, io::File::Open(path));
  ASSIGN_OR_RETURN(const io::Bytes bytes, file.ReadAll(kMaxFileBytes));
  if (format == FileFormat::kCsv && takes_data &&
      IsDataFile(bytes.text(), WantedColumns(model.signature)))
    return FromDataFile(path, model.signature);
  StatusOr<FileInputs> read = ReadInputs(format, bytes.text(), model);
  if (!read.ok()) return Annotate(read.status(), path);
  if (!read->warning.empty()) Warn(fmt::format("{}: {}", path, read->warning));
  return std::move(read->request);
}

StatusOr<InferRequest> SyntheticRequest(const Signature& signature, int64_t batch) {
  InferRequest request;
  Synthesiser synthesiser;
  for (const TensorSpec& input : signature.inputs)
    if (!input.optional) RETURN_IF_ERROR(synthesiser.Fill(input, batch, request));
  return request;
}

}  // namespace slipway::cli
