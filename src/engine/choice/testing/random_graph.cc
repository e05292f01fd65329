#include "engine/choice/testing/random_graph.h"

#include <limits>

#include "engine/choice/testing/graph_maker.h"
#include "onnx/onnx.pb.h"

namespace slipway::testing {
namespace {

template <typename T>
Tensor Values(DType dtype, const Shape& shape, int64_t count, std::mt19937_64& random,
              const std::vector<T>& special, int every) {
  std::vector<T> values(static_cast<size_t>(count));
  for (T& value : values) {
    if (every > 0 && random() % static_cast<uint64_t>(every) == 0)
      value = special[random() % special.size()];
    else if constexpr (std::is_floating_point_v<T>)
      value = static_cast<T>(static_cast<int64_t>(random() % 129) - 64) / 8;
    else
      value = static_cast<T>(static_cast<int64_t>(random() % 7) - 3);
  }
  Tensor tensor = TensorOf<T>(shape, values);
  tensor.dtype = dtype;
  return tensor;
}

}  // namespace

RandomGraph GraphMaker::Make() {
  graph_.special = OneOf({Special::kNone, Special::kInfinities, Special::kAll, Special::kAll});
  const int inputs = 1 + Below(3) / 2;
  for (int i = 0; i < inputs; ++i) AddInput(i);
  const int wanted = 1 + Below(7);
  for (int tries = 0, made = 0; made < wanted && tries < 60; ++tries) made += AddNode();
  AddOutputs();
  DropUnusedConstants();
  return std::move(graph_);
}

void GraphMaker::AddInput(int i) {
  GraphNode x{.name = fmt::format("x{}", i)};
  x.dtype = OneOf({DType::kFp32, DType::kFp32, DType::kFp32, DType::kFp64, DType::kFp64,
                   DType::kInt64, DType::kInt32, DType::kBool, DType::kBytes});
  for (int rank = OneOf({0, 1, 1, 1, 1, 2, 2, 3}); rank > 0; --rank) x.tail.push_back(Dimension());
  while (CountOf(x.tail) > 60) x.tail.pop_back();
  if (!x.is_float()) x.bound = graph_.special == Special::kNone ? 3 : kWholeEnd, x.bits = 0;
  x.finite = !x.is_float() || graph_.special == Special::kNone;
  x.no_nan = !x.is_float() || graph_.special != Special::kAll;
  graph_.input_dtypes.push_back(x.dtype);
  graph_.input_tails.push_back(x.tail);
  Shape shape = {-1};
  shape.insert(shape.end(), x.tail.begin(), x.tail.end());
  graph_.model.Input(x.name, x.dtype, shape);
  // All inputs call their rows the same.
  auto& graph = *graph_.model.proto().mutable_graph();
  graph.mutable_input(i)
      ->mutable_type()
      ->mutable_tensor_type()
      ->mutable_shape()
      ->mutable_dim(0)
      ->set_dim_param("n");
  nodes_.push_back(x);
}

void GraphMaker::AddOutputs() {
  std::vector<size_t> chosen = {nodes_.size() - 1};
  for (size_t i = 0; i + 1 < nodes_.size(); ++i)
    if (Below(4) == 0 && !nodes_[i].name.starts_with("x")) chosen.push_back(i);
  for (const size_t i : chosen) {
    const GraphNode& node = nodes_[i];
    if (node.name.starts_with("x")) {  // an input alone: hand it through
      GraphNode y = node;
      y.name = NewName("v");
      graph_.model.Node("Identity", {node.name}, {y.name});
      DeclareOutput(y);
      continue;
    }
    DeclareOutput(node);
  }
}

void GraphMaker::DeclareOutput(const GraphNode& node) {
  Shape shape = {-1};
  shape.insert(shape.end(), node.tail.begin(), node.tail.end());
  graph_.model.Output(node.name, node.dtype, shape);
  graph_.outputs.push_back({node.exact, node.bound});
}

void GraphMaker::DropUnusedConstants() {
  auto& graph = *graph_.model.proto().mutable_graph();
  const auto used = [&](const std::string& name) {
    return std::ranges::any_of(graph.node(), [&](const auto& node) {
      return std::ranges::find(node.input(), name) != node.input().end();
    });
  };
  auto& constants = *graph.mutable_initializer();
  for (int i = constants.size() - 1; i >= 0; --i)
    if (!used(constants[i].name())) constants.DeleteSubrange(i, 1);
}

bool GraphMaker::AddNode() {
  using Make = bool (GraphMaker::*)();
  static constexpr Make kMakers[] = {
      &GraphMaker::AddMap,      &GraphMaker::AddMap,       &GraphMaker::AddPair,
      &GraphMaker::AddPair,     &GraphMaker::AddPair,      &GraphMaker::AddTest,
      &GraphMaker::AddProduct,  &GraphMaker::AddProduct,   &GraphMaker::AddReshape,
      &GraphMaker::AddReshape,  &GraphMaker::AddReshape,   &GraphMaker::AddExpand,
      &GraphMaker::AddConcat,   &GraphMaker::AddGather,    &GraphMaker::AddSlice,
      &GraphMaker::AddSplit,    &GraphMaker::AddTopK,      &GraphMaker::AddArg,
      &GraphMaker::AddReduce,   &GraphMaker::AddReduce,    &GraphMaker::AddReduce,
      &GraphMaker::AddSoftmax,  &GraphMaker::AddWhere,     &GraphMaker::AddCast,
      &GraphMaker::AddTamed,    &GraphMaker::AddMl,        &GraphMaker::AddLinear,
      &GraphMaker::AddEncoder,  &GraphMaker::AddTrees,     &GraphMaker::AddTrees,
      &GraphMaker::AddOldTrees, &GraphMaker::AddCumSum,    &GraphMaker::AddTranspose,
      &GraphMaker::AddManyOf,   &GraphMaker::AddExtractor, &GraphMaker::AddIsInf};
  return (this->*kMakers[Below(static_cast<int>(std::size(kMakers)))])();
}

Tensor RandomGraph::Input(size_t i, int64_t rows, uint64_t seed) const {
  std::mt19937_64 random(seed * 31 + i);
  Shape shape = {rows};
  shape.insert(shape.end(), input_tails[i].begin(), input_tails[i].end());
  const int64_t count = CountOf(shape);
  const auto specials = [this]<typename T>(T infinity) {
    std::vector<T> values = {-T{0}, T{0}};
    if (special != Special::kNone) values.insert(values.end(), {infinity, -infinity});
    if (special == Special::kAll) values.push_back(std::numeric_limits<T>::quiet_NaN());
    return values;
  };
  const auto ends = [this]<typename T>(T lowest, T highest) {
    return special == Special::kNone ? std::vector<T>{0} : std::vector<T>{0, lowest, highest};
  };
  constexpr int kEvery = 6;
  switch (input_dtypes[i]) {
    case DType::kFp32:
      return Values<float>(DType::kFp32, shape, count, random, specials(INFINITY), kEvery);
    case DType::kFp64:
      return Values<double>(DType::kFp64, shape, count, random, specials(double{INFINITY}), kEvery);
    case DType::kInt64:
      return Values<int64_t>(DType::kInt64, shape, count, random, ends(INT64_MIN, INT64_MAX),
                             kEvery);
    case DType::kInt32:
      return Values<int32_t>(DType::kInt32, shape, count, random, ends(INT32_MIN, INT32_MAX),
                             kEvery);
    case DType::kBool:
      return Values<uint8_t>(DType::kBool, shape, count, random, {0, 1}, 1);
    default:
      break;
  }
  Texts words(static_cast<size_t>(count));
  for (std::string& word : words) word = kWords[random() % kWords.size()];
  return BytesTensorOf(shape, words);
}

RandomGraph MakeRandomGraph(uint64_t seed) { return GraphMaker(seed).Make(); }

}  // namespace slipway::testing
