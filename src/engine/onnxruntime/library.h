#pragma once
// ONNX Runtime's shared library, opened when the first model needs it: a process that serves native
// models alone never maps its 45 MB, and a program beside which it is missing still serves those.

#include <onnxruntime_c_api.h>

#include <string>

#include "base/status.h"

namespace slipway::onnxruntime {

struct Library {
  const OrtApi* api;
  std::string version;  // "1.30.0"
};

/// Opens libonnxruntime.so.1 for the life of the process: the one beside the program, in the lib
/// beside the program's folder, or where the system's loader looks. The first call decides. Any
/// thread.
/// @return kUnsupported when there is none, kInternal when it is older than the API we are built
/// for.
const StatusOr<Library>& OpenLibrary();

/// Library::version, "" when there is none. Read from the file that OpenLibrary would take, which
/// is opened for it only when it does not say.
std::string LibraryVersion();

}  // namespace slipway::onnxruntime
