#pragma once
// A tensor is a dtype, a shape and contiguous little-endian row-major bytes. BYTES tensors hold the
// wire form of the protocol: each element a 4-byte little-endian length and that many bytes.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "tensor/dtype.h"
#include "tensor/shape.h"

namespace slipway {

/// Bytes that are either borrowed (no owner: valid while the request is) or kept alive by `owner`.
class Buffer {
 public:
  Buffer() = default;
  Buffer(std::span<const std::byte> borrowed) : bytes_(borrowed) {}
  Buffer(std::span<const std::byte> bytes, std::shared_ptr<const void> owner)
      : bytes_(bytes), owner_(std::move(owner)) {}

  /// 64-byte aligned, uninitialised. `*writable` receives its start.
  static Buffer Allocate(size_t size, std::byte** writable);
  /// Takes over a string's or vector's bytes.
  static Buffer Own(std::string bytes);
  static Buffer Own(std::vector<std::byte> bytes);

  std::span<const std::byte> bytes() const { return bytes_; }
  const std::byte* data() const { return bytes_.data(); }
  size_t size() const { return bytes_.size(); }
  bool borrowed() const { return owner_ == nullptr; }
  /// Keeps the bytes alive wherever they are handed on; null when they are borrowed.
  const std::shared_ptr<const void>& owner() const { return owner_; }

 private:
  std::span<const std::byte> bytes_;
  std::shared_ptr<const void> owner_;
};

struct Tensor {
  DType dtype = DType::kFp32;
  Shape shape;
  Buffer data;

  template <typename T>
  std::span<const T> as() const {
    return {reinterpret_cast<const T*>(data.data()), data.size() / sizeof(T)};
  }
};

struct NamedTensor {
  std::string name;
  Tensor tensor;
};

/// Walks the elements of a BYTES tensor's wire form.
class BytesReader {
 public:
  explicit BytesReader(std::span<const std::byte> wire) : rest_(wire) {}
  /// False at the end or when a length runs past the buffer (then `done()` is false).
  bool Next(std::string_view* element);
  bool done() const { return rest_.empty(); }

 private:
  std::span<const std::byte> rest_;
};

/// Appends one element in wire form.
void AppendBytesElement(std::string& wire, std::string_view element);

/// The buffer holds exactly what dtype and shape say; for BYTES every length is walked.
/// kBadRequest "expected N elements, got M" (or bytes, for fixed-size types).
Status CheckData(const Tensor& tensor);

}  // namespace slipway
