#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "tensor/signature.h"

namespace slipway::client {

/// What parameters of an input in a model's metadata say of a table's columns: "columns", a JSON
/// list of their names, and "times", a JSON list of the places, from 0, of those that are seconds
/// since 1970. At most 1,048,576 each; a parameter that is anything else says nothing.
class ColumnParameters {
 public:
  /// Keeps the value, JSON, of a parameter that is one of them.
  void Read(std::string_view parameter, std::string_view json);

  /// Fills in `columns`, and `times` where each is a column of `spec`, whose shape is known.
  void GiveTo(TensorSpec& spec) &&;

 private:
  std::vector<std::string> names_;
  std::vector<uint64_t> times_;
};

}  // namespace slipway::client
