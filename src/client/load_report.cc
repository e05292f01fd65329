#include "client/load_report.h"

#include <algorithm>

namespace slipway::client {

void LoadReport::Record(Duration since, Duration took, bool has_answer) {
  const auto slice_at = [this](Duration moment) -> LoadSlice* {
    if (slice_length <= Duration(0) || moment < Duration(0)) return nullptr;
    const auto index = static_cast<size_t>(moment / slice_length);
    return index < slices.size() ? &slices[index] : nullptr;
  };
  if (LoadSlice* const slice = slice_at(open_loop ? since : since + took);
      slice != nullptr && has_answer) {
    ++slice->answered;
    ++answered;
  }
  if (since < Duration(0)) return;
  latency.Record(took);
  completed += has_answer;
  if (LoadSlice* const slice = slice_at(since)) slice->latency.Record(took);
}

void LoadReport::NoteProblem(std::string_view what) {
  constexpr size_t kMaxProblem = 300;
  if (first_problem.empty()) first_problem = what.substr(0, kMaxProblem);
}

void LoadReport::Merge(const LoadReport& other) {
  elapsed = std::max(elapsed, other.elapsed);
  completed += other.completed;
  answered += other.answered;
  succeeded += other.succeeded;
  wrong_answers += other.wrong_answers;
  for (const auto& [status, answers] : other.by_status) by_status[status].Merge(answers);
  failures += other.failures;
  timeouts += other.timeouts;
  unsent += other.unsent;
  late_starts += other.late_starts;
  bytes_received += other.bytes_received;
  NoteProblem(other.first_problem);
  latency.Merge(other.latency);
  for (size_t i = 0; i < kSlices; ++i) {
    slices[i].answered += other.slices[i].answered;
    slices[i].latency.Merge(other.slices[i].latency);
  }
}

}  // namespace slipway::client
