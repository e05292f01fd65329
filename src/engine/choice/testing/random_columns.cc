// What looks at all columns of a row.

#include "engine/choice/testing/graph_maker.h"
#include "onnx/onnx.pb.h"

namespace slipway::testing {

bool GraphMaker::AddArg() {
  const GraphNode* found = Pick([](const GraphNode& n) {
    return n.exact && n.no_nan && !n.tail.empty() && (n.is_float() || n.dtype == DType::kInt64);
  });
  if (found == nullptr) return false;
  const GraphNode x = *found;
  const auto at = static_cast<size_t>(Below(static_cast<int>(x.tail.size())));
  const bool keep = Coin();
  GraphNode y{.dtype = DType::kInt64, .tail = x.tail, .fits_int = true};
  y.bound = static_cast<double>(x.tail[at]), y.bits = 0;
  y.tail[at] = 1;
  if (!keep) y.tail.erase(y.tail.begin() + static_cast<ptrdiff_t>(at));
  if (!Give(y, Coin() ? "ArgMax" : "ArgMin", {x.name},
            {{"axis", static_cast<int64_t>(at) + 1},
             {"keepdims", int{keep}},
             {"select_last_index", Below(2)}}))
    return false;
  if (Coin()) return true;
  // Labels of classes.
  const GraphNode index = nodes_.back();
  GraphNode label{.dtype = OneOf({DType::kBytes, DType::kInt64, DType::kFp32}), .tail = index.tail};
  label.bound = 3, label.bits = label.is_float() ? 2 : 0;
  return Give(label, "Gather", {Constant(Numbers(label.dtype, {x.tail[at]})), index.name},
              {{"axis", 0}});
}

bool GraphMaker::AddReduce() {
  const std::string op =
      OneOf({"ReduceSum", "ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin", "ReduceProd",
             "ReduceL1", "ReduceL2", "ReduceLogSum", "ReduceLogSumExp", "ReduceSumSquare"});
  const bool sum = op == "ReduceSum" || op == "ReduceL1" || op == "ReduceMean";
  const bool extreme = op == "ReduceMax" || op == "ReduceMin";
  const GraphNode* found = Pick([&](const GraphNode& n) {
    if (n.tail.empty()) return false;
    // ONNX Runtime sums whole numbers by way of floating point.
    if (n.dtype == DType::kInt64) return extreme || (op == "ReduceSum" && n.bound < 1e9);
    return n.is_float() && (n.exact || sum || extreme) && (n.no_nan || !extreme);
  });
  if (found == nullptr) return false;
  const GraphNode x = *found;
  const auto rank = x.tail.size();
  const auto begin = static_cast<size_t>(Below(static_cast<int>(rank)));
  const size_t end = begin + 1 + static_cast<size_t>(Below(static_cast<int>(rank - begin)));
  const bool keep = Coin();
  Ints axes;
  double terms = 1;
  GraphNode y = x;
  y.tail.clear();
  for (size_t i = 0; i < rank; ++i) {
    if (i < begin || i >= end) {
      y.tail.push_back(x.tail[i]);
      continue;
    }
    axes.push_back(Coin() ? static_cast<int64_t>(i) + 1
                          : static_cast<int64_t>(i) - static_cast<int64_t>(rank));
    terms *= static_cast<double>(x.tail[i]);
    if (keep) y.tail.push_back(1);
  }
  if (x.is_float()) {
    y.signed_zero = false;
    const GraphNode total = Summed(y, terms, 1, 0);
    if (sum) y = op == "ReduceMean" ? Approximate(total, total.bound) : total;
    if (op == "ReduceSumSquare") y = Summed(y, terms, x.bound, std::min(x.bits, 1000));
    if (op == "ReduceL2") y = Approximate(y, x.bound * terms);
    if (op == "ReduceLogSumExp") y = Approximate(y, x.bound + 10);
    if (op == "ReduceLogSum") {
      if (!total.exact) return false;
      y = Approximate(y, 100);
    }
    if (op == "ReduceProd") {
      if (std::log2(std::max(2.0, x.bound)) * terms > 30) return false;
      y = Approximate(y, std::pow(std::max(2.0, x.bound), terms));
    }
    if (!extreme) y.no_nan = y.finite = y.finite && op != "ReduceLogSum";
    if (y.bound > 1e12) return false;
  }
  const bool constant = op == "ReduceSum" || graph_.model.proto().opset_import(0).version() >= 18;
  if (constant) return Give(y, op, {x.name, Constant(axes)}, {{"keepdims", int{keep}}});
  return Give(y, op, {x.name}, {{"axes", axes}, {"keepdims", int{keep}}});
}

bool GraphMaker::AddSoftmax() {
  const GraphNode* x = Pick([](const GraphNode& n) {
    return n.is_float() && !n.tail.empty() && (n.exact || n.bound < 50);
  });
  if (x == nullptr) return false;
  GraphNode y = Approximate(*x, 1);
  y.no_nan = y.finite;
  return Give(y, "Softmax", {x->name}, {{"axis", -1}});
}

bool GraphMaker::AddCumSum() {
  const GraphNode* x = Pick([](const GraphNode& n) {
    return n.tail.size() == 1 && (n.is_float() || n.dtype == DType::kInt64);
  });
  if (x == nullptr) return false;
  GraphNode y = Summed(*x, static_cast<double>(x->tail[0]), 1, 0);
  y.bound = std::min(y.bound, kWholeEnd);
  if (y.is_float() && y.bound > 1e12) return false;
  return Give(y, "CumSum", {x->name, Constant(TensorOf<int64_t>({}, {1}))});
}

}  // namespace slipway::testing
