#include "import/sklearn/numpy_functions.h"

#include "import/sklearn/operators.h"

namespace slipway::importing::sklearn {
namespace {

/// An operator of ONNX that is a function of numpy, or a chain of two.
struct NumpyFunction {
  std::string_view name;
  std::string_view op_type;
  double factor = 1;  // of the result
};
constexpr NumpyFunction kFunctions[] = {
    {"log", "Log"},
    {"exp", "Exp"},
    {"sqrt", "Sqrt"},
    {"abs", "Abs"},
    {"absolute", "Abs"},
    {"fabs", "Abs"},
    {"sign", "Sign"},
    {"negative", "Neg"},
    {"reciprocal", "Reciprocal"},
    {"sin", "Sin"},
    {"cos", "Cos"},
    {"tanh", "Tanh"},
    {"floor", "Floor"},
    {"ceil", "Ceil"},
    {"rint", "Round"},
    {"deg2rad", "Identity", 0.017453292519943295},
    {"radians", "Identity", 0.017453292519943295},
    {"rad2deg", "Identity", 57.295779513082323},
    {"degrees", "Identity", 57.295779513082323},
};

}  // namespace

StatusOr<Matrix> ApplyNumpyFunction(Graph& graph, const State& state, std::string_view key,
                                    std::string_view arguments, const Matrix& x) {
  const auto function = state.Find(key);
  if (!function) return x;
  if (const auto given = state.Find(arguments); given && given->size() > 0)
    return state.Unsupported("{}: expected none", arguments);
  const std::string_view module = function->is(pickle::Kind::kGlobal) ? function->module() : "";
  if (!module.starts_with("numpy") || (module.size() > 5 && module[5] != '.'))
    return state.Unsupported("{}: expected None or a function of numpy, got {}", key,
                             Describe(*function));
  const std::string_view name = function->name();
  if (name == "log1p") return Log1p(graph, x);
  if (name == "expm1") return Expm1(graph, x);
  if (name == "log2") return LogToBase(graph, x, 2);
  if (name == "log10") return LogToBase(graph, x, 10);
  if (name == "exp2") return Map(graph, "Exp", MapWith(graph, "Mul", x, {0.69314718055994531}));
  if (name == "square") return Matrix{graph.Add("Mul", {x.value, x.value}), x.dtype, x.columns};
  for (const NumpyFunction& known : kFunctions) {
    if (known.name != name) continue;
    const Matrix y = Map(graph, known.op_type, x);
    return known.factor == 1 ? y : MapWith(graph, "Mul", y, {known.factor});
  }
  return state.Unsupported("{}: numpy.{} has no counterpart", key, name);
}

}  // namespace slipway::importing::sklearn
