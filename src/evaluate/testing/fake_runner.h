#pragma once
#include <functional>
#include <utility>

#include "evaluate/runner.h"

namespace slipway::evaluate {

/// A model that tests write as a function.
class FakeRunner : public Runner {
 public:
  using Answer = std::function<StatusOr<std::vector<NamedTensor>>(std::vector<NamedTensor>,
                                                                  const std::vector<std::string>&)>;
  FakeRunner(Signature signature, Answer answer)
      : signature_(std::move(signature)), answer_(std::move(answer)) {}

  const Signature& signature() const override { return signature_; }
  StatusOr<std::vector<NamedTensor>> Run(std::vector<NamedTensor> inputs,
                                         const std::vector<std::string>& outputs) const override {
    return answer_(std::move(inputs), outputs);
  }

 private:
  Signature signature_;
  Answer answer_;
};

/// Numbers as a tensor that owns them.
template <typename T>
Tensor TensorOf(DType dtype, Shape shape, const std::vector<T>& values) {
  std::byte* data;
  Tensor tensor{dtype, std::move(shape), Buffer::Allocate(values.size() * sizeof(T), &data)};
  std::copy(values.begin(), values.end(), reinterpret_cast<T*>(data));
  return tensor;
}
inline Tensor TensorOf(Shape shape, const std::vector<std::string>& words) {
  std::string wire;
  for (const std::string& word : words) AppendBytesElement(wire, word);
  return {DType::kBytes, std::move(shape), Buffer::Own(std::move(wire))};
}

}  // namespace slipway::evaluate
