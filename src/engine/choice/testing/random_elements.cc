// What is computed number by number, products, choices and conversions.

#include "engine/choice/testing/graph_maker.h"
#include "onnx/onnx.pb.h"

namespace slipway::testing {

bool GraphMaker::AddMap() {
  const std::string op =
      OneOf({"Abs", "Neg", "Ceil", "Floor", "Round", "Sign", "Relu", "Sqrt", "Reciprocal", "Exp",
             "Log", "Tanh", "Sigmoid", "Erf", "Sin", "Cos", "IsNaN", "Not", "Identity"});
  if (op == "Not") {
    const GraphNode* x = Pick([](const GraphNode& n) { return n.dtype == DType::kBool; });
    return x != nullptr && Give(*x, op, {x->name});
  }
  const bool smooth = op == "Abs" || op == "Neg" || op == "Relu" || op == "Tanh" ||
                      op == "Sigmoid" || op == "Identity" || op == "IsNaN" || op == "Erf";
  const GraphNode* x = PickFloat(!smooth);
  if (x == nullptr) return false;
  if ((op == "Reciprocal" || op == "Log") && !x->signed_zero) return false;
  if ((op == "Sin" || op == "Cos") && x->bound > 1e3) return false;
  if (op == "Exp" && x->bound > 60) return false;
  GraphNode y = *x;
  if (op == "IsNaN") y.dtype = DType::kBool, y.exact = true;
  if (op == "Relu") y.signed_zero = false;
  if (op == "Ceil" || op == "Floor" || op == "Round") y.bits = 0, y.bound += 1;
  if (op == "Sign") y.bits = 0, y.bound = 1;
  if (op == "Sqrt" || op == "Log" || op == "Sin" || op == "Cos") y.no_nan = false;
  if (op == "Log" || op == "Reciprocal" || op == "Sqrt") y.finite = y.fits_int = false;
  if (op == "Sqrt" || op == "Reciprocal") y = Rounded(y, std::max(8.0, x->bound) * 1e3);
  if (op == "Exp") y = Approximate(y, std::exp(x->bound));
  if (op == "Log") y = Approximate(y, 100);
  if (op == "Tanh" || op == "Sigmoid" || op == "Erf" || op == "Sin" || op == "Cos")
    y = Approximate(y, std::max(1.0, x->exact ? 1.0 : x->bound));
  return Give(y, op, {x->name});
}

bool GraphMaker::AddIsInf() {
  const GraphNode* x = PickFloat(true);
  if (x == nullptr) return false;
  GraphNode y = *x;
  y.dtype = DType::kBool;
  return Give(y, "IsInf", {x->name});
}

bool GraphMaker::AddPair() {
  const std::string op =
      OneOf({"Add", "Add", "Sub", "Mul", "Div", "Pow", "Min", "Max", "And", "Or", "Xor"});
  const bool logical = op == "And" || op == "Or" || op == "Xor";
  const bool ratio = op == "Div" || op == "Pow";
  const GraphNode* found = Pick([&](const GraphNode& n) {
    if (logical) return n.dtype == DType::kBool;
    if (ratio) return n.is_float() && n.exact && n.signed_zero;
    return n.is_float() || n.dtype == DType::kInt64 || n.dtype == DType::kInt32;
  });
  if (found == nullptr) return false;
  const GraphNode x = *found;
  GraphNode z;
  const auto other = Partner(x, z, /*special=*/true);
  if (!other) return false;
  GraphNode y = x;
  y.tail = Broadcast(x.tail, z.tail);
  y.exact = x.exact && z.exact;
  y.signed_zero = x.signed_zero && z.signed_zero;
  if (!x.is_float())
    y.bound = std::min(kWholeEnd, op == "Mul" ? x.bound * z.bound : x.bound + z.bound);
  if (x.is_float()) {
    y.finite = x.finite && z.finite && !ratio;
    y.no_nan = op == "Min" || op == "Max" ? x.no_nan && z.no_nan : y.finite;
    y.bits = std::max(x.bits, z.bits);
    y.bound = std::max(x.bound, z.bound);
    if (op == "Mul") y.bits = x.bits + z.bits, y.bound = x.bound * z.bound;
    if (op == "Add" || op == "Sub") y.bound = x.bound + z.bound;
    if (op == "Min" || op == "Max") y.signed_zero = false;
    if (ratio && (!z.exact || !z.signed_zero)) return false;
    if (op == "Pow") y = Approximate(y, std::pow(std::max(x.bound, 8.0), std::max(z.bound, 2.5)));
    if (op == "Div" && MadeBy(x) == "MatMul") return false;  // as in AddProduct
    if (op == "Div") y = Rounded(y, x.bound * 1e3);
    if (!y.SumsAreExact(1)) y.bits = GraphNode::kRounded;
    if (y.bound > 1e12) return false;
  }
  y.fits_int = x.fits_int && z.fits_int && y.finite && y.bound < 1e6;
  const bool swap = Coin() && op != "Pow" && op != "Div" && op != "Sub";
  return Give(y, op, swap ? Texts{*other, x.name} : Texts{x.name, *other});
}

bool GraphMaker::AddManyOf() {
  const std::string op = OneOf({"Sum", "Min", "Max"});
  const GraphNode* found = PickFloat(true);
  if (found == nullptr || found->bits == GraphNode::kRounded) return false;
  const GraphNode x = *found;
  GraphNode y = x;
  Texts inputs = {x.name};
  for (int i = Below(3); i > 0; --i) {
    Shape shape = BesideTail(x.tail);
    if (shape.size() > x.tail.size() + 1) return false;
    inputs.push_back(Constant(Numbers(x.dtype, shape, true)));
    y.finite = y.no_nan = y.fits_int = false;
    if (shape.size() > x.tail.size()) shape.erase(shape.begin());
    for (size_t k = 0; k < shape.size(); ++k) {
      const int64_t own = y.tail[y.tail.size() - 1 - k], more = shape[shape.size() - 1 - k];
      if (own != more && own != 1 && more != 1) return false;
    }
    y.tail = Broadcast(y.tail, shape);
    y.bound += 2;
  }
  y.signed_zero = false;
  return Give(y, op, inputs);
}

bool GraphMaker::AddTest() {
  const std::string op = OneOf({"Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual"});
  const GraphNode* found = Pick([&](const GraphNode& n) {
    return n.exact && (op == "Equal" || (n.dtype != DType::kBytes && n.dtype != DType::kBool));
  });
  if (found == nullptr) return false;
  const GraphNode x = *found;
  GraphNode z;
  const auto other = Partner(x, z, true);
  if (!other || !z.exact) return false;
  GraphNode y = x;
  y.dtype = DType::kBool;
  y.tail = Broadcast(x.tail, z.tail);
  return Give(y, op, {x.name, *other});
}

bool GraphMaker::AddProduct() {
  const GraphNode* found = PickMatrix(false);
  if (found == nullptr) return false;
  const GraphNode x = *found;
  const int64_t inputs = x.tail[0], outputs = Dimension();
  const bool scaled = Coin();
  GraphNode y = Summed(x, static_cast<double>(inputs), scaled ? 4 : 2, scaled ? 3 : 2);
  y.tail = {outputs};
  if (y.bound > 1e12) return false;
  // ONNX Runtime makes a division beside MatMul a factor of it, in FP32.
  if (!scaled && MadeBy(x) != "Div") {
    if (Below(6) == 0) {
      y.tail = {};
      return Give(y, "MatMul", {x.name, Constant(Numbers(x.dtype, {inputs}))});
    }
    return Give(y, "MatMul", {x.name, Constant(Numbers(x.dtype, {inputs, outputs}))});
  }
  const bool transposed = Coin();
  const Shape shape = transposed ? Shape{outputs, inputs} : Shape{inputs, outputs};
  Texts operands = {x.name, Constant(Numbers(x.dtype, shape))};
  if (Below(3) > 0)
    operands.push_back(Constant(Numbers(
        x.dtype, OneOf({Shape{outputs}, Shape{1, outputs}, Shape{1}, Shape{}, Shape{1, 1}}))));
  return Give(y, "Gemm", operands,
              {{"transB", int{transposed}},
               {"alpha", OneOf({1.0F, 0.5F, 2.0F})},
               {"beta", OneOf({1.0F, 0.5F})}});
}

bool GraphMaker::AddWhere() {
  const GraphNode* found = Pick([](const GraphNode& n) { return n.dtype == DType::kBool; });
  if (found == nullptr) return false;
  const GraphNode which = *found;
  const GraphNode* value =
      Pick([&](const GraphNode& n) { return n.tail.size() == which.tail.size(); });
  if (value == nullptr) return false;
  const GraphNode a = *value;
  for (size_t i = 0; i < a.tail.size(); ++i)
    if (a.tail[i] != which.tail[i] && a.tail[i] != 1 && which.tail[i] != 1) return false;
  GraphNode y = a;
  y.tail = Broadcast(a.tail, which.tail);
  GraphNode z = y;
  const auto other = Partner(y, z, true);
  if (!other) return false;
  y.tail = Broadcast(y.tail, z.tail);
  y = Merge(y, z);
  y.fits_int = false;
  return Give(y, "Where",
              Coin() ? Texts{which.name, a.name, *other} : Texts{which.name, *other, a.name});
}

bool GraphMaker::AddCast() {
  const GraphNode* found = Pick([](const GraphNode& n) { return n.dtype != DType::kBytes; });
  if (found == nullptr) return false;
  const GraphNode x = *found;
  GraphNode y = x;
  y.dtype = OneOf({DType::kFp32, DType::kFp64, DType::kInt64, DType::kInt32, DType::kBool});
  const bool to_int = y.dtype == DType::kInt64 || y.dtype == DType::kInt32;
  // What becomes of numbers that do not fit is each engine's own affair.
  if (to_int && x.is_float() && (!x.exact || !x.fits_int)) return false;
  if (y.dtype == DType::kInt32 && x.dtype == DType::kInt64 && !x.fits_int) return false;
  if (y.dtype == DType::kBool && !x.exact) return false;
  if (to_int || y.dtype == DType::kBool) y.bits = 0;
  if (y.is_float() && !x.is_float() && x.bound > 1e6) y.bits = GraphNode::kRounded;
  if (y.dtype == DType::kBool) y.bound = 1, y.fits_int = true;
  if (y.dtype == DType::kFp32 && x.dtype == DType::kFp64 && x.bits == GraphNode::kRounded &&
      !x.exact)
    y.bound = std::max(y.bound, 1.0);
  if (x.dtype == DType::kFp32 && !x.exact && y.dtype == DType::kFp64) return false;
  return Give(y, "Cast", {x.name}, {{"to", ToOnnx(y.dtype)}});
}

bool GraphMaker::AddTamed() {
  const GraphNode* found = PickFloat(true);
  if (found == nullptr) return false;
  const GraphNode x = *found;
  GraphNode nan = x;
  nan.dtype = DType::kBool;
  if (!Give(nan, "IsNaN", {x.name})) return false;
  const GraphNode is_nan = nodes_.back();
  if (!Give(x, "Where", {is_nan.name, Constant(Numbers(x.dtype, {})), x.name})) return false;
  GraphNode y = nodes_.back();
  y.fits_int = y.finite = y.no_nan = true;
  y.signed_zero = false;
  y.bound = 100;
  const auto bound = [&](double value) {
    return Constant(x.dtype == DType::kFp32 ? TensorOf<float>({}, {static_cast<float>(value)})
                                            : TensorOf<double>({}, {value}));
  };
  return Give(y, "Clip", {y.name, bound(-100), bound(100)});
}

}  // namespace slipway::testing
