#pragma once
// Models as ONNX Runtime optimised them: its own format, whose bytes hold the weights as a session
// uses them, so that nothing is parsed, optimised or copied (docs/adr/0081).

#include <string>

#include "base/status.h"
#include "engine/onnxruntime/api.h"
#include "tensor/tensor.h"

namespace slipway::onnxruntime {

/// The session reads ONNX, and optimises it.
Status TakeOnnx(OrtSessionOptions& options);

/// The session takes such a form as it is, and uses the weights where they lie: the bytes must
/// outlive it.
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
