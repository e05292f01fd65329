// Arbitrary bytes as a model for the tabular engine: refused, or loaded and run over rows of odd
// numbers, within limits of memory. Rows answer together as they do alone, bit for bit.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/tabular/forest/testing/random_forest.h"
#include "engine/tabular/tabular_engine.h"

namespace slipway {
namespace {

using forest::testing::Dice;

constexpr int64_t kRows = 17;  // one more than a vector takes
constexpr int64_t kMaxElements = 1 << 12;
constexpr MemoryLimits kMemory{.run_bytes = 64 << 20, .all_runs_bytes = 64 << 20};

double OddNumber(Dice& dice) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  constexpr double kOdd[] = {
      0.0,    -0.0,  1,         -1,         0.5,
      1e-300, 1e300, kInfinity, -kInfinity, std::numeric_limits<double>::quiet_NaN()};
  if (dice.OneIn(4)) return kOdd[dice.Below(std::size(kOdd))];
  return static_cast<double>(static_cast<int64_t>(dice.Next())) / 0x1p61;
}

template <typename T>
void AppendNumber(std::string& bytes, Dice& dice) {
  const double number = OddNumber(dice);
  T value{};
  if constexpr (std::is_floating_point_v<T>)
    value = static_cast<T>(number);
  else
    value = static_cast<T>(dice.Next() % 5);
  bytes.append(reinterpret_cast<const char*>(&value), sizeof(value));
}

void AppendElement(std::string& bytes, DType dtype, Dice& dice) {
  constexpr std::string_view kTexts[] = {"", "a", "1.5", "nan", "two words", "\xc3\xa9"};
  switch (dtype) {
    case DType::kFp32:
      return AppendNumber<float>(bytes, dice);
    case DType::kFp64:
      return AppendNumber<double>(bytes, dice);
    case DType::kInt64:
      return AppendNumber<int64_t>(bytes, dice);
    case DType::kInt32:
      return AppendNumber<int32_t>(bytes, dice);
    case DType::kBytes:
      return AppendBytesElement(bytes, kTexts[dice.Below(std::size(kTexts))]);
    default:
      bytes.append(ElementSize(dtype), static_cast<char>(dice.OneIn(2)));
  }
}

/// Elements of one row of an input; 0 where rows cannot be given.
int64_t Width(const TensorSpec& spec) {
  if (spec.any_rank || spec.shape.empty() || spec.shape[0] != -1) return 0;
  int64_t width = 1;
  for (size_t i = 1; i < spec.shape.size(); ++i) {
    const int64_t size = spec.shape[i] < 0 ? 1 : spec.shape[i];
    if (size == 0 || size > kMaxElements / width) return 0;
    width *= size;
  }
  return width;
}

/// The rows of an input, each for itself.
std::vector<std::string> MakeRows(const TensorSpec& spec, Dice& dice) {
  std::vector<std::string> rows(kRows);
  for (std::string& row : rows)
    for (int64_t i = 0; i < Width(spec); ++i) AppendElement(row, spec.dtype, dice);
  return rows;
}

Tensor Join(const TensorSpec& spec, std::span<const std::string> rows) {
  Tensor tensor{spec.dtype, spec.shape, {}};
  for (int64_t& size : tensor.shape) size = size < 0 ? 1 : size;
  tensor.shape[0] = static_cast<int64_t>(rows.size());
  std::string bytes;
  for (const std::string& row : rows) bytes += row;
  tensor.data = Buffer::Own(std::move(bytes));
  return tensor;
}

/// What the model answers for some of the rows; nothing where it refuses them.
std::vector<Tensor> Answer(const LoadedModel& model,
                           const std::vector<std::vector<std::string>>& inputs, size_t first,
                           size_t count) {
  const Signature& signature = model.signature();
  std::vector<Tensor> tensors, results;
  for (size_t i = 0; i < inputs.size(); ++i)
    tensors.push_back(Join(signature.inputs[i], std::span(inputs[i]).subspan(first, count)));
  std::vector<const Tensor*> pointers;
  for (const Tensor& tensor : tensors) pointers.push_back(&tensor);
  std::vector<size_t> outputs(signature.outputs.size());
  for (size_t i = 0; i < outputs.size(); ++i) outputs[i] = i;
  if (!model.Run(pointers, outputs, {}, results).ok()) return {};
  return results;
}

/// NaN is NaN, whichever.
template <typename T>
bool SameNumbers(std::span<const std::byte> a, std::span<const std::byte> b) {
  for (size_t i = 0; i + sizeof(T) <= a.size(); i += sizeof(T)) {
    T left, right;
    std::memcpy(&left, &a[i], sizeof(T));
    std::memcpy(&right, &b[i], sizeof(T));
    if (std::memcmp(&left, &right, sizeof(T)) != 0 && (left == left || right == right))
      return false;
  }
  return true;
}

bool Same(DType dtype, std::span<const std::byte> a, std::span<const std::byte> b) {
  if (a.size() != b.size()) return false;
  if (dtype == DType::kFp32) return SameNumbers<float>(a, b);
  if (dtype == DType::kFp64) return SameNumbers<double>(a, b);
  return std::memcmp(a.data(), b.data(), a.size()) == 0;
}

void Check(std::span<const std::byte> bytes, const LoadedModel& model) {
  for (const TensorSpec& spec : model.signature().inputs)
    if (Width(spec) == 0) return;
  Dice dice(
      std::hash<std::string_view>()({reinterpret_cast<const char*>(bytes.data()), bytes.size()}));
  std::vector<std::vector<std::string>> inputs;
  for (const TensorSpec& spec : model.signature().inputs) inputs.push_back(MakeRows(spec, dice));
  const std::vector<Tensor> together = Answer(model, inputs, 0, kRows);
  if (together.empty()) return;
  for (const size_t row : {size_t{0}, static_cast<size_t>(kRows - 1)}) {
    const std::vector<Tensor> alone = Answer(model, inputs, row, 1);
    if (alone.size() != together.size()) std::abort();
    for (size_t i = 0; i < alone.size(); ++i) {
      if (CheckData(together[i]).ok() != CheckData(alone[i]).ok()) std::abort();
      const std::span<const std::byte> all = together[i].data.bytes(), one = alone[i].data.bytes();
      if (one.size() > all.size()) std::abort();
      const auto same = row == 0 ? all.first(one.size()) : all.last(one.size());
      if (!Same(alone[i].dtype, one, same)) std::abort();
    }
  }
}

}  // namespace
}  // namespace slipway

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace slipway;
  static const std::unique_ptr<Engine> engine = CreateTabularEngine();
  const auto bytes = std::as_bytes(std::span(data, size));
  const auto model = engine->Load({bytes, {}}, {.max_output_bytes = 16 << 20, .memory = kMemory});
  if (model.ok()) Check(bytes, **model);
  return 0;
}
