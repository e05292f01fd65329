#pragma once
// ONNX Runtime's C API: ownership and errors in our words. The C++ wrapper of ONNX Runtime throws;
// the C functions return a status and cost nothing more.

#include <onnxruntime_c_api.h>

#include <memory>
#include <string>
#include <string_view>

#include "base/status.h"

namespace slipway::onnxruntime {

/// The function table. After OpenLibrary has succeeded, as it has once there is an engine.
const OrtApi& Api();

struct Release {
  void operator()(OrtEnv* p) const { Api().ReleaseEnv(p); }
  void operator()(OrtSession* p) const { Api().ReleaseSession(p); }
  void operator()(OrtSessionOptions* p) const { Api().ReleaseSessionOptions(p); }
  void operator()(OrtRunOptions* p) const { Api().ReleaseRunOptions(p); }
  void operator()(OrtMemoryInfo* p) const { Api().ReleaseMemoryInfo(p); }
  void operator()(OrtValue* p) const { Api().ReleaseValue(p); }
  void operator()(OrtStatus* p) const { Api().ReleaseStatus(p); }
  void operator()(OrtTensorTypeAndShapeInfo* p) const { Api().ReleaseTensorTypeAndShapeInfo(p); }
};
template <typename T>
using Owned = std::unique_ptr<T, Release>;

/// What went wrong while loading: kBadModel with ONNX Runtime's own words, cleaned.
Status LoadError(OrtStatus* error);

/// What went wrong while running: kBadRequest where an operator refused the values it got,
/// kTooLarge where memory ran out, else kInternal.
Status RunError(OrtStatus* error);

/// A call of ours that cannot fail did: kInternal.
Status CallError(OrtStatus* error);

/// ONNX Runtime's message without its source paths, function names and conditions, one line, at
/// most 400 bytes.
std::string CleanMessage(std::string_view message);

}  // namespace slipway::onnxruntime

/// Takes over the OrtStatus* of a call; leaves the function with CallError when it is one.
#define RETURN_IF_ORT_ERROR(call)                                       \
  if (OrtStatus* ort_error = (call); ort_error != nullptr) [[unlikely]] \
  return ::slipway::onnxruntime::CallError(ort_error)
