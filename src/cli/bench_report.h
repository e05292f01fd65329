#pragma once
// What `slipway bench` measured, as text and as the JSON that a later run is compared with
// (docs/formats/bench-report.md).

#include <string>
#include <string_view>
#include <vector>

#include "client/load_report.h"

namespace slipway::cli {

/// One load: a closed loop of `concurrency` in flight, or with a rate an open one.
struct BenchRun {
  int concurrency = 1;
  double rate = 0;  // asked for, a second; 0 = closed loop
  client::ArrivalKind arrivals = client::ArrivalKind::kConstant;
  client::LoadReport load;
};

struct BenchReport {
  std::string target;    // as it was given
  std::string protocol;  // "http", "grpc", "none" for a model that runs here
  std::string body;      // "binary", "json"; "none" for a model that runs here
  bool tls = false;
  std::string model;    // its name at the server, or its file
  std::string version;  // of the model, that answered; "" for a model that runs here
  std::string digest;   // of a model that runs here
  std::string inputs;   // the file's name, or "made up, N rows"
  size_t request_bytes = 0;
  int processors = 1;          // that this process may use
  std::string processor_name;  // "" when the machine does not say
  std::vector<BenchRun> runs;
  std::string ended_early;  // why not every load was run to its end; "" when all were

  bool clean() const;
};

/// The quantiles that reports show, and their names there.
struct ReportedQuantile {
  std::string_view name;
  double q;
};
inline constexpr ReportedQuantile kReportedQuantiles[] = {
    {"p50", 0.50}, {"p90", 0.90}, {"p99", 0.99}, {"p99.9", 0.999}};

/// The run after which more load brings more waiting than answers: where the power, answers a
/// second by mean latency, is greatest (Kleinrock 1979). Runs with problems do not count;
/// runs.size() when there are none but such.
size_t KneeOf(const std::vector<BenchRun>& runs);

std::string BenchText(const BenchReport& report);
/// A JSON object.
std::string BenchJson(const BenchReport& report);

}  // namespace slipway::cli
