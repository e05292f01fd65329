#include "import/sklearn/pairs.h"

#include <algorithm>

#include "import/sklearn/operators.h"

namespace slipway::importing::sklearn {
namespace {

/// [pairs, classes]: `first` where the class is i of the pair, `second` where it is j.
std::vector<double> PairTable(int64_t classes, double first, double second) {
  const auto pairs = PairsOf(classes);
  std::vector<double> table(pairs.size() * static_cast<size_t>(classes), 0);
  for (size_t p = 0; p < pairs.size(); ++p) {
    table[p * classes + pairs[p].first] = first;
    table[p * classes + pairs[p].second] = second;
  }
  return table;
}

/// r[i][j], the probability of i against j; 0 on the diagonal: [n, classes, classes].
std::string PairMatrix(Graph& graph, const Matrix& first, int64_t classes) {
  const std::vector<Matrix> pool = {
      first,
      {graph.Add("Sub", {graph.Scalar<double>(1), first.value}), DType::kFp64, first.columns},
      Filled(graph, first, 0)};
  std::vector<int64_t> source(static_cast<size_t>(classes * classes), 2 * first.columns);
  const auto pairs = PairsOf(classes);
  for (size_t p = 0; p < pairs.size(); ++p) {
    const auto [i, j] = pairs[p];
    source[i * classes + j] = static_cast<int64_t>(p);
    source[j * classes + i] = first.columns + static_cast<int64_t>(p);
  }
  const Matrix flat = graph.Select(graph.Concat(pool), source);
  return graph.Add("Reshape", {flat.value, graph.Constant<int64_t>(
                                               {3}, std::vector<int64_t>{-1, classes, classes})});
}

std::vector<double> Identity(int64_t size) {
  std::vector<double> identity(static_cast<size_t>(size * size), 0);
  for (int64_t i = 0; i < size; ++i) identity[i * size + i] = 1;
  return identity;
}

/// Nodes of an operator's body or of a graph in it; a prefix keeps their names apart.
class Body {
 public:
  explicit Body(std::string prefix) : prefix_(std::move(prefix)) { builder_.Opset("", kOpset); }

  std::string Input(std::string_view name, DType dtype, const Shape& shape) {
    builder_.Input(prefix_ + std::string(name), dtype, shape);
    return prefix_ + std::string(name);
  }
  std::string Add(std::string_view op_type, const std::vector<std::string>& inputs,
                  const std::vector<onnx::Attribute>& attributes = {}) {
    std::string name = prefix_ + std::to_string(names_++);
    builder_.Node(op_type, inputs, {name}, attributes);
    return name;
  }
  std::vector<std::string> AddMany(std::string_view op_type, const std::vector<std::string>& inputs,
                                   int outputs, const std::vector<onnx::Attribute>& attributes) {
    std::vector<std::string> names;
    for (int i = 0; i < outputs; ++i) names.push_back(prefix_ + std::to_string(names_++));
    builder_.Node(op_type, inputs, names, attributes);
    return names;
  }
  template <typename T>
  std::string Constant(const Shape& shape, std::initializer_list<T> values) {
    std::string name = prefix_ + std::to_string(names_++);
    builder_.Constant<T>(name, shape, std::span<const T>(values.begin(), values.size()));
    return name;
  }
  /// A reduction over the columns: [n, 1].
  std::string Reduce(std::string_view op_type, const std::string& x) {
    return Add(op_type, {x, Constant<int64_t>({1}, {1})}, {{"keepdims", 1}});
  }
  /// matrix [n, k, k] · vector [n, k] or [k]: [n, k].
  std::string Times(const std::string& matrix, const std::string& vector) {
    const std::string last = Constant<int64_t>({1}, {-1});
    return Add("Squeeze", {Add("MatMul", {matrix, Add("Unsqueeze", {vector, last})}), last});
  }
  void Output(const std::string& value, DType dtype, const Shape& shape) {
    builder_.Output(value, dtype, shape);
  }
  const onnx::Builder& builder() const { return builder_; }
  onnx::Builder TakeBuilder() && { return std::move(builder_); }

 private:
  std::string prefix_;
  onnx::Builder builder_;
  int names_ = 0;
};

/// One coordinate's descent: (q, p, qp, pqp; unit vector of the coordinate) → the same.
void WriteCoordinateStep(Body& body) {
  const std::string q = body.Input("q", DType::kFp64, {-1, -1, -1});
  const std::string p = body.Input("p", DType::kFp64, {-1, -1});
  const std::string qp = body.Input("qp", DType::kFp64, {-1, -1});
  const std::string pqp = body.Input("pqp", DType::kFp64, {-1, 1});
  const std::string unit = body.Input("unit", DType::kFp64, {-1});
  const std::string column = body.Times(q, unit);
  const std::string q_tt = body.Reduce("ReduceSum", body.Add("Mul", {column, unit}));
  const std::string qp_t = body.Reduce("ReduceSum", body.Add("Mul", {qp, unit}));
  const std::string step = body.Add("Div", {body.Add("Sub", {pqp, qp_t}), q_tt});
  const std::string scale = body.Add("Add", {body.Constant<double>({}, {1.0}), step});
  const std::string slope = body.Add(
      "Add",
      {body.Add("Mul", {step, q_tt}), body.Add("Mul", {body.Constant<double>({}, {2.0}), qp_t})});
  const std::string raised = body.Add("Add", {pqp, body.Add("Mul", {step, slope})});
  const std::string next_pqp = body.Add("Div", {body.Add("Div", {raised, scale}), scale});
  const std::string next_qp =
      body.Add("Div", {body.Add("Add", {qp, body.Add("Mul", {step, column})}), scale});
  const std::string next_p =
      body.Add("Div", {body.Add("Add", {p, body.Add("Mul", {step, unit})}), scale});
  body.Output(body.Add("Identity", {q}), DType::kFp64, {-1, -1, -1});
  body.Output(next_p, DType::kFp64, {-1, -1});
  body.Output(next_qp, DType::kFp64, {-1, -1});
  body.Output(next_pqp, DType::kFp64, {-1, 1});
}

/// One round over all coordinates, for the rows that are not done: (iteration, condition, q, p,
/// active) → (condition, q, p, active). Sees the units and the tolerance of the graph around it.
void WriteRound(Body& body, const Body& coordinate_step, const std::string& units,
                const std::string& tolerance) {
  body.Input("iteration", DType::kInt64, {});
  body.Input("condition", DType::kBool, {});
  const std::string q = body.Input("q", DType::kFp64, {-1, -1, -1});
  const std::string p = body.Input("p", DType::kFp64, {-1, -1});
  const std::string active = body.Input("active", DType::kBool, {-1, 1});
  const std::string qp = body.Times(q, p);
  const std::string pqp = body.Reduce("ReduceSum", body.Add("Mul", {p, qp}));
  const std::string error = body.Reduce("ReduceMax", body.Add("Abs", {body.Add("Sub", {qp, pqp})}));
  const std::string going_on =
      body.Add("And", {active, body.Add("GreaterOrEqual", {error, tolerance})});
  const auto stepped = body.AddMany("Scan", {q, p, qp, pqp, units}, 4,
                                    {{"num_scan_inputs", 1}, {"body", &coordinate_step.builder()}});
  const std::string next_p = body.Add("Where", {going_on, stepped[1], p});
  const std::string number = body.Add("Cast", {going_on}, {{"to", OnnxType(DType::kInt64)}});
  const std::string left = body.Add("ReduceSum", {number}, {{"keepdims", 0}});
  body.Output(body.Add("Greater", {left, body.Constant<int64_t>({}, {0})}), DType::kBool, {});
  body.Output(body.Add("Identity", {q}), DType::kFp64, {-1, -1, -1});
  body.Output(next_p, DType::kFp64, {-1, -1});
  body.Output(going_on, DType::kBool, {-1, 1});
}

/// The quadratic form that the probabilities minimise: Q[t][t] = Σ r[j][t]², Q[t][j] =
/// −r[j][t]·r[t][j].
std::string AddQuadraticForm(Body& body, const std::string& r, const std::string& units) {
  const std::string transposed =
      body.Add("Transpose", {r}, {{"perm", std::vector<int64_t>{0, 2, 1}}});
  const std::string others = body.Add("Neg", {body.Add("Mul", {transposed, r})});
  const std::string squares = body.Add(
      "ReduceSum", {body.Add("Mul", {transposed, transposed}), body.Constant<int64_t>({1}, {2})},
      {{"keepdims", 1}});
  return body.Add("Add", {others, body.Add("Mul", {squares, units})});
}

/// (r [n, classes, classes], units [classes, classes]) → probabilities [n, classes].
onnx::Builder Coupling() {
  Body body("coupling.");
  const std::string r = body.Input("r", DType::kFp64, {-1, -1, -1});
  const std::string units = body.Input("units", DType::kFp64, {-1, -1});
  const std::string q = AddQuadraticForm(body, r, units);
  const std::string size = body.Add("Shape", {units}, {{"start", 0}, {"end", 1}});
  const std::string classes = body.Add("Cast", {size}, {{"to", OnnxType(DType::kFp64)}});
  const std::string tolerance = body.Add("Div", {body.Constant<double>({}, {0.005}), classes});
  const std::string share = body.Add("Reciprocal", {classes});
  const std::string uniform =
      body.Add("Expand", {share, body.Add("Shape", {q}, {{"start", 0}, {"end", 2}})});
  const std::string active =
      body.Add("Cast", {body.Reduce("ReduceMax", uniform)}, {{"to", OnnxType(DType::kBool)}});
  const std::string rounds =
      body.Add("Squeeze", {body.Add("Max", {body.Constant<int64_t>({1}, {100}), size})});
  Body coordinate_step("coordinate.");
  WriteCoordinateStep(coordinate_step);
  Body round("round.");
  WriteRound(round, coordinate_step, units, tolerance);
  const auto results =
      body.AddMany("Loop", {rounds, body.Constant<bool>({}, {true}), q, uniform, active}, 3,
                   {{"body", &round.builder()}});
  body.Output(results[1], DType::kFp64, {-1, -1});
  return std::move(body).TakeBuilder();
}

}  // namespace

std::vector<std::pair<int64_t, int64_t>> PairsOf(int64_t classes) {
  std::vector<std::pair<int64_t, int64_t>> pairs;
  for (int64_t i = 0; i < classes; ++i)
    for (int64_t j = i + 1; j < classes; ++j) pairs.emplace_back(i, j);
  return pairs;
}

Matrix CountVotes(Graph& graph, const Matrix& for_second, int64_t classes) {
  // A pair gives its vote to i; where it is for j, the vote moves.
  std::vector<double> base(static_cast<size_t>(classes));
  for (int64_t i = 0; i < classes; ++i) base[i] = static_cast<double>(classes - 1 - i);
  return Affine(graph, graph.CastTo(for_second, DType::kFp64), PairTable(classes, -1, 1), base);
}

Matrix CountExactVotes(Graph& graph, const Matrix& values, int64_t classes) {
  const std::vector<double> nothing(static_cast<size_t>(classes));
  const auto count = [&](double value, double first, double second) {
    const Matrix equal = {MapWith(graph, "Equal", values, {value}).value, DType::kBool,
                          values.columns};
    return Affine(graph, graph.CastTo(equal, DType::kFp64), PairTable(classes, first, second),
                  nothing);
  };
  return {graph.Add("Add", {count(0, 1, 0).value, count(1, 0, 1).value}), DType::kFp64, classes};
}

Matrix OneVsRestOfPairs(Graph& graph, const Matrix& for_second, const Matrix& confidences,
                        int64_t classes) {
  return OneVsRestOfVotes(graph, CountVotes(graph, for_second, classes), confidences, classes);
}

Matrix OneVsRestOfVotes(Graph& graph, const Matrix& votes, const Matrix& confidences,
                        int64_t classes) {
  const std::string sum =
      graph.Add("MatMul", {confidences.value, graph.Constant<double>({confidences.columns, classes},
                                                                     PairTable(classes, -1, 1))});
  const std::string size = graph.Add("Add", {graph.Add("Abs", {sum}), graph.Scalar<double>(1)});
  const std::string moved =
      graph.Add("Div", {sum, graph.Add("Mul", {size, graph.Scalar<double>(3)})});
  return {graph.Add("Add", {votes.value, moved}), DType::kFp64, classes};
}

Matrix CouplePairs(Graph& graph, const Matrix& first, int64_t classes) {
  const std::string r = PairMatrix(graph, first, classes);
  const std::string units = graph.Constant<double>({classes, classes}, Identity(classes));
  return {graph.AddDefined("CouplePairs", {r, units}, Coupling()), DType::kFp64, classes};
}

}  // namespace slipway::importing::sklearn
