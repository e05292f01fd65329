#include "terms/analyzer.h"

#include <algorithm>

#include "base/utf8.h"

namespace slipway::terms {
namespace {

/// Where the characters of `text` begin, and its end.
void FindBounds(std::string_view text, std::vector<size_t>& bounds) {
  bounds.clear();
  for (size_t at = 0; at < text.size(); at += CodePointAt(text, at).length) bounds.push_back(at);
  bounds.push_back(text.size());
}

/// Two or more of white space become one space; one stays what it is.
void AppendCollapsed(std::string_view text, std::string& to) {
  for (size_t at = 0; at < text.size();) {
    const size_t begin = at;
    size_t spaces = 0;
    for (; at < text.size(); ++spaces) {
      const CodePoint c = CodePointAt(text, at);
      if (!IsSpace(c.value)) break;
      at += c.length;
    }
    if (spaces > 1) {
      to.push_back(' ');
    } else {
      if (spaces == 0) at += CodePointAt(text, at).length;
      to += text.substr(begin, at - begin);
    }
  }
}

/// The next of text.split() from `at` on, which moves behind it; empty at the end.
std::string_view NextWord(std::string_view text, size_t& at) {
  const auto skip = [&](bool spaces) {
    while (at < text.size()) {
      const CodePoint c = CodePointAt(text, at);
      if (IsSpace(c.value) != spaces) return;
      at += c.length;
    }
  };
  skip(true);
  const size_t begin = at;
  skip(false);
  return text.substr(begin, at - begin);
}

}  // namespace

int64_t LongestNgram(std::span<const std::string> terms, Unit unit) {
  size_t longest = 1;
  for (const std::string& term : terms) {
    const auto spaces = static_cast<size_t>(std::ranges::count(term, ' '));
    longest = std::max(longest, unit == Unit::kWord ? spaces + 1 : term.size());
  }
  return static_cast<int64_t>(longest);
}

StatusOr<Analyzer> Analyzer::Create(AnalyzerOptions options) {
  if (options.ngram_min < 1 || options.ngram_max < options.ngram_min)
    return Error(Reason::kBadModel, "n-grams: expected 1 <= min <= max, got {} and {}",
                 options.ngram_min, options.ngram_max);
  if (options.ngram_max > kMaxNgram)
    return Error(Reason::kUnsupported, "n-grams of up to {}: at most {} are read",
                 options.ngram_max, kMaxNgram);
  TokenPattern pattern;
  if (options.unit == Unit::kWord) {
    ASSIGN_OR_RETURN(pattern, TokenPattern::Parse(options.token_pattern));
  }
  return Analyzer(std::move(options), std::move(pattern));
}

Analyzer::Analyzer(AnalyzerOptions options, TokenPattern pattern)
    : options_(std::move(options)),
      pattern_(std::move(pattern)),
      stop_words_(options_.stop_words.begin(), options_.stop_words.end()) {}

Status Analyzer::Analyze(std::string_view text, Scratch& scratch, Visit visit) const {
  if (!IsValidUtf8(text)) return MakeError(Reason::kBadRequest, "a text is not UTF-8");
  const std::string_view prepared = Prepare(text, scratch);
  switch (options_.unit) {
    case Unit::kWord:
      scratch.tokens.clear();
      RETURN_IF_ERROR(pattern_.FindAll(prepared, scratch.tokens));
      VisitWords(scratch, visit);
      return OkStatus();
    case Unit::kChar:
      scratch.term.clear();
      AppendCollapsed(prepared, scratch.term);
      VisitCharacters(scratch.term, scratch, visit);
      return OkStatus();
    case Unit::kCharInWords:
      VisitPaddedWords(prepared, scratch, visit);
      return OkStatus();
  }
  return OkStatus();
}

std::string_view Analyzer::Prepare(std::string_view text, Scratch& scratch) const {
  if (options_.lowercase) {
    scratch.lowered.clear();
    AppendLower(text, scratch.lowered);
    text = scratch.lowered;
  }
  if (options_.accents == Accents::kKeep) return text;
  scratch.text.clear();
  AppendStripped(text, options_.accents, scratch.text);
  return scratch.text;
}

void Analyzer::VisitWords(Scratch& scratch, Visit visit) const {
  auto& tokens = scratch.tokens;
  if (!stop_words_.empty())
    std::erase_if(tokens, [this](std::string_view token) { return stop_words_.contains(token); });
  if (options_.ngram_max == 1) {
    for (const std::string_view token : tokens) visit(token);
    return;
  }
  const auto min = static_cast<size_t>(options_.ngram_min);
  const auto max = static_cast<size_t>(options_.ngram_max);
  for (size_t i = 0; i < tokens.size(); ++i) {
    scratch.term.clear();
    for (size_t n = 1; n <= max && i + n <= tokens.size(); ++n) {
      if (n > 1) scratch.term.push_back(' ');
      scratch.term += tokens[i + n - 1];
      if (n >= min) visit(scratch.term);
    }
  }
}

void Analyzer::VisitCharacters(std::string_view text, Scratch& scratch, Visit visit) const {
  FindBounds(text, scratch.bounds);
  const auto& bounds = scratch.bounds;
  const size_t count = bounds.size() - 1;
  const auto min = static_cast<size_t>(options_.ngram_min);
  const auto max = static_cast<size_t>(options_.ngram_max);
  for (size_t i = 0; i < count; ++i)
    for (size_t n = min; n <= max && i + n <= count; ++n)
      visit(text.substr(bounds[i], bounds[i + n] - bounds[i]));
}

void Analyzer::VisitPaddedWords(std::string_view text, Scratch& scratch, Visit visit) const {
  for (size_t at = 0;;) {
    const std::string_view word = NextWord(text, at);
    if (word.empty()) return;
    scratch.term.assign(1, ' ');
    scratch.term += word;
    scratch.term.push_back(' ');
    VisitCharacters(scratch.term, scratch, visit);
    // A word shorter than the shortest n-gram is a term itself.
    if (scratch.bounds.size() - 1 < static_cast<size_t>(options_.ngram_min)) visit(scratch.term);
  }
}

}  // namespace slipway::terms
