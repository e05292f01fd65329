#include "cli/proof.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>

#include "bundle/manifest.h"
#include "cli/input_file.h"
#include "cli/output_file.h"
#include "data/csv.h"
#include "server/version.h"
#include "text/json_writer.h"

namespace slipway::cli {
namespace {

constexpr int kFormatVersion = 1;

/// The output that a column named `name` holds, "predict_proba" for "predict_proba_1".
std::optional<std::string> OutputOf(std::string_view name, const Signature& signature) {
  for (const TensorSpec& output : signature.outputs) {
    if (!name.starts_with(output.name)) continue;
    const std::string_view rest = name.substr(output.name.size());
    const bool numbered =
        rest.size() > 1 && rest.front() == '_' &&
        std::ranges::all_of(rest.substr(1), [](char c) { return c >= '0' && c <= '9'; });
    if (rest.empty() || numbered) return output.name;
  }
  return std::nullopt;
}

/// A file of inputs and expected answers, taken apart.
struct Exam {
  std::string inputs;                  // CSV of the columns that are no output's
  std::vector<std::string> columns;    // of the expected answers
  std::vector<std::string> outputs;    // that hold them, each once
  std::vector<data::CsvRow> expected;  // a row of cells each
};

StatusOr<Exam> TakeApart(std::string_view csv, const Signature& signature) {
  data::CsvReader reader(csv);
  data::CsvRow row;
  ASSIGN_OR_RETURN(const bool any, reader.Next(row));
  if (!any) return Error(Reason::kBadRequest, "expected a line of names and rows, got nothing");
  Exam exam;
  std::vector<bool> is_answer;
  for (const std::string& name : row.cells) {
    const auto output = OutputOf(name, signature);
    is_answer.push_back(output.has_value());
    if (!output) continue;
    exam.columns.push_back(name);
    if (!std::ranges::count(exam.outputs, *output)) exam.outputs.push_back(*output);
  }
  if (exam.columns.empty())
    return Error(Reason::kBadRequest,
                 "no column is named like an output of the model (\"{}\", \"{}_0\"): nothing to "
                 "compare with",
                 signature.outputs.front().name, signature.outputs.back().name);
  do {
    data::CsvRow answers{row.line, {}};
    bool first = true;
    for (size_t i = 0; i < row.cells.size(); ++i) {
      if (is_answer[i]) {
        answers.cells.push_back(row.cells[i]);
        continue;
      }
      if (!std::exchange(first, false)) exam.inputs += ',';
      data::AppendCsvCell(exam.inputs, row.cells[i]);
    }
    exam.inputs += '\n';
    exam.expected.push_back(std::move(answers));
    ASSIGN_OR_RETURN(const bool more, reader.Next(row));
    if (!more) break;
  } while (true);
  exam.expected.erase(exam.expected.begin());  // the names
  return exam;
}

/// An empty cell is a missing number, as pandas writes NaN.
std::optional<double> NumberIn(const std::string& cell) {
  if (cell.empty()) return std::numeric_limits<double>::quiet_NaN();
  double value = 0;
  const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
  const bool whole = error == std::errc() && end == cell.data() + cell.size();
  return whole ? std::optional(value) : std::nullopt;
}

bool AreEqualTexts(std::string_view a, std::string_view b) {
  const auto is = [](std::string_view text, std::string_view word) {
    return std::ranges::equal(text, word, [](char x, char y) { return (x | 0x20) == y; });
  };
  return a == b || (is(a, "true") && is(b, "true")) || (is(a, "false") && is(b, "false"));
}

bool IsProbability(std::string_view output) {
  return output.find("prob") != std::string_view::npos;  // predict_proba, probabilities
}

/// @param allowed  how far numbers may be apart; nothing: equal values alone agree.
void CompareCell(const std::string& expected, const std::string& got, std::optional<double> allowed,
                 size_t line, ColumnParity& parity) {
  ++parity.compared;
  const auto a = NumberIn(expected), b = NumberIn(got);
  double difference = 0;
  bool agree = AreEqualTexts(expected, got);
  if (a && b && (allowed || !(std::isnan(*a) || std::isnan(*b)))) {
    const bool both_nan = std::isnan(*a) && std::isnan(*b);
    difference = *a == *b || both_nan ? 0 : std::abs(*a - *b);
    agree = difference <= allowed.value_or(0);  // NaN is not
  }
  const bool first_that_differs = !agree && parity.differing == 0;
  if (!agree) ++parity.differing;
  const bool worst = agree && parity.differing == 0 && difference > parity.worst_difference;
  if (difference > parity.worst_difference) parity.worst_difference = difference;
  if (!first_that_differs && !worst) return;
  parity.worst_line = line;
  parity.expected = expected;
  parity.got = got;
}

bool IsExact(DType dtype) {
  return dtype != DType::kFp16 && dtype != DType::kBf16 && dtype != DType::kFp32 &&
         dtype != DType::kFp64;
}

/// What differences of a column are measured by: see Prove. 0 of a column that must be equal.
double ScaleOf(const Exam& exam, size_t column, const TensorSpec& output) {
  if (IsExact(output.dtype)) return 0;
  if (IsProbability(output.name)) return 1;
  double largest = 0;
  for (const data::CsvRow& row : exam.expected) {
    const auto number = NumberIn(row.cells[column]);
    if (number && std::isfinite(*number)) largest = std::max(largest, std::abs(*number));
  }
  return largest;
}

/// What the model answers, as cells under the names that `predict` gives its columns.
StatusOr<std::vector<data::CsvRow>> Answers(const LocalModel& model, const Exam& exam) {
  const std::vector<std::string> features = model.Features();
  ASSIGN_OR_RETURN(FileInputs read,
                   ReadInputs(FileFormat::kCsv, exam.inputs, {model.signature(), features}));
  read.request.outputs.clear();
  for (const std::string& name : exam.outputs) read.request.outputs.push_back({name});
  ASSIGN_OR_RETURN(const std::vector<NamedTensor> outputs, model.Infer(read.request));
  ASSIGN_OR_RETURN(const std::string text, WriteOutputs(FileFormat::kCsv, outputs));
  return data::ReadCsv(text);
}

}  // namespace

bool Parity::holds() const {
  return rows > 0 && std::ranges::all_of(columns, [](const ColumnParity& c) {
           return c.compared > 0 && c.differing == 0;
         });
}

StatusOr<Parity> Prove(const LocalModel& model, std::string_view csv, double tolerance) {
  ASSIGN_OR_RETURN(const Exam exam, TakeApart(csv, model.signature()));
  ASSIGN_OR_RETURN(const std::vector<data::CsvRow> got, Answers(model, exam));
  if (got.size() != exam.expected.size() + 1)
    return Error(Reason::kBadRequest, "expected answers to {} rows, got {}", exam.expected.size(),
                 got.size() - 1);
  Parity parity{.rows = exam.expected.size(), .tolerance = tolerance};
  for (size_t i = 0; i < exam.columns.size(); ++i) {
    const std::string& name = exam.columns[i];
    const auto& names = got.front().cells;
    const auto at = std::ranges::find(names, name);
    if (at == names.end())
      return Error(Reason::kBadRequest, "column \"{}\": the model's answers have no such column",
                   name);
    const auto place = static_cast<size_t>(at - names.begin());
    const TensorSpec& output =
        model.signature()
            .outputs[*IndexOf(model.signature().outputs, *OutputOf(name, model.signature()))];
    const double scale = ScaleOf(exam, i, output);
    const auto allowed = IsExact(output.dtype) ? std::nullopt : std::optional(tolerance * scale);
    ColumnParity& column =
        parity.columns.emplace_back(ColumnParity{.column = name, .scale = scale});
    for (size_t row = 0; row < exam.expected.size(); ++row)
      CompareCell(exam.expected[row].cells[i], got[row + 1].cells[place], allowed,
                  exam.expected[row].line, column);
  }
  return parity;
}

std::string RenderCertificate(const Parity& parity, const ParitySubject& subject,
                              const bundle::Artifact& source) {
  std::string text;
  JsonWriter json(text);
  json.BeginObject().Key("format_version").Int(kFormatVersion);
  json.Key("holds").Bool(parity.holds()).Key("model").String(subject.digest);
  json.Key("source").BeginObject();
  if (source.manifest() != nullptr)
    for (const auto& [key, value] : source.manifest()->lineage) json.Key(key).String(value);
  json.EndObject();
  json.Key("data").BeginObject().Key("file").String(subject.data_file);
  json.Key("sha256").String(subject.data_sha256).Key("rows").Uint(parity.rows).EndObject();
  json.Key("tolerance").Double(parity.tolerance);
  json.Key("engine").String(subject.engine).Key("slipway").String(server::kVersion);
  json.Key("columns").BeginArray();
  for (const ColumnParity& column : parity.columns) {
    json.BeginObject().Key("name").String(column.column).Key("compared").Uint(column.compared);
    json.Key("differing").Uint(column.differing).Key("scale").Double(column.scale);
    json.Key("worst_difference").Double(column.worst_difference);
    if (column.worst_line > 0) {
      json.Key("worst_line").Uint(column.worst_line).Key("expected").String(column.expected);
      json.Key("got").String(column.got);
    }
    json.EndObject();
  }
  json.EndArray().EndObject();
  return text + "\n";
}

std::string ParityText(const Parity& parity) {
  std::string text;
  for (const ColumnParity& column : parity.columns) {
    text += fmt::format("{}: ", column.column);
    if (column.differing > 0)
      text += fmt::format("{} of {} rows differ; line {}: expected {}, got {}\n", column.differing,
                          column.compared, column.worst_line, column.expected, column.got);
    else if (column.worst_difference > 0)
      text += fmt::format("{} rows agree within {:.3g}; the farthest is {:.3g} apart, line {}\n",
                          column.compared, parity.tolerance * column.scale, column.worst_difference,
                          column.worst_line);
    else
      text += fmt::format("{} rows, all equal\n", column.compared);
  }
  return text;
}

}  // namespace slipway::cli
