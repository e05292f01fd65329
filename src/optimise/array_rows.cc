#include "optimise/array_rows.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <map>

#include "base/nearest_word.h"
#include "data/npy.h"
#include "import/pickle/node.h"
#include "import/skops/zip.h"
#include "tensor/half.h"

namespace slipway::optimise {
namespace {

constexpr size_t kMaxUnpackedBytes = size_t{4} << 30;
constexpr std::string_view kEnding = ".npy";
constexpr std::string_view kZipMagic = "PK\x03\x04";

using Arrays = std::map<std::string, Tensor, std::less<>>;

Tensor Owned(const Tensor& tensor) {
  return {
      tensor.dtype, tensor.shape,
      Buffer::Own(std::vector<std::byte>(tensor.data.bytes().begin(), tensor.data.bytes().end()))};
}

StatusOr<Arrays> ReadNpz(std::span<const std::byte> file) {
  ASSIGN_OR_RETURN(skops::Zip zip, skops::Zip::Open(file));
  pickle::Heap heap(0, kMaxUnpackedBytes);
  Arrays arrays;
  for (const std::string_view name : zip.names()) {
    if (!name.ends_with(kEnding)) continue;
    ASSIGN_OR_RETURN(const auto member, zip.Read(name, heap));
    const auto array = data::ReadNpy(member);
    if (!array.ok()) return Annotate(array.status(), name);
    arrays[std::string(name.substr(0, name.size() - kEnding.size()))] = Owned(*array);
  }
  return arrays;
}

template <typename T>
std::vector<double> Widened(const Tensor& tensor) {
  return {tensor.as<T>().begin(), tensor.as<T>().end()};
}

StatusOr<std::vector<double>> NumbersOf(const Tensor& tensor, std::string_view name) {
  switch (tensor.dtype) {
    case DType::kFp64:
      return Widened<double>(tensor);
    case DType::kFp32:
      return Widened<float>(tensor);
    case DType::kBool:
    case DType::kUint8:
      return Widened<uint8_t>(tensor);
    case DType::kInt8:
      return Widened<int8_t>(tensor);
    case DType::kUint16:
      return Widened<uint16_t>(tensor);
    case DType::kInt16:
      return Widened<int16_t>(tensor);
    case DType::kUint32:
      return Widened<uint32_t>(tensor);
    case DType::kInt32:
      return Widened<int32_t>(tensor);
    case DType::kUint64:
      return Widened<uint64_t>(tensor);
    case DType::kInt64:
      return Widened<int64_t>(tensor);
    case DType::kFp16: {
      std::vector<double> numbers;
      for (const uint16_t bits : tensor.as<uint16_t>()) numbers.push_back(Fp16ToFloat(bits));
      return numbers;
    }
    case DType::kBf16:
    case DType::kBytes:
      break;
  }
  return Error(Reason::kBadRequest, "array \"{}\" holds {}: numbers are expected", name,
               NameOf(tensor.dtype));
}

template <typename T>
Buffer Narrowed(const std::vector<double>& numbers) {
  std::string bytes(numbers.size() * sizeof(T), '\0');
  std::ranges::transform(numbers, reinterpret_cast<T*>(bytes.data()),
                         [](double number) { return static_cast<T>(number); });
  return Buffer::Own(std::move(bytes));
}

/// The array in the type of the input. Whole numbers of other widths are not converted: whoever
/// made them knows what they stand for.
StatusOr<Tensor> Converted(const Tensor& array, const TensorSpec& input, std::string_view name) {
  if (array.dtype == input.dtype) return array;
  ASSIGN_OR_RETURN(const std::vector<double> numbers, NumbersOf(array, name));
  if (input.dtype == DType::kFp32)
    return Tensor{input.dtype, array.shape, Narrowed<float>(numbers)};
  if (input.dtype == DType::kFp64)
    return Tensor{input.dtype, array.shape, Narrowed<double>(numbers)};
  return Error(Reason::kBadRequest, "array \"{}\" is {}: input \"{}\" takes {}", name,
               NameOf(array.dtype), input.name, NameOf(input.dtype));
}

Shape WithoutOnes(const Shape& shape) {
  Shape rest;
  for (size_t i = 0; i < shape.size(); ++i)
    if (i == 0 || shape[i] != 1) rest.push_back(shape[i]);
  return rest;
}

/// The array in the shape of the input, whose rows are open.
StatusOr<Tensor> Fitted(Tensor array, const TensorSpec& input, std::string_view name) {
  Shape pattern = input.shape;
  if (!pattern.empty()) pattern[0] = -1;
  if (input.any_rank || Matches(pattern, array.shape)) return array;
  const bool fits = !array.shape.empty() &&
                    Matches(WithoutOnes(pattern), WithoutOnes(array.shape)) &&
                    std::ranges::count(pattern, -1) == 1;
  if (!fits)
    return Error(Reason::kBadRequest, "array \"{}\" is {}: input \"{}\" takes {}", name,
                 ToString(array.shape), input.name, ToString(pattern));
  pattern[0] = array.shape[0];
  array.shape = pattern;
  return array;
}

/// Whole numbers are classes, by their value: labels "0", "1", … up to the largest.
StatusOr<data::Target> TargetOf(const Tensor& array, const std::string& name, size_t rows) {
  ASSIGN_OR_RETURN(const std::vector<double> numbers, NumbersOf(array, name));
  if (numbers.size() != rows)
    return Error(Reason::kBadRequest, "array \"{}\" has {} values for {} rows", name,
                 numbers.size(), rows);
  const bool fractions =
      array.dtype == DType::kFp32 || array.dtype == DType::kFp64 || array.dtype == DType::kFp16;
  data::Column column{name, fractions ? data::ColumnType::kNumber : data::ColumnType::kInteger,
                      numbers};
  const data::Task task = fractions ? data::Task::kRegression : data::Task::kClassification;
  return data::TargetOf(column, &task);
}

/// The array of an input; nullptr when there is none.
const Arrays::value_type* ArrayFor(const Arrays& arrays, const TensorSpec& input, bool only) {
  auto found = arrays.find(input.name);
  if (found == arrays.end() && only) found = arrays.find("x");
  return found == arrays.end() ? nullptr : &*found;
}

Status NoSuchArray(const Arrays& arrays, std::string_view name) {
  std::vector<std::string_view> names;
  for (const auto& [known, array] : arrays) names.push_back(known);
  return Error(Reason::kBadRequest, "there is no array \"{}\"{}; there are: {}", name,
               DidYouMean(name, names), fmt::join(names, ", "));
}

}  // namespace

StatusOr<LabelledRows> RowsOfArrays(std::span<const std::byte> file, const Signature& signature,
                                    const std::string& target) {
  const std::string_view text(reinterpret_cast<const char*>(file.data()), file.size());
  Arrays arrays;
  if (text.starts_with(kZipMagic)) {
    ASSIGN_OR_RETURN(arrays, ReadNpz(file));
  } else {
    ASSIGN_OR_RETURN(arrays["x"], data::ReadNpy(file));
  }
  const bool only = std::ranges::count(signature.inputs, false, &TensorSpec::optional) == 1;
  LabelledRows labelled;
  Rows& rows = labelled.rows;
  for (const TensorSpec& input : signature.inputs) {
    const auto* const array = ArrayFor(arrays, input, only);
    if (array == nullptr && input.optional) continue;
    if (array == nullptr)
      return Error(Reason::kBadRequest, "there is no array \"{}\" for the model's input{}",
                   input.name, only ? ", nor one called \"x\"" : "");
    ASSIGN_OR_RETURN(Tensor converted, Converted(array->second, input, array->first));
    ASSIGN_OR_RETURN(Tensor tensor, Fitted(std::move(converted), input, array->first));
    const size_t count = tensor.shape.empty() ? 0 : static_cast<size_t>(tensor.shape[0]);
    if (count == 0 || (rows.count > 0 && rows.count != count))
      return Error(Reason::kBadRequest, "array \"{}\" has {} rows, expected {}", array->first,
                   count, rows.count > 0 ? fmt::format("{}", rows.count) : "at least one");
    rows.count = count;
    rows.inputs.push_back({input.name, std::move(tensor)});
  }
  const std::string name = target.empty() ? "y" : target;
  if (const auto array = arrays.find(name); array != arrays.end()) {
    ASSIGN_OR_RETURN(labelled.target, TargetOf(array->second, name, rows.count));
  } else if (!target.empty()) {
    return NoSuchArray(arrays, target);
  }
  return labelled;
}

}  // namespace slipway::optimise
