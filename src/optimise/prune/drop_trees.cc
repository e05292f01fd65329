// Trees that the rows show to be needless go: the last ones of a boosting, or those of a forest
// whose mean the others have anyway. Measured, not guessed: docs/adr/0060.

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "optimise/judge.h"
#include "optimise/passes.h"
#include "optimise/prune/ensemble.h"

namespace slipway::optimise {
namespace {

/// Numbers that trees answer to rows, when their order is looked for; work is this times the trees.
constexpr size_t kMostAnswers = size_t{1} << 21, kMostRows = 1024, kMostOrdered = 4096;

/// Trees in the order in which they stay; those of one unit go together.
struct Order {
  std::vector<std::vector<size_t>> units;
  bool rescales = false;  // the others weigh as much as all did
  std::string_view name;
};

/// Trees that add to common outputs belong together: of each tree, the least of its kind.
std::vector<size_t> KindsOf(const Ensemble& ensemble) {
  const std::vector<std::vector<int64_t>> targets = ensemble.targets();
  std::vector<size_t> kinds(targets.size());
  std::iota(kinds.begin(), kinds.end(), size_t{0});
  const auto root = [&](size_t tree) {
    while (kinds[tree] != tree) tree = kinds[tree] = kinds[kinds[tree]];
    return tree;
  };
  std::map<int64_t, size_t> first;
  for (size_t tree = 0; tree < targets.size(); ++tree)
    for (const int64_t target : targets[tree]) {
      const size_t a = root(first.try_emplace(target, tree).first->second), b = root(tree);
      kinds[std::max(a, b)] = std::min(a, b);
    }
  for (size_t tree = 0; tree < kinds.size(); ++tree) kinds[tree] = root(tree);
  return kinds;
}

/// Round by round: a boosting of several classes adds a tree to each at a time.
Order RoundsOf(const std::vector<size_t>& kinds) {
  Order order{{}, false, "the last ones"};
  std::map<size_t, size_t> rounds;
  for (size_t tree = 0; tree < kinds.size(); ++tree) {
    const size_t round = rounds[kinds[tree]]++;
    order.units.resize(std::max(order.units.size(), round + 1));
    order.units[round].push_back(tree);
  }
  return order;
}

/// [rows][trees][width]
struct Apart {
  size_t rows = 0, trees = 0, width = 0;
  std::vector<double> values;

  double& at(size_t row, size_t tree, size_t i) { return values[(row * trees + tree) * width + i]; }
};

/// @param rows  how many, a batch at least.
StatusOr<Apart> AnswersApart(const ModelProto& model, const Ensemble& ensemble,
                             const Workshop& workshop, size_t rows) {
  ModelProto separate = model;
  ensemble.Separate(separate);
  ASSIGN_OR_RETURN(const auto runner, workshop.load(separate.SerializeAsString()));
  Apart apart{.trees = ensemble.trees(), .width = ensemble.width()};
  ASSIGN_OR_RETURN(const auto answers, RunRows(*runner, workshop.rows->rows.Sample(rows)));
  const Tensor& tensor = answers.front().tensor;
  apart.values = tensor.dtype == DType::kFp64
                     ? std::vector<double>(tensor.as<double>().begin(), tensor.as<double>().end())
                     : std::vector<double>(tensor.as<float>().begin(), tensor.as<float>().end());
  apart.rows = tensor.shape.empty() ? 0 : static_cast<size_t>(tensor.shape[0]);
  if (apart.rows == 0 || apart.values.size() != apart.rows * apart.trees * apart.width)
    return MakeError(Reason::kInternal, "the trees' answers are not rows of trees");
  return apart;
}

/// Each tree less the mean of all.
void Centre(Apart& apart) {
  for (size_t row = 0; row < apart.rows; ++row)
    for (size_t i = 0; i < apart.width; ++i) {
      double sum = 0;
      for (size_t tree = 0; tree < apart.trees; ++tree) sum += apart.at(row, tree, i);
      for (size_t tree = 0; tree < apart.trees; ++tree)
        apart.at(row, tree, i) -= sum / static_cast<double>(apart.trees);
    }
}

/// The next is the tree that brings the mean of those before it nearest to the mean of all.
std::vector<size_t> NearestToTheMean(Apart apart) {
  Centre(apart);
  const size_t size = apart.rows * apart.width;
  // By tree, so that a product walks memory in its order.
  std::vector<double> by_tree(apart.trees * size), sum(size), squares(apart.trees);
  for (size_t tree = 0; tree < apart.trees; ++tree)
    for (size_t j = 0; j < size; ++j) {
      const double value = apart.at(j / apart.width, tree, j % apart.width);
      by_tree[tree * size + j] = value;
      squares[tree] += value * value;
    }
  std::vector<bool> taken(apart.trees);
  std::vector<size_t> order;
  while (order.size() < apart.trees) {
    size_t best = apart.trees;
    double least = INFINITY;
    for (size_t tree = 0; tree < apart.trees; ++tree) {
      if (taken[tree]) continue;
      const double* const values = &by_tree[tree * size];
      const double off =
          2 * std::inner_product(sum.begin(), sum.end(), values, 0.0) + squares[tree];
      if (best == apart.trees || off < least) best = tree, least = off;
    }
    taken[best] = true;
    order.push_back(best);
    for (size_t j = 0; j < size; ++j) sum[j] += by_tree[best * size + j];
  }
  return order;
}

StatusOr<Order> ForestOf(const ModelProto& model, const Ensemble& ensemble,
                         const Workshop& workshop) {
  Order order{{}, ensemble.aggregate() == Aggregate::kSum, "those that the others make up for"};
  std::vector<size_t> trees(ensemble.trees());
  std::iota(trees.begin(), trees.end(), size_t{0});
  const size_t affordable = kMostAnswers / trees.size() / ensemble.width();  // rows
  const size_t batch = BatchOf(*workshop.signature, 1);
  if (trees.size() <= kMostOrdered && batch <= affordable) {
    const size_t rows = std::max(batch, std::min(affordable, kMostRows));
    ASSIGN_OR_RETURN(Apart apart, AnswersApart(model, ensemble, workshop, rows));
    trees = NearestToTheMean(std::move(apart));
  }
  for (const size_t tree : trees) order.units.push_back({tree});
  return order;
}

/// A model with fewer trees, and what that costs.
struct Fewer {
  ModelProto model;
  size_t trees = 0;
  double factor = 1;
  std::string_view order;
  Loss loss;
};

class Search {
 public:
  Search(const ModelProto& model, const Ensemble& ensemble, const Workshop& workshop,
         double max_loss)
      : model_(model), ensemble_(ensemble), workshop_(workshop), max_loss_(max_loss) {}

  Status Begin() {
    ASSIGN_OR_RETURN(target_, TargetFor(*workshop_.signature, *workshop_.rows));
    RETURN_IF_ERROR(CheckRowsSuffice(target_, weights(), max_loss_));
    ASSIGN_OR_RETURN(before_, Predict(model_));
    allowed_ = AllowedLoss(PairedLoss(target_, before_, before_, weights()).before, max_loss_);
    return OkStatus();
  }

  /// The fewest units that are good enough, by halving what is not known; `best` is left as it is
  /// where none are.
  Status Halve(const Order& order, std::optional<Fewer>& best) {
    size_t bad = 0, good = order.units.size();
    while (good - bad > 1) {
      const size_t middle = bad + (good - bad) / 2;
      ASSIGN_OR_RETURN(std::optional<Fewer> fewer, Try(order, middle));
      (fewer ? good : bad) = middle;
      if (fewer && (!best || fewer->trees < best->trees)) best = std::move(fewer);
    }
    return OkStatus();
  }

 private:
  /// nullopt when that is not good enough.
  StatusOr<std::optional<Fewer>> Try(const Order& order, size_t units) const {
    std::vector<bool> kept(ensemble_.trees());
    for (size_t unit = 0; unit < units; ++unit)
      for (const size_t tree : order.units[unit]) kept[tree] = true;
    Fewer fewer{model_, static_cast<size_t>(std::ranges::count(kept, true)), 1, order.name, {}};
    if (order.rescales)
      fewer.factor = static_cast<double>(kept.size()) / static_cast<double>(fewer.trees);
    if (!ensemble_.Keep(fewer.model, kept, fewer.factor)) return std::nullopt;
    ASSIGN_OR_RETURN(const evaluate::Predictions now, Predict(fewer.model));
    fewer.loss = PairedLoss(target_, before_, now, weights());
    if (!(fewer.loss.most <= allowed_)) return std::nullopt;
    return fewer;
  }

  StatusOr<evaluate::Predictions> Predict(const ModelProto& model) const {
    ASSIGN_OR_RETURN(const auto runner, workshop_.load(model.SerializeAsString()));
    return PredictRows(*runner, *workshop_.signature, workshop_.rows->rows, target_);
  }

  std::span<const double> weights() const { return workshop_.rows->weights; }

  const ModelProto& model_;
  const Ensemble& ensemble_;
  const Workshop& workshop_;
  const double max_loss_;
  data::Target target_;
  evaluate::Predictions before_;
  double allowed_ = 0;
};

StatusOr<std::string> ApplyDropTrees(ModelProto& model, const Settings& settings,
                                     const Workshop& workshop) {
  ASSIGN_OR_RETURN(const auto ensemble, FindEnsemble(model));
  if (ensemble == nullptr) return "";
  RETURN_IF_ERROR(CheckAnswers(workshop, "drop-trees"));
  Search search(model, *ensemble, workshop, settings.Number(kMaxLoss));
  RETURN_IF_ERROR(search.Begin());
  const std::vector<size_t> kinds = KindsOf(*ensemble);
  const bool one_kind = std::ranges::all_of(kinds, [](size_t kind) { return kind == 0; });
  std::optional<Fewer> best;
  if (ensemble->aggregate() != Aggregate::kAverage)
    RETURN_IF_ERROR(search.Halve(RoundsOf(kinds), best));
  if (ensemble->aggregate() != Aggregate::kExtreme && one_kind) {
    ASSIGN_OR_RETURN(const Order forest, ForestOf(model, *ensemble, workshop));
    RETURN_IF_ERROR(search.Halve(forest, best));
  }
  if (!best) return "";
  std::string done = fmt::format("{} of {} trees dropped, {}", ensemble->trees() - best->trees,
                                 ensemble->trees(), best->order);
  if (best->factor != 1) done += fmt::format("; the others weigh {:.3g} × as much", best->factor);
  const Loss& loss = best->loss;
  done +=
      fmt::format("; {} is {:.4f}, was {:.4f}, at most {:.4f} lost ({} rows)", loss.now.metric.name,
                  loss.now.value, loss.before.value, loss.most, workshop.rows->rows.count);
  model = std::move(best->model);
  return done;
}

bool HasTrees(ModelProto& model) {
  const auto ensemble = FindEnsemble(model);
  return ensemble.ok() && *ensemble != nullptr;
}

}  // namespace

Pass DropTrees() {
  return {.name = "drop-trees",
          .summary =
              "As many trees go as the rows' right answers show to be needless, the last of a "
              "boosting or the needless of a forest.",
          .exact = false,
          .needs_rows = true,
          .needs_answers = true,
          .parameters = {{.name = kMaxLoss,
                          .otherwise = "0.01",
                          .min = 0,
                          .max = 1,
                          .help = "What may be lost of the first figure, for certain: a share of "
                                  "the rows, or of a regression's error."}},
          .concerns = HasTrees,
          .apply = ApplyDropTrees};
}

}  // namespace slipway::optimise
