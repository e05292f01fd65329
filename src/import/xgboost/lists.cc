#include "import/xgboost/lists.h"

namespace slipway::importing::xgboost {

StatusOr<std::vector<int64_t>> Integers(const Node& parent, std::string_view key) {
  constexpr double kMost = 1e15;
  ASSIGN_OR_RETURN(const Node node, parent.At(key));
  ASSIGN_OR_RETURN(const Numbers* numbers, node.AsNumbers());
  std::vector<int64_t> integers(numbers->size());
  for (size_t i = 0; i < integers.size(); ++i) {
    const double number = (*numbers)[i];
    if (number >= -kMost && number <= kMost) integers[i] = static_cast<int64_t>(number);
    if (static_cast<double>(integers[i]) != number)
      return node.Bad("expected whole numbers, got {}", number);
  }
  return integers;
}

StatusOr<std::vector<float>> Floats(const Node& parent, std::string_view key) {
  ASSIGN_OR_RETURN(const Node node, parent.At(key));
  ASSIGN_OR_RETURN(const Numbers* numbers, node.AsNumbers());
  return std::vector<float>(numbers->begin(), numbers->end());
}

StatusOr<std::vector<bool>> Truths(const Node& parent, std::string_view key) {
  ASSIGN_OR_RETURN(const Node node, parent.At(key));
  ASSIGN_OR_RETURN(const Numbers* numbers, node.AsNumbers());
  std::vector<bool> truths(numbers->size());
  for (size_t i = 0; i < truths.size(); ++i) {
    const double number = (*numbers)[i];
    if (number != 0 && number != 1) return node.Bad("expected zeros and ones, got {}", number);
    truths[i] = number == 1;
  }
  return truths;
}

}  // namespace slipway::importing::xgboost
