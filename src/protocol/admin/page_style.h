#pragma once
#include <string_view>

namespace slipway::admin {

/// The page's style sheet, exactly as it stands between <style> and </style>.
extern const std::string_view kPageStyle;

}  // namespace slipway::admin
