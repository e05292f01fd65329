#pragma once
// Writes ONNX models: for tests, benches and fakes, and for importers of other formats.

#include <concepts>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "tensor/dtype.h"
#include "tensor/shape.h"
#include "tensor/tensor.h"

namespace onnx {
class ModelProto;
}

namespace slipway::onnx {

class Builder;

/// One attribute of a node. A Builder stands for its graph (the body of Loop or a branch of If).
struct Attribute {
  using Value = std::variant<int64_t, float, std::string, std::vector<int64_t>, std::vector<float>,
                             std::vector<std::string>, Tensor, const Builder*>;
  std::string name;
  Value value;

  Attribute(std::string n, Value v) : name(std::move(n)), value(std::move(v)) {}
  template <std::integral T>
  Attribute(std::string n, T v) : name(std::move(n)), value(static_cast<int64_t>(v)) {}
  /// ONNX's attributes are FP32.
  template <std::floating_point T>
  Attribute(std::string n, T v) : name(std::move(n)), value(static_cast<float>(v)) {}
  Attribute(std::string n, const char* v) : name(std::move(n)), value(std::string(v)) {}
};

/// Usage:
///   Builder b;
///   b.Input("x", DType::kFp32, {-1, 30}).Output("y", DType::kFp32, {-1, 2});
///   b.Constant<float>("w", {30, 2}, weights);
///   b.Node("MatMul", {"x", "w"}, {"y"});
///   std::string model = b.Serialize();
/// Nothing is checked: tests write broken models too. Threads: one at a time.
class Builder {
 public:
  /// IR version 8 and operator set 17 of ai.onnx, which every ONNX Runtime since 2022 reads.
  Builder();
  ~Builder();
  Builder(Builder&&) noexcept;
  Builder& operator=(Builder&&) noexcept;

  Builder& IrVersion(int64_t version);
  /// Replaces the version when the domain is declared already. "" is ai.onnx.
  Builder& Opset(std::string_view domain, int64_t version);
  /// A dimension of -1 is written as a name of its own.
  Builder& Input(std::string_view name, DType dtype, const Shape& shape);
  Builder& Output(std::string_view name, DType dtype, const Shape& shape);
  Builder& Node(std::string_view op_type, const std::vector<std::string>& inputs,
                const std::vector<std::string>& outputs,
                const std::vector<Attribute>& attributes = {}, std::string_view domain = "");
  Builder& Initializer(std::string_view name, const Tensor& tensor);
  Builder& ExternalInitializer(std::string_view name, DType dtype, const Shape& shape,
                               std::string_view location, size_t offset, size_t length);
  /// Defines the operator `name` by `body`: its inputs and outputs, its nodes, its operator sets.
  Builder& Function(std::string_view domain, std::string_view name, const Builder& body);
  Builder& Metadata(std::string_view key, std::string_view value);

  template <typename T>
  Builder& Constant(std::string_view name, const Shape& shape, std::span<const T> values);

  /// The message itself, for what there is no word for above.
  ::onnx::ModelProto& proto() { return *model_; }
  const ::onnx::ModelProto& proto() const { return *model_; }

  std::string Serialize() const;

 private:
  std::unique_ptr<::onnx::ModelProto> model_;
};

/// The DType of a C++ element type; FP16 and BF16 have none and are written as bit patterns by
/// hand.
template <typename T>
constexpr DType DTypeFor() {
  if constexpr (std::is_same_v<T, bool>)
    return DType::kBool;
  else if constexpr (std::is_same_v<T, uint8_t>)
    return DType::kUint8;
  else if constexpr (std::is_same_v<T, uint16_t>)
    return DType::kUint16;
  else if constexpr (std::is_same_v<T, uint32_t>)
    return DType::kUint32;
  else if constexpr (std::is_same_v<T, uint64_t>)
    return DType::kUint64;
  else if constexpr (std::is_same_v<T, int8_t>)
    return DType::kInt8;
  else if constexpr (std::is_same_v<T, int16_t>)
    return DType::kInt16;
  else if constexpr (std::is_same_v<T, int32_t>)
    return DType::kInt32;
  else if constexpr (std::is_same_v<T, int64_t>)
    return DType::kInt64;
  else if constexpr (std::is_same_v<T, float>)
    return DType::kFp32;
  else if constexpr (std::is_same_v<T, double>)
    return DType::kFp64;
  else
    static_assert(sizeof(T) == 0, "a type of the Open Inference Protocol");
}

template <typename T>
Builder& Builder::Constant(std::string_view name, const Shape& shape, std::span<const T> values) {
  return Initializer(name, Tensor{DTypeFor<T>(), shape, Buffer(std::as_bytes(values))});
}

}  // namespace slipway::onnx
