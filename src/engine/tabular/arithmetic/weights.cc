#include "engine/tabular/arithmetic/weights.h"

#include <algorithm>

namespace slipway::tabular {

namespace {

size_t RoundUp(size_t count, size_t to) { return (count + to - 1) / to * to; }

/// Outputs beyond the last full panel stand one by one while they fill no half of another.
template <typename T>
size_t SinglesOf(size_t outputs) {
  const size_t beyond = outputs % kPanelColumns<T>;
  return beyond <= kPanelColumns<T> / 2 ? beyond : 0;
}

}  // namespace

template <typename T>
Weights<T>::Weights(size_t inputs, size_t outputs, std::span<const T> values)
    : inputs_(inputs), outputs_(outputs), singles_(SinglesOf<T>(outputs)) {
  constexpr size_t kColumns = kPanelColumns<T>;
  const size_t in_panels = outputs - singles_;
  const size_t panels = (in_panels + kColumns - 1) / kColumns;
  std::byte* bytes;
  storage_ = Buffer::Allocate(
      (panels * inputs * kColumns + singles_ * RoundUp(inputs, kSums)) * sizeof(T), &bytes);
  T* to = reinterpret_cast<T*>(bytes);
  for (size_t j = 0; j < in_panels; j += kColumns)
    for (size_t k = 0; k < inputs; ++k, to += kColumns) {
      const size_t columns = std::min(kColumns, in_panels - j);
      std::copy_n(values.data() + k * outputs + j, columns, to);
      std::fill(to + columns, to + kColumns, T{0});
    }
  for (size_t j = in_panels; j < outputs; ++j) {
    for (size_t k = 0; k < inputs; ++k) *to++ = values[k * outputs + j];
    to = std::fill_n(to, RoundUp(inputs, kSums) - inputs, -T{0});
  }
}

template <typename T>
void Weights<T>::AddBias(std::span<const T> bias) {
  bias_.assign(bias.begin(), bias.end());
  bias_.resize(RoundUp(bias_.size(), kPanelColumns<T>));
}

template <typename T>
Panels<T> Weights<T>::panels() const {
  return {inputs_,
          outputs_,
          singles_,
          RoundUp(inputs_, kSums),
          reinterpret_cast<const T*>(storage_.data()),
          bias_.empty() ? nullptr : bias_.data(),
          relu_};
}

template class Weights<float>;
template class Weights<double>;

}  // namespace slipway::tabular
