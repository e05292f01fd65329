#include "import/columns.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <set>

#include "tensor/tensor.h"

namespace slipway::importing {
namespace {

Tensor Doubles(std::span<const double> values) {
  const auto bytes = std::as_bytes(values);
  return {DType::kFp64,
          {static_cast<int64_t>(values.size())},
          Buffer::Own(std::vector<std::byte>(bytes.begin(), bytes.end()))};
}

Tensor Texts(std::span<const std::string> values) {
  std::string wire;
  for (const std::string& value : values) AppendBytesElement(wire, value);
  return {DType::kBytes, {static_cast<int64_t>(values.size())}, Buffer::Own(std::move(wire))};
}

Matrix LookUpIn(Graph& graph, const Matrix& column, Tensor keys, std::span<const double> values,
                double otherwise) {
  return {graph.Add("LabelEncoder", {column.value},
                    {{"keys_tensor", std::move(keys)},
                     {"values_tensor", Doubles(values)},
                     {"default_tensor", Doubles({&otherwise, 1})}},
                    kMlDomain),
          DType::kFp64, 1};
}

}  // namespace

Status CheckNames(const ModelColumns& columns) {
  if (columns.names.size() > kMaxNamedColumns)
    return Error(Reason::kUnsupported,
                 "expected at most {} columns, of which some hold categories, got {}",
                 kMaxNamedColumns, columns.names.size());
  std::set<std::string_view> names = {"", "predict", "predict_proba"};
  for (const std::string& name : columns.names)
    if (!names.insert(name).second)
      return Error(Reason::kUnsupported,
                   "column \"{}\": expected names that are unique and not those of outputs", name);
  if (columns.names.size() == static_cast<size_t>(columns.count)) return OkStatus();
  return Error(Reason::kUnsupported,
               "expected names of {} columns, of which some hold categories, got {}", columns.count,
               columns.names.size());
}

bool ModelColumns::HasWords() const {
  return std::ranges::any_of(categories, [](const auto& each) { return !each.words.empty(); });
}

Matrix LookUp(Graph& graph, const Matrix& column, std::span<const std::string> words,
              std::span<const double> values, double otherwise) {
  return LookUpIn(graph, column, Texts(words), values, otherwise);
}

Matrix LookUp(Graph& graph, const Matrix& column, std::span<const double> numbers,
              std::span<const double> values, double otherwise) {
  return LookUpIn(graph, column, Doubles(numbers), values, otherwise);
}

Matrix CodesOf(Graph& graph, const Matrix& column, const Categories& categories) {
  std::vector<double> codes(std::max(categories.words.size(), categories.numbers.size()));
  std::iota(codes.begin(), codes.end(), 0);
  constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();
  if (!categories.words.empty()) return LookUp(graph, column, categories.words, codes, kMissing);
  return LookUp(graph, graph.CastTo(column, DType::kFp64), categories.numbers, codes, kMissing);
}

StatusOr<Matrix> AddInput(Graph& graph, const ModelColumns& columns, DType dtype) {
  if (!columns.HasWords()) return graph.Input("input", dtype, columns.count);
  RETURN_IF_ERROR(CheckNames(columns));
  std::vector<Matrix> parts;
  for (size_t i = 0; i < columns.names.size(); ++i) {
    const Categories& categories = columns.categories[i];
    const bool words = !categories.words.empty();
    const Matrix column = graph.Input(columns.names[i], words ? DType::kBytes : dtype, 1);
    parts.push_back(categories.empty() ? column
                                       : graph.CastTo(CodesOf(graph, column, categories), dtype));
  }
  return graph.Concat(parts);
}

}  // namespace slipway::importing
