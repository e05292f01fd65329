// Categories: LabelEncoder and OneHotEncoder of ai.onnx.ml.

#include <absl/container/flat_hash_map.h>

#include <bit>
#include <cmath>

#include "engine/tabular/operators/steps.h"

namespace slipway::tabular {
namespace {

/// What a category is looked up by. Numbers by their bits: -0 is 0, and all NaN are one category.
template <typename T>
auto KeyOf(T value) {
  if constexpr (std::is_floating_point_v<T>) {
    using Bits = std::conditional_t<sizeof(T) == 8, uint64_t, uint32_t>;
    if (value == 0) return Bits{0};
    return std::isnan(value) ? ~Bits{0} : std::bit_cast<Bits>(value);
  } else {
    return value;
  }
}

template <typename T>
using Places = absl::flat_hash_map<decltype(KeyOf(T())), size_t>;

template <typename T>
Places<T> PlacesOf(const Elements<T>& categories) {
  Places<T> places;
  for (size_t i = 0; i < categories.size(); ++i) places.try_emplace(KeyOf(categories[i]), i);
  return places;
}

using Constant = std::shared_ptr<const Tensor>;

/// "keys" or "values": a tensor attribute, or a list in the name of its type.
[[gnu::cold]] StatusOr<Constant> ListOf(const Lowering& node, const std::string& name) {
  ASSIGN_OR_RETURN(Constant tensor, node.TensorOf(name + "_tensor"));
  if (tensor != nullptr) return tensor;
  if (node.attribute(name + "_strings"))
    return std::make_shared<const Tensor>(TensorOfTexts(node.Texts(name + "_strings")));
  if (node.attribute(name + "_int64s"))
    return std::make_shared<const Tensor>(
        TensorOfNumbers(DType::kInt64, node.Ints(name + "_int64s")));
  if (node.attribute(name + "_floats"))
    return std::make_shared<const Tensor>(
        TensorOfNumbers(DType::kFp32, node.Floats(name + "_floats")));
  return node.Unsupported("no attribute says its {}", name);
}

/// What a value that is no key becomes.
[[gnu::cold]] StatusOr<Constant> DefaultOf(const Lowering& node, DType dtype) {
  ASSIGN_OR_RETURN(Constant tensor, node.TensorOf("default_tensor"));
  if (tensor != nullptr) return tensor;
  if (dtype == DType::kBytes)
    return std::make_shared<const Tensor>(TensorOfTexts({node.Text("default_string", "_Unused")}));
  if (dtype == DType::kInt64)
    return std::make_shared<const Tensor>(
        TensorOfNumbers<int64_t>(dtype, {node.Int("default_int64", -1)}));
  return std::make_shared<const Tensor>(
      TensorOfNumbers<float>(DType::kFp32, {node.Float("default_float", -0.0F)}));
}

template <typename From, typename To>
[[gnu::cold]] Status GiveEncoded(Lowering& node, const Value& x, const Tensor& keys,
                                 const Constant& values, const Constant& otherwise) {
  ASSIGN_OR_RETURN(const Value y, node.NewRows(values->dtype, x.tail));
  Elements<To> table = ElementsOf<To>(*values);
  table.push_back(ElementsOf<To>(*otherwise).front());
  node.Emit(MakeStep([from = x.slot, to = y.slot, columns = x.columns(), values, otherwise,
                      places = PlacesOf(ElementsOf<From>(keys)), key_owner = keys,
                      table = std::move(table)](const Block& block) {
              const From* in = block.In<From>(from);
              To* out = block.Out<To>(to);
              for (size_t i = 0; i < block.rows * columns; ++i) {
                const auto found = places.find(KeyOf(in[i]));
                out[i] = found == places.end() ? table.back() : table[found->second];
              }
            }),
            {x.slot}, {y.slot});
  node.Give(0, y);
  return OkStatus();
}

bool IsCategory(DType dtype) {
  return dtype == DType::kBytes || dtype == DType::kInt64 || dtype == DType::kFp32 ||
         dtype == DType::kFp64;
}

template <typename F>
auto VisitCategory(DType dtype, F f) {
  if (dtype == DType::kBytes) return f.template operator()<std::string_view>();
  if (dtype == DType::kInt64) return f.template operator()<int64_t>();
  if (dtype == DType::kFp32) return f.template operator()<float>();
  return f.template operator()<double>();
}

[[gnu::cold]] Status LowerLabelEncoder(Lowering& node) {
  ASSIGN_OR_RETURN(const Value x, node.Rows(0));
  ASSIGN_OR_RETURN(const Constant keys, ListOf(node, "keys"));
  ASSIGN_OR_RETURN(const Constant values, ListOf(node, "values"));
  ASSIGN_OR_RETURN(const Constant otherwise, DefaultOf(node, values->dtype));
  if (!IsCategory(x.dtype) || keys->dtype != x.dtype || !IsCategory(values->dtype) ||
      otherwise->dtype != values->dtype || *ElementCount(otherwise->shape) < 1 ||
      *ElementCount(keys->shape) != *ElementCount(values->shape))
    return node.Unsupported("{}: keys {}, values {}", x.ToString(),
                            ToString(keys->dtype, keys->shape),
                            ToString(values->dtype, values->shape));
  return VisitCategory(x.dtype, [&]<typename From>() {
    return VisitCategory(values->dtype, [&]<typename To>() {
      return GiveEncoded<From, To>(node, x, *keys, values, otherwise);
    });
  });
}

/// One column for each category of each column: FP32 by specification.
template <typename T>
[[gnu::cold]] Status GiveOneHot(Lowering& node, const Value& x, const Tensor& categories,
                                bool zeros) {
  const auto count = static_cast<size_t>(*ElementCount(categories.shape));
  Shape tail = x.tail;
  tail.push_back(static_cast<int64_t>(count));
  ASSIGN_OR_RETURN(const Value y, node.NewRows(DType::kFp32, tail));
  node.Emit(MakeStep([=, from = x.slot, to = y.slot, columns = x.columns(), owner = categories,
                      places = PlacesOf(ElementsOf<T>(categories))](const Block& block) {
              float* out = block.Out<float>(to);
              std::fill_n(out, block.rows * columns * count, 0.0F);
              for (size_t i = 0; i < block.rows * columns; ++i) {
                const auto found = places.find(KeyOf(block.In<T>(from)[i]));
                if (found != places.end()) {
                  out[i * count + found->second] = 1;
                } else if (!zeros) {
                  return MakeError(Reason::kBadRequest, "a category that the model does not know");
                }
              }
              return OkStatus();
            }),
            {x.slot}, {y.slot});
  node.Give(0, y);
  return OkStatus();
}

[[gnu::cold]] Status LowerOneHotEncoder(Lowering& node) {
  ASSIGN_OR_RETURN(const Value x, node.Rows(0));
  const bool zeros = node.Int("zeros", 1) != 0;
  if (x.dtype == DType::kBytes && node.attribute("cats_strings"))
    return GiveOneHot<std::string_view>(node, x, TensorOfTexts(node.Texts("cats_strings")), zeros);
  if (x.dtype == DType::kInt64 && node.attribute("cats_int64s"))
    return GiveOneHot<int64_t>(node, x, TensorOfNumbers(DType::kInt64, node.Ints("cats_int64s")),
                               zeros);
  return node.Unsupported("input 0 is {}", x.ToString());
}

}  // namespace

std::span<const Operator> LabelOperators() {
  static constexpr Operator kOperators[] = {
      {"ai.onnx.ml", "LabelEncoder", LowerLabelEncoder},
      {"ai.onnx.ml", "OneHotEncoder", LowerOneHotEncoder},
  };
  return kOperators;
}

}  // namespace slipway::tabular
