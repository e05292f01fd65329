#pragma once
// Which classes and functions the pickle of an estimator may name.

#include "base/status.h"
#include "import/pickle/reader.h"

namespace slipway::importing::sklearn {

/// @return kUnsupported for the first global that AllowedInScikitLearn refuses, saying what the
///   file holds under that name and, for classes of somebody's own module, how to export instead.
Status CheckGlobals(const pickle::Document& document);

}  // namespace slipway::importing::sklearn
