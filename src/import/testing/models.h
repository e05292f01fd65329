#pragma once
// The committed models of other frameworks, and what every importer's tests do with them.

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "import/import.h"
#include "onnx/model_info.h"

namespace slipway::importing::testing {

inline std::filesystem::path ModelsOf(std::string_view area) {
  return std::filesystem::path(SLIPWAY_SOURCE_DIR "/tests/models") / area;
}

inline std::string ReadFile(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline std::span<const std::byte> BytesOf(std::string_view text) {
  return std::as_bytes(std::span(text));
}

/// All models of tests/models/<area>, those in its folders too.
inline std::vector<std::filesystem::path> ModelFilesOf(std::string_view area) {
  std::vector<std::filesystem::path> models;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(ModelsOf(area))) {
    const std::filesystem::path& path = entry.path();
    const bool is_model = entry.is_regular_file() && path.extension() != ".py" &&
                          path.extension() != ".pyc" && path.extension() != ".md" &&
                          !path.string().ends_with(".expected.json");
    if (is_model) models.push_back(path);
  }
  return models;
}

inline onnx::ModelInfo InfoOf(const Imported& imported) {
  auto info = onnx::Inspect(BytesOf(imported.model));
  EXPECT_TRUE(info.ok()) << info.status();
  return info.ok() ? *std::move(info) : onnx::ModelInfo{};
}

inline bool IsValidOnnx(const Imported& imported) {
  return onnx::Inspect(BytesOf(imported.model)).ok();
}

/// `text` with its first `from` replaced.
inline std::string Replaced(std::string_view text, std::string_view from, std::string_view to) {
  std::string changed(text);
  const size_t at = changed.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return at == std::string::npos ? changed : changed.replace(at, from.size(), to);
}

inline std::string RefusalOf(const StatusOr<Imported>& imported) {
  return imported.ok() ? "" : std::string(MessageOf(imported.status()));
}

/// @param import  std::string_view → StatusOr<Imported>
void ExpectCutFilesAreRefused(std::string_view bytes, size_t cuts, const auto& import) {
  ASSERT_FALSE(bytes.empty());
  for (size_t size = 0; size < bytes.size(); size += 1 + bytes.size() / cuts)
    EXPECT_FALSE(import(bytes.substr(0, size)).ok()) << "cut to " << size;
}

/// Every flipped bit, of about `flips`, is refused or read as another model that is valid.
void ExpectFlippedBitsAreHarmless(std::string bytes, size_t flips, const auto& import) {
  const size_t bits = bytes.size() * 8;
  for (size_t bit = 0; bit < bits; bit += 1 + bits / flips) {
    bytes[bit / 8] ^= static_cast<char>(1 << bit % 8);
    const StatusOr<Imported> imported = import(std::string_view(bytes));
    EXPECT_TRUE(!imported.ok() || IsValidOnnx(*imported)) << "bit " << bit;
    bytes[bit / 8] ^= static_cast<char>(1 << bit % 8);
  }
}

}  // namespace slipway::importing::testing
