#include "import/sklearn/labels.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "import/sklearn/state.h"

namespace slipway::importing::sklearn {
namespace {

using pickle::Kind;

bool IsMissing(const pickle::Value& value) {
  if (value.is(Kind::kNone)) return true;
  const auto number = AsNumber(value);
  return number.has_value() && std::isnan(*number);
}

/// Objects of one kind: strings, truth values, whole numbers or numbers, and None or NaN.
StatusOr<Labels> OfObjects(const std::vector<pickle::Value>& objects) {
  Labels labels;
  size_t texts = 0, bools = 0, integers = 0, missing = 0;
  for (const pickle::Value& object : objects) {
    if (AsText(object))
      ++texts;
    else if (IsMissing(object))
      ++missing;
    else if (object.is(Kind::kBool))
      ++bools;
    else if (object.is(Kind::kInt))
      ++integers;
    else if (!AsNumber(object))
      return Error(Reason::kBadModel, "expected numbers or strings, got {}", Describe(object));
  }
  if (missing > 1) return Error(Reason::kUnsupported, "both None and NaN");
  const size_t present = objects.size() - missing;
  if (texts != 0 && texts != present)
    return Error(Reason::kUnsupported, "a mixture of strings and numbers");
  const bool plain = missing == 0 && present != 0;
  labels.dtype = texts != 0                     ? DType::kBytes
                 : plain && bools == present    ? DType::kBool
                 : plain && integers == present ? DType::kInt64
                                                : DType::kFp64;
  for (size_t i = 0; i < objects.size(); ++i) {
    if (IsMissing(objects[i])) labels.missing = static_cast<int64_t>(i);
    if (labels.is_text()) {
      labels.texts.push_back(AsText(objects[i]).value_or(""));
      if (missing != 0 && !IsMissing(objects[i]) && labels.texts.back().empty())
        return Error(Reason::kUnsupported,
                     "an empty string beside a missing value, for which it stands in requests");
    } else if (labels.dtype == DType::kInt64) {
      labels.integers.push_back(objects[i].integer());
    } else {
      labels.numbers.push_back(
          AsNumber(objects[i]).value_or(std::numeric_limits<double>::quiet_NaN()));
    }
  }
  return labels;
}

}  // namespace

int64_t Labels::size() const {
  return static_cast<int64_t>(numbers.size() + integers.size() + texts.size());
}

std::vector<std::string> Labels::Names() const {
  std::vector<std::string> names = texts;
  for (const int64_t integer : integers) names.push_back(fmt::format("{}", integer));
  for (const double number : numbers)
    names.push_back(dtype == DType::kBool ? (number != 0 ? "True" : "False")
                                          : fmt::format("{}", number));
  return names;
}

std::vector<double> Labels::AsNumbers() const {
  std::vector<double> all = numbers;
  all.insert(all.end(), integers.begin(), integers.end());
  return all;
}

std::string Labels::Constant(Graph& graph) const {
  switch (dtype) {
    case DType::kBytes:
      return graph.Strings({size()}, texts);
    case DType::kInt64:
      return graph.Constant<int64_t>({size()}, integers);
    case DType::kBool: {
      const auto values = std::make_unique<bool[]>(numbers.size());
      for (size_t i = 0; i < numbers.size(); ++i) values[i] = numbers[i] != 0;
      return graph.Constant<bool>({size()}, std::span<const bool>(values.get(), numbers.size()));
    }
    default:
      return graph.Constant<double>({size()}, numbers);
  }
}

StatusOr<Labels> ReadLabels(const pickle::Array& array) {
  if (array.shape.size() != 1)
    return Error(Reason::kBadModel, "expected an array of rank 1, got rank {}", array.shape.size());
  Labels labels;
  switch (array.type.kind) {
    case 'O':
      return OfObjects(array.objects);
    case 'S':
    case 'U': {
      labels.dtype = DType::kBytes;
      ASSIGN_OR_RETURN(labels.texts, array.Strings());
      return labels;
    }
    case 'i':
    case 'u': {
      ASSIGN_OR_RETURN(labels.integers, array.Integers());
      return labels;
    }
    case 'b':
    case 'f': {
      labels.dtype = array.type.kind == 'b' ? DType::kBool : DType::kFp64;
      ASSIGN_OR_RETURN(labels.numbers, array.Doubles());
      for (size_t i = 0; i < labels.numbers.size(); ++i)
        if (std::isnan(labels.numbers[i])) labels.missing = static_cast<int64_t>(i);
      return labels;
    }
    default:
      return Error(Reason::kBadModel, "expected numbers or strings, got numpy kind '{}'",
                   array.type.kind);
  }
}

}  // namespace slipway::importing::sklearn
