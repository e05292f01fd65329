// One model in everything that evaluates it, one thread each, rows rotating, rounds alternating:
// what goals 11 to 14 and 20 are measured with (bench/tabular.py calls it).
//
//   tabular MODEL ROWS COLUMNS ROUNDS BATCH[,BATCH…] [KIND LIBRARY FILE]…
//     MODEL   a file that Slipway imports, or an .onnx
//     ROWS    a file of doubles, [rows, COLUMNS]
//     KIND    xgboost, lightgbm, treelite: its shared library, and the model's file
// prints JSON: by evaluator the kilobytes that a loaded model keeps, milliseconds of a load (round
// by round; Slipway's and ONNX Runtime's from the same ONNX bytes), the largest difference to
// Slipway's answers relative to their magnitude, and nanoseconds a row by batch size, round by
// round. All times are of this thread's processor.
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>

#include "bench/evaluators.h"
#include "import/import.h"

namespace {

using namespace slipway;
using namespace slipway::bench;

constexpr double kRoundSeconds = 0.006;
constexpr size_t kRowsBetweenLooks = 64;  // at the clock, which costs
constexpr int kKept = 4;                  // models that are loaded to see what one keeps

double ProcessorSeconds() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) Fail("cannot read " + path);
  return {std::istreambuf_iterator<char>(file), {}};
}

Table ReadTable(const std::string& path, size_t columns) {
  const std::string bytes = ReadFile(path);
  Table table{.rows = bytes.size() / sizeof(double) / columns, .columns = columns};
  const auto* const values = reinterpret_cast<const double*>(bytes.data());
  table.doubles.assign(values, values + table.rows * columns);
  table.floats.assign(table.doubles.begin(), table.doubles.end());
  return table;
}

std::string ToOnnx(const std::string& path) {
  const std::string bytes = ReadFile(path);
  if (path.ends_with(".onnx")) return bytes;
  const auto data = std::as_bytes(std::span(bytes));
  const auto imported = importing::Import(importing::FormatOf(path, data), data);
  if (!imported.ok()) Fail(path + ": " + std::string(MessageOf(imported.status())));
  return imported->model;
}

double ResidentKb() {
  std::ifstream statm("/proc/self/statm");
  long all = 0, resident = 0;
  statm >> all >> resident;
  return static_cast<double>(resident * sysconf(_SC_PAGESIZE)) / 1000;
}

/// What one more model costs where its library and one model are loaded already. In a process of
/// its own, so that evaluators see none of each other's memory.
double KeptKb(const Evaluator& evaluator) {
  int ends[2];
  if (pipe(ends) != 0) Fail("pipe");
  const pid_t child = fork();
  if (child == 0) {
    std::vector<std::unique_ptr<Session>> sessions;
    double before = 0;
    for (int i = 0; i <= kKept; ++i) {
      sessions.push_back(evaluator.load());
      sessions.back()->Run(0, 1);
      if (i == 0) before = ResidentKb();
    }
    const double kept = (ResidentKb() - before) / kKept;
    const bool written = write(ends[1], &kept, sizeof(kept)) == sizeof(kept);
    _exit(written ? 0 : 1);
  }
  double kept = 0;
  if (read(ends[0], &kept, sizeof(kept)) != sizeof(kept)) Fail(evaluator.name + ": no answer");
  close(ends[0]);
  close(ends[1]);
  waitpid(child, nullptr, 0);
  return kept;
}

double TimeLoad(const Evaluator& evaluator) {
  const double begun = ProcessorSeconds();
  const auto session = evaluator.load();
  return (ProcessorSeconds() - begun) * 1e3;
}

double TimeRows(Session& session, const Table& table, size_t batch) {
  size_t done = 0, first = 0;
  const double begun = ProcessorSeconds();
  double seconds = 0;
  do {
    for (const size_t until = done + kRowsBetweenLooks; done < until; done += batch) {
      session.Run(first, batch);
      first = first + 2 * batch <= table.rows ? first + batch : 0;
    }
    seconds = ProcessorSeconds() - begun;
  } while (seconds < kRoundSeconds);
  return seconds * 1e9 / static_cast<double>(done);
}

double Difference(const std::vector<double>& expected, const std::vector<double>& got) {
  if (expected.size() != got.size()) Fail("answers of different length");
  double worst = 0;
  for (size_t i = 0; i < expected.size(); ++i)
    worst = std::max(worst, std::abs(got[i] - expected[i]) / std::max(1.0, std::abs(expected[i])));
  return worst;
}

struct Report {
  double kept_kb = 0;
  std::vector<double> load_ms;
  double differs = 0;
  std::vector<std::vector<double>> row_ns;  // by batch size
};

void Print(const std::vector<double>& values) {
  for (size_t i = 0; i < values.size(); ++i) std::printf("%s%.5g", i == 0 ? "[" : ", ", values[i]);
  std::printf("]");
}

void Print(const std::string& name, const Report& report, const std::vector<size_t>& batches) {
  std::printf(" \"%s\": {\"kept_kb\": %.5g, \"differs\": %.2g, \"load_ms\": ", name.c_str(),
              report.kept_kb, report.differs);
  Print(report.load_ms);
  std::printf(", \"row_ns\": {");
  for (size_t b = 0; b < batches.size(); ++b) {
    std::printf("%s\n  \"%zu\": ", b == 0 ? "" : ",", batches[b]);
    Print(report.row_ns[b]);
  }
  std::printf("}}");
}

std::vector<Report> Measure(const std::vector<Evaluator>& evaluators, const Table& table,
                            const std::vector<size_t>& batches, int rounds) {
  std::vector<Report> reports(evaluators.size());
  std::vector<std::unique_ptr<Session>> sessions;
  for (size_t i = 0; i < evaluators.size(); ++i) reports[i].kept_kb = KeptKb(evaluators[i]);
  std::vector<double> expected;
  for (size_t i = 0; i < evaluators.size(); ++i) {
    sessions.push_back(evaluators[i].load());
    sessions[i]->Run(0, table.rows);
    if (i == 0) expected = sessions[i]->Answers();
    reports[i].differs = Difference(expected, sessions[i]->Answers());
    reports[i].row_ns.resize(batches.size());
  }
  for (int round = 0; round < rounds; ++round) {
    for (size_t i = 0; i < evaluators.size(); ++i)
      reports[i].load_ms.push_back(TimeLoad(evaluators[i]));
    for (size_t b = 0; b < batches.size(); ++b)
      for (size_t i = 0; i < evaluators.size(); ++i)
        reports[i].row_ns[b].push_back(TimeRows(*sessions[i], table, batches[b]));
  }
  return reports;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 6 || argc % 3 != 0) Fail("see the head of the file");
  const Table table = ReadTable(argv[2], std::strtoul(argv[3], nullptr, 10));
  std::vector<size_t> batches;
  std::istringstream sizes(argv[5]);
  for (std::string size; std::getline(sizes, size, ',');) batches.push_back(std::stoul(size));
  const std::string onnx = ToOnnx(argv[1]);
  std::vector<Evaluator> evaluators = {Slipway(table, onnx), OnnxRuntime(table, onnx)};
  for (int i = 6; i < argc; i += 3)
    evaluators.push_back(Rival(table, argv[i], argv[i + 1], argv[i + 2]));
  const auto reports = Measure(evaluators, table, batches, std::atoi(argv[4]));
  std::printf("{\n");
  for (size_t i = 0; i < evaluators.size(); ++i) {
    Print(evaluators[i].name, reports[i], batches);
    std::printf("%s\n", i + 1 < evaluators.size() ? "," : "}");
  }
}
