#pragma once
// Models as ONNX Runtime optimised them, in its own format: nothing is optimised, and no message
// parsed (docs/adr/0081).

#include <string>

#include "base/status.h"
#include "engine/onnxruntime/api.h"
#include "tensor/tensor.h"

namespace slipway::onnxruntime {

/// The session reads ONNX, and optimises it.
Status TakeOnnx(OrtSessionOptions& options);

/// The session takes such a form as it is, and copies weights out of it to where kernels like them.
Status TakePreparedForm(OrtSessionOptions& options);

/// Where a session writes that form when it is made: memory that has a path.
class PreparedFile {
 public:
  PreparedFile() = default;
  /// @param options  of the session.
  static StatusOr<PreparedFile> Create(OrtSessionOptions& options);
  PreparedFile(PreparedFile&& other) noexcept;
  PreparedFile& operator=(PreparedFile&& other) noexcept;
  ~PreparedFile();

  bool valid() const { return fd_ >= 0; }
  /// What the session wrote; kInternal when it wrote nothing.
  StatusOr<Buffer> Read() const;

 private:
  int fd_ = -1;
};

}  // namespace slipway::onnxruntime
