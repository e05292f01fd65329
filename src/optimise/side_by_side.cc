#include "optimise/side_by_side.h"

#include <algorithm>
#include <memory>

#include "optimise/judge.h"

namespace slipway::optimise {
namespace {

using Runners = std::vector<std::unique_ptr<evaluate::Runner>>;

const Rows& RowsFor(const Contender& contender, const Rows& rows) {
  return contender.rows == nullptr ? rows : *contender.rows;
}

/// Loads all of them, which stay: memory that one gave back would hide what the next one takes.
StatusOr<Runners> LoadAll(std::span<const Contender> contenders, const Rows& rows,
                          const Workshop& workshop, const SideBySideOptions& options,
                          std::vector<Standing>& standings) {
  Runners runners;
  for (size_t i = 0; i < contenders.size(); ++i) {
    const size_t before = options.resident_bytes ? options.resident_bytes() : 0;
    ASSIGN_OR_RETURN(auto runner, workshop.load(contenders[i].onnx));
    const Rows& own = RowsFor(contenders[i], rows);
    const size_t least = std::min(BatchOf(runner->signature(), 1), own.count);
    RETURN_IF_ERROR(runner->Run(own.Slice(0, least).inputs, {}).status());
    const size_t after = options.resident_bytes ? options.resident_bytes() : 0;
    standings[i].memory_bytes = after > before ? after - before : 0;
    runners.push_back(std::move(runner));
  }
  return runners;
}

Status TimeAll(std::span<const Contender> contenders, const Runners& runners, const Rows& rows,
               const SideBySideOptions& options, std::vector<Standing>& standings) {
  std::vector<Timed> models;
  for (size_t i = 0; i < runners.size(); ++i)
    models.push_back({*runners[i], RowsFor(contenders[i], rows)});
  const size_t least = BatchOf(runners.front()->signature(), 1);
  const size_t large = BatchOf(runners.front()->signature(), kLargeBatch);
  ASSIGN_OR_RETURN(const auto small_runs,
                   TimeInTurns(models, least, *options.clock, options.timing));
  ASSIGN_OR_RETURN(const auto large_runs,
                   TimeInTurns(models, large, *options.clock, options.timing));
  for (size_t i = 0; i < models.size(); ++i) {
    Standing& standing = standings[i];
    standing.one = small_runs[i];
    const double alone = standing.one.median_ms() / static_cast<double>(least);
    const bool together = large_runs[i].median_ms() / static_cast<double>(large) < alone;
    standing.best = together ? large_runs[i] : small_runs[i];
    standing.speed_up = small_runs[i].Over(small_runs.front());
    standing.best_speed_up = large_runs[i].Over(large_runs.front());
  }
  if (!options.one_row) return OkStatus();
  ASSIGN_OR_RETURN(auto rounds, TimeRowsInTurns(models, *options.clock, *options.one_row));
  for (size_t i = 0; i < models.size(); ++i) standings[i].one_row = std::move(rounds[i]);
  return OkStatus();
}

}  // namespace

StatusOr<std::vector<Standing>> CompareSideBySide(std::span<const Contender> contenders,
                                                  const Signature& signature,
                                                  const LabelledRows& rows,
                                                  const Workshop& workshop,
                                                  const SideBySideOptions& options) {
  std::vector<Standing> standings(contenders.size());
  ASSIGN_OR_RETURN(const Runners runners,
                   LoadAll(contenders, rows.rows, workshop, options, standings));
  ASSIGN_OR_RETURN(const auto answers, RunRows(*runners.front(), rows.rows));
  data::Target target;
  if (rows.target) {
    RETURN_IF_ERROR(CheckWeights(rows, "to judge by"));
    ASSIGN_OR_RETURN(target, TargetFor(signature, rows));
  }
  for (size_t i = 0; i < contenders.size(); ++i) {
    Standing& standing = standings[i];
    standing.name = contenders[i].name;
    standing.size_bytes = contenders[i].onnx.size();
    const Rows& own = RowsFor(contenders[i], rows.rows);
    if (contenders[i].signature == nullptr) {
      ASSIGN_OR_RETURN(const auto changed, RunRows(*runners[i], own));
      ASSIGN_OR_RETURN(standing.difference, Compare(answers, changed));
    }
    if (!rows.target) continue;
    const Signature& says = contenders[i].signature ? *contenders[i].signature : signature;
    ASSIGN_OR_RETURN(standing.predictions, PredictRows(*runners[i], says, own, target));
    standing.figures = FiguresOf(target, standing.predictions, rows.weights);
  }
  RETURN_IF_ERROR(TimeAll(contenders, runners, rows.rows, options, standings));
  return standings;
}

}  // namespace slipway::optimise
