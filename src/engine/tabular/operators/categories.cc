// CategoryHash and CombineHashes of ai.slipway: docs/formats/category-operators.md.

#include "engine/tabular/operators/steps.h"
#include "terms/city_hash.h"

namespace slipway::tabular {
namespace {

[[gnu::cold]] Status LowerCategoryHash(Lowering& node) {
  ASSIGN_OR_RETURN(const Value x, node.Rows(0));
  if (x.dtype != DType::kBytes)
    return node.Unsupported("input 0 is {}, expected STRING", x.ToString());
  ASSIGN_OR_RETURN(const Value y, node.NewRows(DType::kInt64, x.tail));
  node.Emit(MakeStep([from = x.slot, to = y.slot, columns = x.columns()](const Block& block) {
              const auto* in = block.In<std::string_view>(from);
              auto* out = block.Out<int64_t>(to);
              for (size_t i = 0; i < block.rows * columns; ++i)
                out[i] = static_cast<int32_t>(static_cast<uint32_t>(terms::CityHash(in[i])));
            }),
            {x.slot}, {y.slot});
  node.Give(0, y);
  return OkStatus();
}

[[gnu::cold]] Status LowerCombineHashes(Lowering& node) {
  ASSIGN_OR_RETURN(const Value x, node.Rows(0));
  if (x.dtype != DType::kInt64 || x.tail.size() != 1)
    return node.Unsupported("input 0 is {}, expected INT64 [n,k]", x.ToString());
  ASSIGN_OR_RETURN(const Value y, node.NewRows(DType::kInt64, {}));
  node.Emit(MakeStep([from = x.slot, to = y.slot, columns = x.columns()](const Block& block) {
              constexpr uint64_t kFactor = 0x4906BA494954CB65;
              const auto* in = block.In<int64_t>(from);
              auto* out = block.Out<int64_t>(to);
              for (size_t row = 0; row < block.rows; ++row) {
                uint64_t hash = 0;
                for (size_t i = 0; i < columns; ++i)
                  hash = kFactor * (hash + kFactor * static_cast<uint64_t>(*in++));
                out[row] = static_cast<int64_t>(hash);
              }
            }),
            {x.slot}, {y.slot});
  node.Give(0, y);
  return OkStatus();
}

}  // namespace

std::span<const Operator> CategoryOperators() {
  static constexpr Operator kOperators[] = {
      {"ai.slipway", "CategoryHash", LowerCategoryHash},
      {"ai.slipway", "CombineHashes", LowerCombineHashes},
  };
  return kOperators;
}

}  // namespace slipway::tabular
