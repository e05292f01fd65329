#pragma once
// multipart/form-data, RFC 7578.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace slipway::http {

inline constexpr size_t kMaxFormParts = 1'000;
inline constexpr size_t kMaxPartHeaderBytes = size_t{8} << 10;

struct FormPart {
  std::string name;          // of the field
  std::string content_type;  // without parameters, lower-case; "" when the part has none
  std::string_view body;     // into the form
};

/// Cuts a form into its parts.
/// @param boundary  the parameter of the content type.
/// @return kBadRequest naming part (from 0) or byte: no boundary, no part, a part without a name,
///   kMaxFormParts or kMaxPartHeaderBytes exceeded, an end that is missing. Cost: O(form).
StatusOr<std::vector<FormPart>> ReadForm(std::string_view form, std::string_view boundary);

}  // namespace slipway::http
