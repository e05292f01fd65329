#include "engine/tabular/arithmetic/weights.h"

#include <algorithm>

namespace slipway::tabular {

template <typename T>
Weights<T>::Weights(size_t inputs, size_t outputs, std::span<const T> values)
    : inputs_(inputs), outputs_(outputs) {
  constexpr size_t kColumns = kPanelColumns<T>;
  const size_t panels = (outputs + kColumns - 1) / kColumns;
  std::byte* bytes;
  storage_ = Buffer::Allocate(panels * inputs * kColumns * sizeof(T), &bytes);
  T* to = reinterpret_cast<T*>(bytes);
  for (size_t j = 0; j < outputs; j += kColumns)
    for (size_t k = 0; k < inputs; ++k, to += kColumns) {
      const size_t columns = std::min(kColumns, outputs - j);
      std::copy_n(values.data() + k * outputs + j, columns, to);
      std::fill(to + columns, to + kColumns, T{0});
    }
}

template <typename T>
void Weights<T>::AddBias(std::span<const T> bias) {
  bias_.assign(bias.begin(), bias.end());
  bias_.resize((bias_.size() + kPanelColumns<T> - 1) / kPanelColumns<T> * kPanelColumns<T>);
}

template <typename T>
Panels<T> Weights<T>::panels() const {
  return {inputs_, outputs_, reinterpret_cast<const T*>(storage_.data()),
          bias_.empty() ? nullptr : bias_.data(), relu_};
}

template class Weights<float>;
template class Weights<double>;

}  // namespace slipway::tabular
