#pragma once
// Short words for steps and what they hold.

#include <absl/container/inlined_vector.h>

#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "engine/tabular/lowering.h"
#include "engine/tabular/program.h"
#include "tensor/tensor.h"

namespace slipway::tabular {

/// Elements of one row of this shape, which was checked (RowBytes).
inline size_t CountOf(const Shape& tail) {
  size_t count = 1;
  for (const int64_t dim : tail) count *= static_cast<size_t>(dim);
  return count;
}

/// A step that calls what it holds. One class for all of them: hundreds of classes would each bring
/// a vtable, destructors and a name as long as their function's.
class CalledStep final : public Step {
 public:
  using State = std::unique_ptr<const void, void (*)(const void*)>;
  using Function = Status (*)(const void* state, const Block& block);

  CalledStep(State state, Function run) : state_(std::move(state)), run_(run) {}
  Status Run(const Block& block) const override { return run_(state_.get(), block); }

 private:
  const State state_;
  const Function run_;
};

/// A step that calls `run(const Block&)`, which returns nothing or a Status.
template <typename F>
std::unique_ptr<Step> MakeStep(F run) {
  CalledStep::State state(new F(std::move(run)),
                          [](const void* held) { delete static_cast<const F*>(held); });
  return std::make_unique<CalledStep>(
      std::move(state), [](const void* held, const Block& block) -> Status {
        const F& run = *static_cast<const F*>(held);
        if constexpr (std::is_void_v<std::invoke_result_t<const F&, const Block&>>) {
          run(block);
          return OkStatus();
        } else {
          return run(block);
        }
      });
}

/// memcpy that takes no bytes from nowhere.
inline void CopyBytes(const void* from, size_t bytes, void* to) {
  if (bytes > 0) std::memcpy(to, from, bytes);
}

/// std::vector would pack bools.
template <typename T>
using Elements = absl::InlinedVector<T, 8>;

/// The elements of a tensor whose dtype has the C++ type T; strings are views into it.
template <typename T>
Elements<T> ElementsOf(const Tensor& tensor) {
  Elements<T> elements;
  if constexpr (std::is_same_v<T, std::string_view>) {
    BytesReader reader(tensor.data.bytes());
    for (std::string_view element; reader.Next(&element);) elements.push_back(element);
  } else {
    elements.resize(tensor.data.size() / sizeof(T));
    CopyBytes(tensor.data.data(), elements.size() * sizeof(T), elements.data());
  }
  return elements;
}

/// Strings as a tensor [count].
Tensor TensorOfTexts(const std::vector<std::string>& texts);

/// Numbers, whose C++ type is that of `dtype`, as a tensor [count].
template <typename T>
Tensor TensorOfNumbers(DType dtype, std::span<const T> values) {
  const auto bytes = std::as_bytes(values);
  return {dtype,
          {static_cast<int64_t>(values.size())},
          Buffer::Own(std::vector<std::byte>(bytes.begin(), bytes.end()))};
}
template <typename T>
Tensor TensorOfNumbers(DType dtype, const std::vector<T>& values) {
  return TensorOfNumbers(dtype, std::span<const T>(values));
}

/// Any numbers as doubles, rounded where they are whole and beyond 2^53.
std::vector<double> NumbersOf(const Tensor& tensor);

/// A tensor of one element; nullopt otherwise.
std::optional<double> NumberOf(const Tensor& tensor);

/// [n] where a step has taken the only column of `tail` away, or kept it as [n,1].
inline Shape ReducedTail(bool keep) { return keep ? Shape{1} : Shape{}; }

}  // namespace slipway::tabular
