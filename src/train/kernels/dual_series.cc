#include "train/kernels/dual_series.h"

#include <algorithm>
#include <cmath>

#include "train/checkpoint.h"

namespace slipway::train {
namespace {

constexpr int64_t kMostIterations = int64_t{1} << 53;

void Write(const DualSolution& solution, CheckpointWriter& writer) {
  writer.Add(solution.rho);
  writer.Add(static_cast<double>(solution.iterations));
  writer.Add(solution.converged ? 1 : 0);
  writer.Add(solution.alpha);
}

DualSolution ReadSolution(CheckpointReader& reader) {
  DualSolution solution = {.rho = reader.Number(),
                           .iterations = reader.Count(kMostIterations),
                           .converged = reader.Count(1) == 1};
  solution.alpha = reader.Numbers();
  return solution;
}

void Write(const DualState& state, CheckpointWriter& writer) {
  for (const int64_t count : {state.iterations, state.until_shrinking})
    writer.Add(static_cast<double>(count));
  writer.Add(state.near_optimum ? 1 : 0);
  writer.Add(state.alpha);
  writer.Add(std::vector<double>(state.active.begin(), state.active.end()));
  writer.Add(state.slope);
}

DualState ReadState(CheckpointReader& reader) {
  DualState state = {.iterations = reader.Count(kMostIterations),
                     .until_shrinking = reader.Count(kMostIterations),
                     .near_optimum = reader.Count(1) == 1,
                     .alpha = reader.Numbers()};
  for (const double variable : reader.Numbers())
    state.active.push_back(variable >= 0 && variable < UINT32_MAX ? static_cast<uint32_t>(variable)
                                                                  : UINT32_MAX);
  state.slope = reader.Numbers();
  return state;
}

bool Fits(const DualSolution& solution, const DualProblem& problem) {
  if (solution.alpha.size() != problem.size() || !std::isfinite(solution.rho)) return false;
  for (size_t s = 0; s < problem.size(); ++s)
    if (!(solution.alpha[s] >= 0 && solution.alpha[s] <= problem.bound[s])) return false;
  return true;
}

}  // namespace

StatusOr<std::unique_ptr<DualSeries>> DualSeries::Create(std::string training, size_t problems,
                                                         const FitOptions& fit) {
  std::unique_ptr<DualSeries> series(new DualSeries(std::move(training), problems, fit.watch));
  if (!fit.checkpoint.empty()) RETURN_IF_ERROR(series->Resume(fit.checkpoint));
  return series;
}

Status DualSeries::Resume(std::string_view checkpoint) {
  const MutexLock lock(mutex_);
  CheckpointReader reader(checkpoint, training_);
  const auto problems = std::ssize(solved_);
  for (int64_t left = reader.Count(problems); left > 0; --left) {
    const int64_t number = reader.Count(problems - 1);
    solved_[number] = ReadSolution(reader);
  }
  if (reader.Count(1) == 1) {
    begun_ = {.number = static_cast<size_t>(reader.Count(problems - 1))};
    begun_->state = ReadState(reader);
  }
  return reader.Finish();
}

std::string DualSeries::Write(const std::function<Begun()>& begun) {
  const MutexLock lock(mutex_);
  CheckpointWriter writer(training_);
  writer.Add(static_cast<double>(
      std::ranges::count_if(solved_, [](const auto& solution) { return solution.has_value(); })));
  for (size_t number = 0; number < solved_.size(); ++number) {
    if (!solved_[number]) continue;
    writer.Add(static_cast<double>(number));
    train::Write(*solved_[number], writer);
  }
  writer.Add(begun ? 1 : 0);
  if (begun) {
    const Begun on_the_way = begun();
    writer.Add(static_cast<double>(on_the_way.number));
    train::Write(on_the_way.state, writer);
  }
  return std::move(writer).Take();
}

void DualSeries::Tell(Progress progress, const std::function<Begun()>& begun) {
  if (watch_ == nullptr || stopped_ || std::this_thread::get_id() != thread_) return;
  if (watch_->WantsCheckpoint()) saved_ = watch_->SaveCheckpoint(Write(begun));
  progress.share = static_cast<double>(done_) / static_cast<double>(problems_);
  if (!saved_.ok() || !watch_->Report(progress)) stopped_ = true;
}

StatusOr<std::optional<DualSolution>> DualSeries::Recall(size_t number,
                                                         const DualProblem& problem) {
  const MutexLock lock(mutex_);
  if (solved_[number] && !Fits(*solved_[number], problem)) return CheckpointReader::Refusal();
  return solved_[number];
}

StatusOr<DualSolution> DualSeries::Solve(size_t number, const DualProblem& problem,
                                         DualOptions options) {
  ASSIGN_OR_RETURN(const std::optional<DualSolution> known, Recall(number, problem));
  if (known) {
    ++done_;
    return *known;
  }
  if (begun_ && begun_->number == number) {
    if (!train::Fits(begun_->state, problem)) return CheckpointReader::Refusal();
    options.start = &begun_->state;
  }
  options.goes_on = [&](const DualProgress& at) {
    Tell({.iteration = at.iteration,
          .metric = "violation",
          .training = at.violation,
          .validation = std::nan("")},
         [&] { return Begun{number, at.state()}; });
    return !stopped_;
  };
  DualSolution solution = train::Solve(problem, options);
  ++done_;
  if (!stopped_) {
    const MutexLock lock(mutex_);
    solved_[number] = solution;
  }
  Tell({.iteration = solution.iterations}, nullptr);
  if (std::this_thread::get_id() == thread_) RETURN_IF_ERROR(saved_);
  return solution;
}

}  // namespace slipway::train
