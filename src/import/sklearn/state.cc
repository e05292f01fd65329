#include "import/sklearn/state.h"

#include <algorithm>
#include <cmath>
#include <iterator>

namespace slipway::importing::sklearn {
namespace {

using pickle::Kind;
using pickle::Value;

bool IsNumeric(char kind) { return kind == 'b' || kind == 'i' || kind == 'u' || kind == 'f'; }

std::string_view NameOfNumpyKind(char kind) {
  switch (kind) {
    case 'b':
      return "bool";
    case 'i':
    case 'u':
      return "integer";
    case 'f':
      return "float";
    case 'S':
    case 'U':
      return "string";
    case 'O':
      return "object";
    default:
      return "other";
  }
}

bool IsSparse(const Value& value) {
  constexpr std::string_view kNames[] = {"csr_matrix", "csr_array", "csc_matrix", "csc_array"};
  return value.is(Kind::kObject) && value.module().starts_with("scipy.sparse") &&
         std::find(std::begin(kNames), std::end(kNames), value.name()) != std::end(kNames);
}

/// Of what an array's elements become: numbers, or strings.
size_t BytesOf(const pickle::Array& array) {
  size_t bytes = array.count() * sizeof(double);
  if (array.type.kind == 'S' || array.type.kind == 'U')
    bytes = array.count() * sizeof(std::string) + array.bytes.size();
  for (const Value& object : array.objects) bytes += sizeof(std::string) + object.text().size();
  return bytes;
}

constexpr double kExact = 9007199254740992.0;  // 2^53

bool IsWhole(double number) { return std::abs(number) <= kExact && number == std::floor(number); }

std::string NumberArrayOf(const Shape& shape) { return "a number array " + ToString(shape); }

}  // namespace

Status Budget::Charge(size_t bytes) {
  if (bytes > left_)
    return Error(Reason::kTooLarge,
                 "what is read takes more than {} bytes, each use of a shared array counted",
                 bytes_);
  left_ -= bytes;
  return OkStatus();
}

std::optional<double> AsNumber(const Value& value) {
  switch (value.kind()) {
    case Kind::kBool:
      return value.boolean() ? 1 : 0;
    case Kind::kInt:
      return static_cast<double>(value.integer());
    case Kind::kFloat:
      return value.number();
    case Kind::kArray: {
      const pickle::Array& array = value.array();
      if (!array.shape.empty() || !IsNumeric(array.type.kind)) return std::nullopt;
      const auto numbers = array.Doubles();
      if (!numbers.ok() || numbers->size() != 1) return std::nullopt;
      return numbers->front();
    }
    default:
      return std::nullopt;
  }
}

std::optional<int64_t> AsInteger(const Value& value) {
  const auto number = AsNumber(value);
  if (!number || !IsWhole(*number)) return std::nullopt;
  return static_cast<int64_t>(*number);
}

std::optional<std::string> AsText(const Value& value) {
  if (value.is(Kind::kString)) return std::string(value.text());
  if (!value.is(Kind::kArray) || !value.array().shape.empty()) return std::nullopt;
  const char kind = value.array().type.kind;
  if (kind != 'U' && kind != 'S') return std::nullopt;
  const auto texts = value.array().Strings();
  if (!texts.ok() || texts->size() != 1) return std::nullopt;
  return texts->front();
}

std::string Describe(const Value& value) {
  switch (value.kind()) {
    case Kind::kArray: {
      const pickle::Array& array = value.array();
      return fmt::format("a numpy {} array {}", NameOfNumpyKind(array.type.kind),
                         ToString(array.shape));
    }
    case Kind::kObject:
      return fmt::format("an instance of {}.{}", value.module(), value.name());
    case Kind::kGlobal:
      return fmt::format("{}.{}", value.module(), value.name());
    default:
      return std::string(KindName(value.kind()));
  }
}

StatusOr<State> State::Of(const Value& value, std::string place, Budget* budget) {
  const std::string what = place.empty() ? "the file" : place;
  if (!value.is(Kind::kObject))
    return Error(Reason::kBadModel, "{}: expected a fitted estimator, got {}", what,
                 Describe(value));
  State state(value, std::move(place), budget);
  const Value attributes = value.state();
  if (!attributes.is(Kind::kDict) && !attributes.is(Kind::kNone))
    return state.Expected("its state", "a dict", sklearn::Describe(attributes));
  // Each attribute is searched for among all.
  RETURN_IF_ERROR(state.Charge(attributes.size() * sizeof(double), "its state"));
  return state;
}

std::string State::Title() const {
  return place_.empty() ? std::string(name()) : fmt::format("{} ({})", name(), place_);
}

std::optional<Value> State::Find(std::string_view key) const {
  const Value attributes = value_.state();
  if (!attributes.is(Kind::kDict)) return std::nullopt;
  const std::optional<Value> found = attributes.Find(key);
  if (!found || found->is(Kind::kNone)) return std::nullopt;
  return found;
}

StatusOr<Value> State::Get(std::string_view key) const {
  const auto found = Find(key);
  if (found) return *found;
  if (key.ends_with('_'))
    return Bad(
        "{}: missing; the estimator was not fitted before it was saved, or by a version of "
        "scikit-learn that is not known",
        key);
  return Bad("{}: missing", key);
}

StatusOr<Value> State::List(std::string_view key) const {
  ASSIGN_OR_RETURN(const Value value, Get(key));
  if (!value.is(Kind::kList) && !value.is(Kind::kTuple))
    return Expected(key, "a list", Describe(value));
  RETURN_IF_ERROR(Charge(value.size() * sizeof(Value), key));
  return value;
}

StatusOr<double> State::Number(std::string_view key) const {
  ASSIGN_OR_RETURN(const Value value, Get(key));
  const auto number = AsNumber(value);
  if (!number) return Expected(key, "a number", Describe(value));
  return *number;
}

StatusOr<int64_t> State::Integer(std::string_view key) const {
  ASSIGN_OR_RETURN(const double number, Number(key));
  if (!IsWhole(number)) return Expected(key, "a whole number", fmt::format("{}", number));
  return static_cast<int64_t>(number);
}

StatusOr<std::string> State::Text(std::string_view key) const {
  ASSIGN_OR_RETURN(const Value value, Get(key));
  auto text = AsText(value);
  if (!text) return Expected(key, "a string", Describe(value));
  return *std::move(text);
}

StatusOr<double> State::NumberOr(std::string_view key, double otherwise) const {
  return Has(key) ? Number(key) : otherwise;
}

StatusOr<int64_t> State::IntegerOr(std::string_view key, int64_t otherwise) const {
  return Has(key) ? Integer(key) : otherwise;
}

StatusOr<bool> State::BoolOr(std::string_view key, bool otherwise) const {
  if (!Has(key)) return otherwise;
  ASSIGN_OR_RETURN(const double number, Number(key));
  return number != 0;
}

StatusOr<std::string> State::TextOr(std::string_view key, std::string_view otherwise) const {
  if (!Has(key)) return std::string(otherwise);
  return Text(key);
}

StatusOr<Dense> State::ArrayAt(const Value& value, std::string_view what,
                               const Shape& expected) const {
  if (IsSparse(value)) return FromSparse(value, what, expected);
  if (!value.is(Kind::kArray) || !IsNumeric(value.array().type.kind))
    return Expected(what, NumberArrayOf(expected), Describe(value));
  const pickle::Array& array = value.array();
  if (!Matches(expected, array.shape))
    return Expected(what, NumberArrayOf(expected), Describe(value));
  RETURN_IF_ERROR(Charge(BytesOf(array), what));
  auto values = array.Doubles();
  if (!values.ok()) return Annotate(values.status(), fmt::format("{}: {}", Title(), what));
  return Dense{Shape(array.shape.begin(), array.shape.end()), *std::move(values)};
}

StatusOr<std::string_view> State::Bytes(std::string_view key) const {
  ASSIGN_OR_RETURN(const Value value, Get(key));
  if (!value.is(Kind::kBytes) && !value.is(Kind::kString))
    return Expected(key, "bytes or a str", Describe(value));
  RETURN_IF_ERROR(Charge(value.text().size(), key));
  return value.text();
}

Status State::Charge(size_t bytes, std::string_view what) const {
  Status charged = budget_->Charge(bytes);
  return charged.ok() ? charged : Annotate(charged, fmt::format("{}: {}", Title(), what));
}

StatusOr<Dense> State::FromSparse(const Value& matrix, std::string_view what,
                                  const Shape& expected) const {
  ASSIGN_OR_RETURN(const State sparse, Of(matrix, fmt::format("{}: {}", Title(), what), budget_));
  ASSIGN_OR_RETURN(const Value shape, sparse.List("_shape"));
  const auto rows = shape.size() == 2 ? AsInteger(shape.at(0)) : std::nullopt;
  const auto columns = shape.size() == 2 ? AsInteger(shape.at(1)) : std::nullopt;
  constexpr int64_t kMost = 1 << 30;
  if (!rows || !columns || !(*rows >= 0 && *rows <= kMost && *columns >= 0 && *columns <= kMost))
    return sparse.Expected("_shape", "two sizes", sklearn::Describe(shape));
  Dense dense{{*rows, *columns}, {}};
  if (!Matches(expected, dense.shape))
    return Expected(what, NumberArrayOf(expected), NumberArrayOf(dense.shape));
  const bool by_row = matrix.name().starts_with("csr");
  const auto lines = dense.shape[by_row ? 0 : 1];
  const auto across = dense.shape[by_row ? 1 : 0];
  ASSIGN_OR_RETURN(const std::vector<int64_t> starts, sparse.Integers("indptr", lines + 1));
  ASSIGN_OR_RETURN(const std::vector<int64_t> indices, sparse.Integers("indices"));
  ASSIGN_OR_RETURN(const std::vector<double> data,
                   sparse.Vector("data", static_cast<int64_t>(indices.size())));
  const auto count = static_cast<size_t>(lines) * static_cast<size_t>(across);
  RETURN_IF_ERROR(Charge(count * sizeof(double), what));
  dense.values.assign(count, 0);
  for (int64_t line = 0; line < lines; ++line) {
    const auto most = static_cast<int64_t>(indices.size());
    if (starts[line] < 0 || starts[line] > starts[line + 1] || starts[line + 1] > most)
      return sparse.Expected("indptr", fmt::format("ascending numbers up to {}", most),
                             fmt::format("{}", starts[line + 1]));
    for (int64_t i = starts[line]; i < starts[line + 1]; ++i) {
      if (indices[i] < 0 || indices[i] >= across)
        return sparse.Expected("indices", fmt::format("numbers below {}", across),
                               fmt::format("{}", indices[i]));
      const int64_t row = by_row ? line : indices[i], column = by_row ? indices[i] : line;
      dense.values[row * dense.shape[1] + column] += data[i];
    }
  }
  return dense;
}

StatusOr<Dense> State::Array(std::string_view key, const Shape& expected) const {
  ASSIGN_OR_RETURN(const Value value, Get(key));
  return ArrayAt(value, key, expected);
}

StatusOr<std::vector<double>> State::Vector(std::string_view key, int64_t count) const {
  ASSIGN_OR_RETURN(Dense dense, Array(key, {count}));
  return std::move(dense.values);
}

StatusOr<std::vector<int64_t>> State::Integers(std::string_view key, int64_t count) const {
  ASSIGN_OR_RETURN(const Value value, Get(key));
  return IntegersAt(value, key, count);
}

StatusOr<std::vector<int64_t>> State::IntegersAt(const Value& value, std::string_view what,
                                                 int64_t count) const {
  ASSIGN_OR_RETURN(const Dense numbers, ArrayAt(value, what, {count}));
  std::vector<int64_t> integers;
  integers.reserve(numbers.values.size());
  for (const double number : numbers.values) {
    if (!IsWhole(number)) return Expected(what, "whole numbers", fmt::format("{}", number));
    integers.push_back(static_cast<int64_t>(number));
  }
  return integers;
}

StatusOr<Dense> State::Rows(std::string_view key, int64_t rows, int64_t columns) const {
  ASSIGN_OR_RETURN(const Value value, Get(key));
  const bool one_row = value.is(Kind::kArray) && value.array().shape.size() == 1 && rows <= 1;
  if (!one_row) return ArrayAt(value, key, {rows, columns});
  ASSIGN_OR_RETURN(Dense dense, ArrayAt(value, key, {columns}));
  dense.shape = {1, dense.shape[0]};
  return dense;
}

StatusOr<std::vector<double>> State::Broadcast(std::string_view key, int64_t count) const {
  ASSIGN_OR_RETURN(const Value value, Get(key));
  if (const auto number = AsNumber(value))
    return std::vector<double>(static_cast<size_t>(count), *number);
  return Vector(key, count);
}

StatusOr<Labels> State::LabelsAt(const Value& value, std::string_view what) const {
  if (!value.is(Kind::kArray)) return Expected(what, "an array", Describe(value));
  RETURN_IF_ERROR(Charge(BytesOf(value.array()), what));
  auto labels = ReadLabels(value.array());
  if (!labels.ok()) return Annotate(labels.status(), fmt::format("{}: {}", Title(), what));
  return labels;
}

StatusOr<Labels> State::LabelArray(std::string_view key) const {
  ASSIGN_OR_RETURN(const Value value, Get(key));
  if (value.is(Kind::kList) || value.is(Kind::kTuple))
    return Unsupported("{}: several targets with classes of their own", key);
  return LabelsAt(value, key);
}

StatusOr<std::vector<Labels>> State::LabelArrays(std::string_view key) const {
  ASSIGN_OR_RETURN(const Value list, List(key));
  std::vector<Labels> arrays;
  for (size_t i = 0; i < list.size(); ++i) {
    ASSIGN_OR_RETURN(Labels labels, LabelsAt(list.at(i), fmt::format("{}[{}]", key, i)));
    if (labels.size() == 0) return Expected(key, "at least one class a target", "none");
    arrays.push_back(std::move(labels));
  }
  if (arrays.empty()) return Expected(key, "at least one target", "none");
  return arrays;
}

bool State::IsList(std::string_view key) const {
  const auto value = Find(key);
  return value && (value->is(Kind::kList) || value->is(Kind::kTuple));
}

StatusOr<State> State::Nested(std::string_view key) const {
  ASSIGN_OR_RETURN(const Value value, Get(key));
  return NestedAt(value, key);
}

StatusOr<State> State::NestedAt(const Value& value, std::string_view place) const {
  std::string path = place_.empty() ? std::string(place) : fmt::format("{}.{}", place_, place);
  if (value.is(Kind::kObject)) return Of(value, std::move(path), budget_);
  return Expected(place, "a fitted estimator", Describe(value));
}

Status State::Expected(std::string_view what, std::string_view expected,
                       std::string_view got) const {
  return Bad("{}: expected {}, got {}", what, expected, got);
}

Status State::Complain(Reason reason, std::string_view complaint) const {
  return Error(reason, "{}: {}", Title(), complaint);
}

}  // namespace slipway::importing::sklearn
