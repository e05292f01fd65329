#include "data/split.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "base/random.h"

namespace slipway::data {
namespace {

constexpr size_t kTargetTenths = 10;

using Rows = std::vector<uint32_t>;

Rows AllRows(size_t rows) {
  Rows all(rows);
  std::iota(all.begin(), all.end(), 0);
  return all;
}

Rows Shuffled(size_t rows, uint64_t seed) {
  Rows order = AllRows(rows);
  Random(seed).Shuffle(std::span(order));
  return order;
}

/// The rows that are marked are tested, the others learned from.
Split SplitBy(const std::vector<bool>& tested) {
  Split split;
  for (uint32_t row = 0; row < tested.size(); ++row)
    (tested[row] ? split.test : split.train).push_back(row);
  return split;
}

/// The class of each row; of a regression the tenth of the rows, by value, that it is in.
std::vector<uint32_t> StrataOf(const Target& target) {
  if (target.task == Task::kClassification) return {target.classes.begin(), target.classes.end()};
  const size_t rows = target.values.size();
  Rows order = AllRows(rows);
  std::stable_sort(order.begin(), order.end(),
                   [&](uint32_t a, uint32_t b) { return target.values[a] < target.values[b]; });
  std::vector<uint32_t> strata(rows);
  for (size_t i = 0; i < rows; ++i)
    strata[order[i]] = static_cast<uint32_t>(i * kTargetTenths / rows);
  return strata;
}

/// Rows in random order; for kStratified stratum by stratum. Every k-th of them, or any such even
/// choice, then has the strata in the shares of the whole.
StatusOr<Rows> DealingOrder(size_t rows, const SplitOptions& options) {
  Rows order = Shuffled(rows, options.seed);
  if (options.kind == SplitKind::kRandom) return order;
  if (options.target == nullptr || options.target->rows() != rows)
    return Error(Reason::kBadRequest, "a stratified split wants a target of {} rows", rows);
  const std::vector<uint32_t> strata = StrataOf(*options.target);
  std::stable_sort(order.begin(), order.end(),
                   [&](uint32_t a, uint32_t b) { return strata[a] < strata[b]; });
  return order;
}

/// Takes away rows that are alone in their class: a model can only learn from them.
void DropLonelyRows(const Target& target, Rows& order) {
  if (target.task != Task::kClassification) return;
  std::map<int32_t, size_t> sizes;
  for (const int32_t label : target.classes) ++sizes[label];
  std::erase_if(order, [&](uint32_t row) { return sizes[target.classes[row]] == 1; });
}

Status CheckComplete(std::string_view role, const Column& column, size_t rows,
                     std::span<const uint64_t> numbers) {
  for (size_t row = 0; row < rows; ++row)
    if (column.IsMissing(row))
      return Error(Reason::kBadRequest, "{} column \"{}\": row {} has no value", role, column.name,
                   NumberOfRow(numbers, row));
  return OkStatus();
}

/// Rows from the earliest on; without a column of times, as they stand.
StatusOr<Rows> TimeOrder(size_t rows, const SplitOptions& options) {
  RETURN_IF_ERROR(CheckRoles(rows, options));
  Rows order = AllRows(rows);
  const Column* const time = options.time;
  if (time == nullptr) return order;
  std::stable_sort(order.begin(), order.end(),
                   [&](uint32_t a, uint32_t b) { return time->numbers[a] < time->numbers[b]; });
  return order;
}

/// Places in the order of time where it may be cut: rows of one time stay together.
std::vector<size_t> PlacesToCut(const Rows& order, const Column* time) {
  std::vector<size_t> places;
  for (size_t i = 1; i < order.size(); ++i)
    if (time == nullptr || time->numbers[order[i - 1]] != time->numbers[order[i]])
      places.push_back(i);
  return places;
}

/// Different places for all cuts, each as near as can be to where it is wanted.
/// @param wanted  ascending, at most as many as places.
std::vector<size_t> Cuts(const std::vector<size_t>& places, const std::vector<size_t>& wanted) {
  std::vector<size_t> cuts;
  auto first = places.begin();
  for (size_t i = 0; i < wanted.size(); ++i) {
    const auto last = places.end() - static_cast<ptrdiff_t>(wanted.size() - 1 - i);  // later ones'
    auto at = std::lower_bound(first, last, wanted[i]);
    if (at == last || (at != first && *at - wanted[i] >= wanted[i] - *(at - 1))) --at;
    cuts.push_back(*at);
    first = at + 1;
  }
  return cuts;
}

Split SplitInOrder(const Rows& order, size_t test_begin, size_t test_end) {
  const auto at = [&](size_t i) { return order.begin() + static_cast<ptrdiff_t>(i); };
  Split split{.train = Rows(order.begin(), at(test_begin)),
              .test = Rows(at(test_begin), at(test_end))};
  std::sort(split.train.begin(), split.train.end());
  std::sort(split.test.begin(), split.test.end());
  return split;
}

/// Rows by the value they share, the groups in random order.
StatusOr<std::vector<Rows>> GroupsOf(size_t rows, const SplitOptions& options) {
  const Column* const group = options.group;
  if (group == nullptr)
    return Error(Reason::kBadRequest, "a grouped split wants a column of groups");
  RETURN_IF_ERROR(CheckRoles(rows, options));
  std::vector<Rows> groups;
  const auto gather = [&](const auto& values) {
    std::map<typename std::decay_t<decltype(values)>::value_type, size_t> places;
    for (uint32_t row = 0; row < rows; ++row) {
      const auto [at, is_new] = places.emplace(values[row], groups.size());
      if (is_new) groups.emplace_back();
      groups[at->second].push_back(row);
    }
  };
  if (group->is_numeric())
    gather(group->numbers);
  else if (group->type == ColumnType::kCategory)
    gather(group->codes);
  else
    gather(group->texts);
  Random(options.seed).Shuffle(std::span(groups));
  return groups;
}

/// Groups join the test rows in random order as long as that brings their number nearer to `want`.
StatusOr<Split> SplitGroups(size_t rows, size_t want, const SplitOptions& options) {
  ASSIGN_OR_RETURN(const std::vector<Rows> groups, GroupsOf(rows, options));
  if (groups.size() < 2)
    return Error(Reason::kBadRequest,
                 "group column \"{}\" has one group only: expected two at least",
                 options.group->name);
  std::vector<bool> tested(rows, false);
  size_t count = 0, taken = 0;
  const auto take = [&](const Rows& group) {
    for (const uint32_t row : group) tested[row] = true;
    count += group.size();
    ++taken;
  };
  for (const Rows& group : groups) {
    const bool nearer = count < want && (group.size() <= want - count ||
                                         count + group.size() - want < want - count);
    if (nearer && taken + 1 < groups.size()) take(group);
  }
  if (taken == 0)
    take(*std::min_element(groups.begin(), groups.end(),
                           [](const Rows& a, const Rows& b) { return a.size() < b.size(); }));
  return SplitBy(tested);
}

/// The fold of each row: the largest groups first, each to the fold with the fewest rows.
StatusOr<std::vector<uint32_t>> GroupFolds(size_t rows, size_t folds, const SplitOptions& options) {
  ASSIGN_OR_RETURN(std::vector<Rows> groups, GroupsOf(rows, options));
  if (groups.size() < folds)
    return Error(Reason::kBadRequest, "group column \"{}\": {} folds want as many groups, got {}",
                 options.group->name, folds, groups.size());
  std::stable_sort(groups.begin(), groups.end(),
                   [](const Rows& a, const Rows& b) { return a.size() > b.size(); });
  std::vector<size_t> sizes(folds, 0);
  std::vector<uint32_t> fold_of(rows);
  for (const Rows& group : groups) {
    const auto fold = std::min_element(sizes.begin(), sizes.end());
    *fold += group.size();
    for (const uint32_t row : group) fold_of[row] = static_cast<uint32_t>(fold - sizes.begin());
  }
  return fold_of;
}

StatusOr<std::vector<uint32_t>> FoldOfRows(size_t rows, size_t folds, const SplitOptions& options) {
  if (options.kind == SplitKind::kGrouped) return GroupFolds(rows, folds, options);
  ASSIGN_OR_RETURN(const Rows order, DealingOrder(rows, options));
  std::vector<uint32_t> fold_of(rows);
  for (size_t i = 0; i < rows; ++i) fold_of[order[i]] = static_cast<uint32_t>(i % folds);
  return fold_of;
}

StatusOr<std::vector<Split>> TimeFolds(size_t rows, size_t folds, const SplitOptions& options) {
  ASSIGN_OR_RETURN(const Rows order, TimeOrder(rows, options));
  const size_t window = rows / (folds + 1);
  if (window == 0)
    return Error(Reason::kBadRequest, "{} folds in time want {} rows at least, got {}", folds,
                 folds + 1, rows);
  const std::vector<size_t> places = PlacesToCut(order, options.time);
  if (places.size() < folds)
    return Error(Reason::kBadRequest, "time column \"{}\": {} folds want {} times at least, got {}",
                 options.time->name, folds, folds + 1, places.size() + 1);
  std::vector<size_t> wanted;
  for (size_t fold = folds; fold > 0; --fold) wanted.push_back(rows - fold * window);
  std::vector<size_t> cuts = Cuts(places, wanted);
  cuts.push_back(rows);
  std::vector<Split> splits;
  for (size_t fold = 0; fold < folds; ++fold)
    splits.push_back(SplitInOrder(order, cuts[fold], cuts[fold + 1]));
  return splits;
}

/// The latest rows are tested.
StatusOr<Split> SplitTime(size_t rows, size_t tests, const SplitOptions& options) {
  ASSIGN_OR_RETURN(const Rows order, TimeOrder(rows, options));
  const std::vector<size_t> places = PlacesToCut(order, options.time);
  if (places.empty())
    return Error(Reason::kBadRequest, "time column \"{}\" has one time only: expected two at least",
                 options.time->name);
  return SplitInOrder(order, Cuts(places, {rows - tests}).front(), rows);
}

Status CheckRows(size_t rows, size_t least, std::string_view what) {
  if (rows >= least && rows < UINT32_MAX) return OkStatus();
  return Error(Reason::kBadRequest, "{}: expected {} rows or more, below 2^32, got {}", what, least,
               rows);
}

}  // namespace

Status CheckRoles(size_t rows, const SplitOptions& options) {
  if (options.kind == SplitKind::kGrouped && options.group != nullptr)
    return CheckComplete("group", *options.group, rows, options.numbers);
  const Column* const time = options.time;
  if (options.kind != SplitKind::kTime || time == nullptr) return OkStatus();
  if (!time->is_numeric() || time->numbers.size() != rows)
    return Error(Reason::kBadRequest,
                 "time column \"{}\" is of type {}: expected times or numbers, one a row",
                 time->name, NameOf(time->type));
  return CheckComplete("time", *time, rows, options.numbers);
}

StatusOr<Split> SplitOnce(size_t rows, double test_share, const SplitOptions& options) {
  RETURN_IF_ERROR(CheckRows(rows, 2, "a split into training and test rows"));
  if (!(test_share > 0 && test_share < 1))
    return Error(Reason::kBadRequest, "expected a share of test rows between 0 and 1, got {}",
                 test_share);
  const auto wanted = static_cast<size_t>(std::ceil(test_share * static_cast<double>(rows)));
  const size_t tests = std::min(wanted, rows - 1);
  if (options.kind == SplitKind::kGrouped) return SplitGroups(rows, tests, options);
  if (options.kind == SplitKind::kTime) return SplitTime(rows, tests, options);
  ASSIGN_OR_RETURN(Rows order, DealingOrder(rows, options));
  if (options.kind == SplitKind::kStratified) DropLonelyRows(*options.target, order);
  if (order.size() < 2)
    return Error(Reason::kBadRequest, "a stratified split wants a class of two rows at least");
  const size_t most = std::min(tests, order.size() - 1);
  std::vector<bool> tested(rows, false);
  for (size_t i = 0; i < order.size(); ++i)
    tested[order[i]] = (i + 1) * most / order.size() > i * most / order.size();
  return SplitBy(tested);
}

StatusOr<std::vector<Split>> SplitFolds(size_t rows, int folds, const SplitOptions& options) {
  if (folds < 2) return Error(Reason::kBadRequest, "expected 2 folds or more, got {}", folds);
  const auto count = static_cast<size_t>(folds);
  RETURN_IF_ERROR(CheckRows(rows, count, fmt::format("{} folds", folds)));
  if (options.kind == SplitKind::kTime) return TimeFolds(rows, count, options);
  ASSIGN_OR_RETURN(const std::vector<uint32_t> fold_of, FoldOfRows(rows, count, options));
  std::vector<Split> splits(count);
  for (uint32_t row = 0; row < rows; ++row)
    for (uint32_t fold = 0; fold < count; ++fold)
      (fold_of[row] == fold ? splits[fold].test : splits[fold].train).push_back(row);
  return splits;
}

}  // namespace slipway::data
