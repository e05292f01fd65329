#include "engine/tabular/operators/steps.h"

#include "tensor/half.h"

namespace slipway::tabular {

Tensor TensorOfTexts(const std::vector<std::string>& texts) {
  std::string wire;
  for (const std::string& text : texts) AppendBytesElement(wire, text);
  return {DType::kBytes, {static_cast<int64_t>(texts.size())}, Buffer::Own(std::move(wire))};
}

std::vector<double> NumbersOf(const Tensor& tensor) {
  std::vector<double> numbers;
  if (tensor.dtype == DType::kBytes) return numbers;
  if (tensor.dtype == DType::kFp16 || tensor.dtype == DType::kBf16) {
    for (const uint16_t bits : ElementsOf<uint16_t>(tensor))
      numbers.push_back(tensor.dtype == DType::kFp16 ? Fp16ToFloat(bits) : Bf16ToFloat(bits));
    return numbers;
  }
  VisitType(tensor.dtype, [&]<typename T>() {
    if constexpr (!std::is_same_v<T, std::string_view>) {
      const auto elements = ElementsOf<T>(tensor);
      numbers.assign(elements.begin(), elements.end());
    }
  });
  return numbers;
}

std::optional<double> NumberOf(const Tensor& tensor) {
  const std::vector<double> numbers = NumbersOf(tensor);
  if (numbers.size() != 1) return std::nullopt;
  return numbers.front();
}

}  // namespace slipway::tabular
