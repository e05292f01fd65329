// How fast a CSV file of numbers becomes a table: bytes a second of one core, types inferred and
// digest taken, beside what reading the file and SHA-256 cost alone.
//
//   taskset -c 1 build/release/bench/csv [MB] [ROUNDS]
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

#include "base/check.h"
#include "base/random.h"
#include "bench/cpu_seconds.h"
#include "data/table_file.h"
#include "io/byte_source.h"
#include "io/testing/temporary_folder.h"

namespace slipway {
namespace {

constexpr size_t kColumns = 20;

double Uniform(Random& random) { return static_cast<double>(random.Next() >> 11) * 0x1p-53; }

/// Rows of 20 columns until there are `bytes`; `append` writes one cell.
template <typename Append>
std::string Csv(size_t bytes, Append append) {
  std::string text;
  for (size_t i = 0; i < kColumns; ++i) text += fmt::format("{}x{}", i == 0 ? "" : ",", i);
  Random random(1);
  while (text.size() < bytes) {
    text += '\n';
    for (size_t i = 0; i < kColumns; ++i) {
      if (i > 0) text += ',';
      append(text, random);
    }
  }
  return text + "\n";
}

/// The best of the rounds, in MB (10^6 bytes) a CPU second.
template <typename Work>
double Rate(size_t bytes, int rounds, Work work) {
  double best = 0;
  for (int round = 0; round < rounds; ++round) {
    const double start = CpuSeconds();
    work();
    best = std::max(best, static_cast<double>(bytes) * 1e-6 / (CpuSeconds() - start));
  }
  return best;
}

void ReadThrough(const std::string& path, io::Sha256* digest) {
  auto file = io::File::Open(path);
  SLIPWAY_CHECK(file.ok(), "the bench wrote the file");
  auto source = io::OpenSource(*std::move(file), digest);
  SLIPWAY_CHECK(source.ok(), "the bench wrote the file");
  std::vector<std::byte> block(128 << 10);
  for (;;) {
    const auto got = (*source)->Read(block);
    SLIPWAY_CHECK(got.ok(), "the file can be read");
    if (*got < block.size()) return;
  }
}

void Measure(const char* what, const std::string& text, int rounds) {
  const io::TemporaryFolder folder;
  const std::string path = folder.Write("data.csv", text);
  const double read = Rate(text.size(), rounds, [&] { ReadThrough(path, nullptr); });
  io::Sha256 digest;
  const double hashed = Rate(text.size(), rounds, [&] { ReadThrough(path, &digest); });
  const double table = Rate(text.size(), rounds, [&] {
    const auto file = data::ReadTable(path);
    SLIPWAY_CHECK(file.ok() && file->table.columns.size() == kColumns, "the file is a table");
  });
  std::printf("%-22s %8.0f %12.0f %12.0f\n", what, table, read, hashed);
}

void Run(size_t bytes, int rounds) {
  std::printf("MB/s of one core          table    read alone   and SHA-256\n");
  Measure("short decimals",
          Csv(bytes,
              [](std::string& text, Random& random) {
                text += fmt::format("{:.4f}", Uniform(random) * 200 - 100);
              }),
          rounds);
  Measure("whole numbers",
          Csv(bytes,
              [](std::string& text, Random& random) {
                text += fmt::format("{}", random.Below(uint64_t{1} << random.Below(31)));
              }),
          rounds);
  Measure(
      "doubles in full",
      Csv(bytes, [](std::string& text,
                    Random& random) { text += fmt::format("{}", Uniform(random) * 200 - 100); }),
      rounds);
  Measure("words of ten",
          Csv(bytes, [](std::string& text,
                        Random& random) { text += fmt::format("category {}", random.Below(10)); }),
          rounds);
}

}  // namespace
}  // namespace slipway

int main(int argc, char** argv) {
  slipway::Run((argc > 1 ? std::stoul(argv[1]) : 100) * 1'000'000,
               argc > 2 ? std::stoi(argv[2]) : 5);
}
