// A token pattern, a line, and a text: whatever the pattern, each token is a piece of the text in
// order, and each analysis ends.
#include <cstdlib>
#include <string_view>

#include "base/utf8.h"
#include "terms/analyzer.h"

namespace {

using namespace slipway;

void CheckTokens(const terms::TokenPattern& pattern, std::string_view text) {
  std::vector<std::string_view> tokens;
  if (!pattern.FindAll(text, tokens).ok()) return;
  const char* at = text.data();
  for (const std::string_view token : tokens) {
    if (token.data() < text.data() || token.data() + token.size() > text.data() + text.size())
      std::abort();
    if (!token.empty() && (token.data() < at || !IsValidUtf8(token))) std::abort();
    if (!token.empty()) at = token.data() + token.size();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const size_t line = input.find('\n');
  if (line == std::string_view::npos || line == 0) return 0;
  const auto choice = static_cast<unsigned char>(input[0]);
  const std::string_view pattern = input.substr(1, line - 1), text = input.substr(line + 1);
  if (const auto parsed = terms::TokenPattern::Parse(pattern); parsed.ok() && IsValidUtf8(text))
    CheckTokens(*parsed, text);
  const auto analyzer =
      terms::Analyzer::Create({.unit = static_cast<terms::Unit>(choice % 3),
                               .ngram_min = 1 + (choice >> 6),
                               .ngram_max = 4,
                               .lowercase = (choice & 4) != 0,
                               .accents = static_cast<terms::Accents>((choice >> 3) % 3),
                               .stop_words = {"the"},
                               .token_pattern = std::string(pattern)});
  if (!analyzer.ok()) return 0;
  terms::Analyzer::Scratch scratch;
  static_cast<void>(analyzer->Analyze(text, scratch, [](std::string_view term) {
    if (!IsValidUtf8(term)) std::abort();
  }));
  return 0;
}
