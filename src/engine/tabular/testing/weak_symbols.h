#pragma once
// Symbols that the linker may take from any file. In one that is built for an instruction set they
// could become what older processors run.

#include <cstdio>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::tabular::testing {

struct Symbols {
  int seen = 0;
  std::vector<std::string> weak;  // "file: line of nm"
};

/// Symbols of an archive's members whose names contain `member`; nullopt without nm.
inline std::optional<Symbols> SymbolsOf(const std::string& archive, std::string_view member) {
  FILE* const listing = popen(("nm -C " + archive + " 2>/dev/null").c_str(), "r");
  if (listing == nullptr) return std::nullopt;
  constexpr size_t kType = 17;  // behind 16 digits and a space
  Symbols symbols;
  std::string file;
  char line[4096];
  while (std::fgets(line, sizeof(line), listing) != nullptr) {
    const std::string_view text = line;
    if (text.ends_with(".o:\n")) file = text.substr(0, text.size() - 1);
    if (file.find(member) == std::string::npos || text.size() <= kType + 1) continue;
    ++symbols.seen;
    // Sanitizers put the address of a function of the runtime into each file.
    if (text.find(" DW.ref.") == std::string_view::npos &&
        std::string_view("WVu").find(text[kType]) != std::string_view::npos)
      symbols.weak.push_back(file + " " + line);
  }
  if (pclose(listing) != 0) return std::nullopt;
  return symbols;
}

}  // namespace slipway::tabular::testing
