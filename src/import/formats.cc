#include "import/formats.h"

#include <algorithm>
#include <string>

namespace slipway::importing {
namespace {

constexpr std::string_view kEndings[] = {".pkl",       ".pickle",    ".joblib", ".pkl.gz",
                                         ".pickle.gz", ".joblib.gz", ".skops",  ".ubj",
                                         ".bst",       ".cbm"};
// What MLServer, KServe and Triton's backend for trees look for.
constexpr std::string_view kOfFolder[] = {"model.json", "xgboost.json",  "model.txt",
                                          "model.bin",  "xgboost.model", "model.model"};
constexpr size_t kLooked = 4096;

std::string_view TextOf(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), std::min(bytes.size(), kLooked)};
}

std::string_view WithoutSpace(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
  return text;
}

bool IsPicklePrefix(std::string_view text) {
  return text.size() >= 2 && text[0] == '\x80' && text[1] >= 2 && text[1] <= 5;
}

bool IsPacked(std::string_view text) {
  using namespace std::string_view_literals;
  constexpr std::string_view kMagic[] = {"\x78\x01"sv,
                                         "\x78\x5e"sv,
                                         "\x78\x9c"sv,
                                         "\x78\xda"sv,
                                         "\x1f\x8b"sv,
                                         "BZh"sv,
                                         "\xfd"
                                         "7zXZ"sv,
                                         "\x5d\0\0"sv,
                                         "\x04\x22\x4d\x18"sv,
                                         "ZF"sv};
  return std::ranges::any_of(kMagic, [&](std::string_view m) { return text.starts_with(m); });
}

Format JsonFormat(std::string_view text) {
  const std::string_view inside = WithoutSpace(text.substr(1));
  if (!inside.starts_with('"') && !inside.starts_with('}')) return Format::kXgboostUbjson;
  for (const std::string_view key : {"\"oblivious_trees\"", "\"features_info\"", "\"model_info\""})
    if (text.find(key) != text.npos) return Format::kCatboostJson;
  return Format::kXgboostJson;
}

bool EndsWithAny(std::string_view name, std::initializer_list<std::string_view> endings) {
  return std::ranges::any_of(endings, [&](std::string_view e) { return name.ends_with(e); });
}

}  // namespace

Format FormatOf(std::string_view name, std::span<const std::byte> bytes) {
  const std::string_view text = TextOf(bytes);
  if (IsPicklePrefix(text) || IsPacked(text)) return Format::kPickle;
  if (text.starts_with("PK\x03\x04")) return Format::kSkops;
  if (text.starts_with("CBM1")) return Format::kCatboost;
  if (text.starts_with("tree\n") || text.starts_with("tree\r\n")) return Format::kLightgbmText;
  if (text.starts_with("binf")) return Format::kXgboostBinary;
  if (WithoutSpace(text).starts_with('{')) return JsonFormat(WithoutSpace(text));
  if (EndsWithAny(name, {".pkl", ".pickle", ".joblib"})) return Format::kPickle;
  if (EndsWithAny(name, {".bst", ".model"})) return Format::kXgboostBinary;
  return Format::kNone;
}

bool IsBoosterFile(Format format) {
  return format == Format::kXgboostJson || format == Format::kXgboostUbjson ||
         format == Format::kXgboostBinary || format == Format::kLightgbmText;
}

bool HasModelEnding(std::string_view name) {
  return std::ranges::any_of(kEndings, [&](std::string_view e) { return name.ends_with(e); });
}

bool IsModelOfFolder(std::string_view name) {
  return HasModelEnding(name) || std::ranges::count(kOfFolder, name) > 0;
}

}  // namespace slipway::importing
