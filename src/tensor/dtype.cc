#include "tensor/dtype.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace slipway {
namespace {

struct Row {
  std::string_view name;
  size_t size;
};
constexpr std::array<Row, kDTypeCount> kRows = {{
    {"BOOL", 1},
    {"UINT8", 1},
    {"UINT16", 2},
    {"UINT32", 4},
    {"UINT64", 8},
    {"INT8", 1},
    {"INT16", 2},
    {"INT32", 4},
    {"INT64", 8},
    {"FP16", 2},
    {"BF16", 2},
    {"FP32", 4},
    {"FP64", 8},
    {"BYTES", 0},
}};

/// Its letters in one number: every request is read by these names.
constexpr uint64_t WordOf(std::string_view name) {
  uint64_t word = 0;
  for (const char c : name) word = word << 8 | static_cast<unsigned char>(c);
  return word;
}

constexpr std::array<uint64_t, kDTypeCount> kWords = [] {
  std::array<uint64_t, kDTypeCount> words{};
  for (size_t i = 0; i < words.size(); ++i) words[i] = WordOf(kRows[i].name);
  return words;
}();

}  // namespace

std::string_view NameOf(DType dtype) { return kRows[static_cast<size_t>(dtype)].name; }

std::optional<DType> ParseDType(std::string_view name) {
  if (name.empty() || name.size() > sizeof(uint64_t)) return std::nullopt;
  const auto found = std::ranges::find(kWords, WordOf(name));
  if (found == kWords.end()) return std::nullopt;
  const auto index = static_cast<size_t>(found - kWords.begin());
  if (kRows[index].name.size() != name.size()) return std::nullopt;  // zeros in front
  return static_cast<DType>(index);
}

size_t ElementSize(DType dtype) { return kRows[static_cast<size_t>(dtype)].size; }

}  // namespace slipway
