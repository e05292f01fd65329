#include "lifecycle/processor.h"

#include <algorithm>
#include <fstream>
#include <string_view>

namespace slipway::lifecycle {
namespace {

// x86 and ARM; a virtual machine may hide features of the model that it names.
constexpr std::string_view kTelling[] = {"model name", "flags", "CPU part", "Features"};

std::string ReadProcessor() {
  std::ifstream cpuinfo("/proc/cpuinfo");
  std::string text;
  // The first processor's lines end with an empty one.
  for (std::string line; std::getline(cpuinfo, line) && !line.empty();)
    if (std::ranges::any_of(kTelling, [&](auto word) { return line.starts_with(word); }))
      text += line + "\n";
  return text.empty() ? "unknown" : text;
}

}  // namespace

const std::string& ProcessorText() {
  static const std::string text = ReadProcessor();
  return text;
}

}  // namespace slipway::lifecycle
