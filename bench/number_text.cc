// Float arrays as JSON text, ours against what is commonly used: reading 150,528 shortest floats (a
// 224×224×3 image) against simdjson's on-demand reader, writing them against std::to_chars.
//
//   number_text ROUNDS    prints one JSON object a round: nanoseconds per float
#include <simdjson.h>

#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "text/number_array.h"
#include "text/number_format.h"

namespace {

constexpr size_t kCount = 150'528;

// Repeats `work` for at least 0.3 s; nanoseconds per float.
template <typename Work>
double Time(Work&& work) {
  using Clock = std::chrono::steady_clock;
  const auto begun = Clock::now();
  size_t repeats = 0;
  double seconds = 0;
  for (; seconds < 0.3; ++repeats) {
    work();
    seconds = std::chrono::duration<double>(Clock::now() - begun).count();
  }
  return seconds * 1e9 / static_cast<double>(repeats * kCount);
}

void Require(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "number_text: %s\n", what);
  std::exit(1);
}

std::string WriteStandard(std::span<const float> values) {
  std::string out(values.size() * 17 + 2, '\0');
  char* at = out.data();
  *at++ = '[';
  for (const float value : values) {
    at = std::to_chars(at, at + 16, value).ptr;
    *at++ = ',';
  }
  at[-1] = ']';
  out.resize(static_cast<size_t>(at - out.data()));
  return out;
}

std::string WriteOurs(std::span<const float> values) {
  std::string out;
  out.reserve(values.size() * 17 + 2);
  slipway::AppendNumberArray(out, values);
  return out;
}

void ReadOurs(std::string_view text, std::span<float> out) {
  slipway::JsonReader reader(text);
  size_t count = 0;
  Require(slipway::ReadNumberArray(reader, out, &count).ok() && count == out.size(),
          "our read failed");
}

void ReadSimdjson(simdjson::ondemand::parser& parser, const simdjson::padded_string& text,
                  std::span<float> out) {
  simdjson::ondemand::document document = parser.iterate(text);
  size_t count = 0;
  for (double value : document.get_array()) out[count++] = static_cast<float>(value);
  Require(count == out.size(), "simdjson read another count");
}

}  // namespace

int main(int argc, char** argv) {
  int rounds = 5;
  if (argc > 1) std::from_chars(argv[1], argv[1] + std::strlen(argv[1]), rounds);

  std::mt19937 generator(1);
  std::uniform_real_distribution<float> uniform(0, 1);
  std::vector<float> values(kCount);
  for (float& value : values) value = uniform(generator);
  const std::string text = WriteStandard(values);
  const simdjson::padded_string padded(text);
  simdjson::ondemand::parser parser;

  std::vector<float> read(kCount);
  ReadOurs(text, read);
  Require(read == values, "our reader changed a value");
  ReadOurs(WriteOurs(values), read);
  Require(read == values, "our writer changed a value");

  for (int i = 0; i < rounds; ++i) {
    const double read_simdjson = Time([&] { ReadSimdjson(parser, padded, read); });
    const double read_ours = Time([&] { ReadOurs(text, read); });
    const double write_standard = Time([&] { WriteStandard(values); });
    const double write_ours = Time([&] { WriteOurs(values); });
    std::printf(
        "{\"read_simdjson\": %.3f, \"read_ours\": %.3f, \"write_standard\": %.3f, "
        "\"write_ours\": %.3f}\n",
        read_simdjson, read_ours, write_standard, write_ours);
  }
}
