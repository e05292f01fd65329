#pragma once
// TensorProto, TensorFlow's message of one tensor, to and from Tensor.
// Source: tensorflow/core/framework/tensor.proto, tensor.cc

#include <string>
#include <string_view>

#include "base/status.h"
#include "infer/arena.h"
#include "protocol/tfserving/repeated_bytes.h"
#include "tensor/tensor.h"

namespace slipway::tfserving {

class TensorProtoReader {
 public:
  /// @param arena     holds what is not borrowed: at most 8 bytes for each byte read, and what is
  ///   repeated.
  /// @param repeated  of a field with fewer elements than the shape has, the last one stands for
  ///   those that are missing, and an empty one for zeros.
  TensorProtoReader(Arena& arena, RepeatedBytes& repeated) : arena_(arena), repeated_(repeated) {}

  /// @param message  borrowed for a tensor_content that is aligned to its elements.
  /// @return kBadRequest: malformed, a data type or shape that no model has, more elements than the
  ///   shape, an element out of its type's range; errors of RepeatedBytes; kNotOffered for
  ///   strings in tensor_content.
  Status Read(std::string_view message, Tensor& tensor);

 private:
  struct Parts;
  Status ReadContent(std::string_view content, Tensor& tensor);
  Status ReadField(std::string_view message, const Parts& parts, Tensor& tensor);
  template <typename T, typename Add>
  Status ReadNumbers(std::string_view message, const Parts& parts, Tensor& tensor, const Add& add);
  Status ReadStrings(std::string_view message, const Parts& parts, Tensor& tensor);

  Arena& arena_;
  RepeatedBytes& repeated_;
};

/// A tensor on its way into a message: `head`, then `data`, then nothing.
struct TensorProtoPieces {
  std::string head;
  Buffer data;  // of FP32 and FP64; other elements are in the head

  size_t size() const { return head.size() + data.size(); }
};

/// The elements go into the field for their data type, as the real server writes them.
TensorProtoPieces WriteTensorProto(const Tensor& tensor);

/// Appends a TensorShapeProto as field `number`. @param shape  -1 = any; null = any rank.
void AppendShape(uint32_t number, const Shape* shape, std::string& out);

}  // namespace slipway::tfserving
