#pragma once
#include <string_view>

namespace slipway::reflection {

/// The contracts of every gRPC service that the server answers, a serialized FileDescriptorSet in
/// which files stand after those that they import; static storage.
std::string_view Contracts();

}  // namespace slipway::reflection
