#pragma once
// examples/<name>.json: golden inputs and outputs. Source: docs/formats/bundle.md

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "base/status.h"
#include "bundle/artifact.h"

namespace slipway::bundle {

inline constexpr uint64_t kMaxExampleBytes = uint64_t{16} << 20;
inline constexpr size_t kMaxExamples = 1'000;

/// The example that the bundle's file `path` holds; "" when it holds none.
/// "examples/first.json" → "first".
std::string_view ExampleNameOf(std::string_view path);

/// Reads a tensor's raw bytes from the bundle's file of that path.
using ReadRaw = std::function<StatusOr<Buffer>(const std::string& path)>;

/// @return kBadModel naming example and tensor.
StatusOr<Example> ParseExample(std::string_view name, std::string_view json,
                               const ReadRaw& read_raw);

/// The files of an example by their names in a bundle: its JSON, and raw tensors where they are
/// long or hold what JSON cannot say. ParseExample reads the same tensors back.
/// @return kBadRequest for a name that is none, or a tensor whose data are not what it says.
StatusOr<std::map<std::string, std::string>> RenderExample(const Example& example);

/// A model of that signature takes the inputs and gives the outputs: names, dtypes, shapes.
/// @return kBadModel naming example and tensor.
Status CheckExample(const Example& example, const Signature& signature);

}  // namespace slipway::bundle
