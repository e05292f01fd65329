#pragma once
// The ONNX graph that an importer writes: values get names of their own, rows are never counted.

#include <cstdint>
#include <functional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "onnx/builder.h"
#include "tensor/dtype.h"
#include "tensor/shape.h"

namespace onnx {
class GraphProto;
}

namespace slipway::importing {

/// The domain of what ONNX cannot say, or not shortly: docs/formats/slipway-operators.md.
inline constexpr std::string_view kSlipwayDomain = "ai.slipway";
inline constexpr std::string_view kMlDomain = "ai.onnx.ml";

/// A value of the graph: [n, columns], n being the rows of the request.
struct Matrix {
  std::string value;
  DType dtype = DType::kFp64;
  int64_t columns = 0;
  bool sparse = false;  // the framework keeps it sparse; some estimators read zeros otherwise then
};

/// The operator set of ai.onnx that importers write.
inline constexpr int64_t kOpset = 21;

/// What protobuf writes at most.
inline constexpr size_t kMaxModelBytes = INT32_MAX;

/// IR version 10, operator sets ai.onnx 21 and ai.onnx.ml 5.
/// Usage:
///   Graph graph;
///   const Matrix x = graph.Input("input", DType::kFp64, 30);
///   const std::string y = graph.Add("MatMul", {x.value, graph.Constant<double>({30, 2}, w)});
///   graph.Output("predict_proba", y, DType::kFp64, {-1, 2});
/// Once more is added than it may hold, the graph takes no more, and status() says so.
/// Threads: one at a time.
class Graph {
 public:
  /// @param max_bytes  of the model, at most kMaxModelBytes.
  explicit Graph(size_t max_bytes = kMaxModelBytes);

  /// A graph input [-1, columns]. All inputs have the same rows: one name for their number.
  Matrix Input(std::string_view name, DType dtype, int64_t columns);
  /// Makes `value` the graph output `name`.
  void Output(std::string_view name, const std::string& value, DType dtype, const Shape& shape);

  /// A node with one output; returns the output's name.
  std::string Add(std::string_view op_type, const std::vector<std::string>& inputs,
                  const std::vector<onnx::Attribute>& attributes = {},
                  std::string_view domain = "");
  /// A node with `outputs` outputs.
  std::vector<std::string> AddMany(std::string_view op_type, const std::vector<std::string>& inputs,
                                   int outputs, const std::vector<onnx::Attribute>& attributes = {},
                                   std::string_view domain = "");

  /// A node of an operator of kSlipwayDomain that other engines run by `body`: its definition goes
  /// into the model, once. Bodies of one name are the same.
  std::string AddDefined(std::string_view name, const std::vector<std::string>& inputs,
                         const onnx::Builder& body);

  /// A node of an operator of kSlipwayDomain that no other engine runs.
  std::string AddOwn(std::string_view name, const std::vector<std::string>& inputs,
                     const std::vector<onnx::Attribute>& attributes);

  /// A constant; equal ones are not merged.
  template <typename T>
  std::string Constant(const Shape& shape, std::span<const T> values) {
    const std::string name = NewName("c");
    if (Take(values.size_bytes())) builder_.Constant<T>(name, shape, values);
    return name;
  }
  template <typename T>
  std::string Constant(const Shape& shape, const std::vector<T>& values) {
    return Constant<T>(shape, std::span<const T>(values));
  }
  /// A constant of rank 0.
  template <typename T>
  std::string Scalar(T value) {
    return Constant<T>({}, std::span<const T>(&value, 1));
  }
  /// A constant of strings.
  std::string Strings(const Shape& shape, std::span<const std::string> values);

  /// `x` as `dtype`; x itself when it is that already.
  Matrix CastTo(const Matrix& x, DType dtype);
  /// Columns side by side, all of one dtype; the only one itself.
  Matrix Concat(std::span<const Matrix> parts);
  /// Some columns of `x`, in the order of `indices`.
  Matrix Select(const Matrix& x, std::span<const int64_t> indices);

  /// Drops the nodes and constants that no output needs; inputs stay.
  void DropUnused();

  /// kTooLarge unless `bytes` more fit: for what takes memory before it is added.
  Status CheckRoom(size_t bytes) const;
  /// kTooLarge once something did not fit.
  Status status() const { return CheckRoom(0); }

  onnx::Builder& builder() { return builder_; }
  /// @return kTooLarge naming the size above max_bytes.
  StatusOr<std::string> Serialize() const;

 private:
  std::string NewName(std::string_view prefix);
  /// Counts what is added to the graph; false when it does not fit.
  bool Take(size_t bytes);

  const size_t max_bytes_;
  size_t bytes_ = 0;  // asked for, more than max_bytes_ when it was too much
  onnx::Builder builder_;
  std::set<std::string, std::less<>> inputs_;
  std::set<std::string, std::less<>> defined_;
  int64_t names_ = 0;
};

/// Drops the nodes and constants that no output needs; inputs stay.
void DropUnused(::onnx::GraphProto& graph);
/// @return kTooLarge naming the size above max_bytes.
StatusOr<std::string> Serialize(const ::onnx::ModelProto& model, size_t max_bytes = kMaxModelBytes);

/// The data type's number in ONNX, for attributes such as Cast's `to`.
int32_t OnnxType(DType dtype);

}  // namespace slipway::importing
