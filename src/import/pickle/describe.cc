#include "import/pickle/describe.h"

#include <absl/container/flat_hash_map.h>
#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "import/pickle/text.h"
#include "text/number_format.h"

namespace slipway::pickle {
namespace {

struct Line {
  size_t depth = 0;
  std::string text;
  const void* identity = nullptr;  // of the value that is shown here, or that stands elsewhere
  bool elsewhere = false;
};

bool HasInside(Value value) {
  switch (value.kind()) {
    case Kind::kList:
    case Kind::kTuple:
    case Kind::kSet:
    case Kind::kDict:
      return value.size() > 0;
    case Kind::kObject:
    case Kind::kArray:
      return true;
    default:
      return false;
  }
}

/// "1.0" where an int would be "1".
std::string NumberText(double value) {
  std::string text;
  return AppendNumber(text, value) ? text : fmt::format("{}", value);
}

class Describer {
 public:
  explicit Describer(const DescribeOptions& options) : options_(options) {}

  std::string Run(const Document& document) {
    Head(document);
    lines_.push_back({.text = "values:"});
    open_.push_back({document.root(), 1, ""});
    while (!open_.empty()) {
      const Open next = std::move(open_.back());
      open_.pop_back();
      if (lines_.size() >= options_.max_lines) {
        lines_.push_back({.text = "… and more, which is not shown"});
        break;
      }
      Show(next);
    }
    return Render();
  }

 private:
  struct Open {
    Value value;
    size_t depth;
    std::string label;
    bool is_note = false;  // the label is all there is to show
  };

  void Head(const Document& document) {
    const std::string_view packing = document.packing();
    lines_.push_back(
        {.text = fmt::format("{} of protocol {}{}{}", document.format(), document.protocol(),
                             packing.empty() ? "" : ", packed with ", packing)});
    lines_.push_back({.text = document.globals().empty() ? "globals: none" : "globals:"});
    for (const GlobalUse& use : document.globals()) {
      if (lines_.size() >= options_.max_lines) break;
      std::string verdict;
      if (options_.allowed)
        verdict = options_.allowed(use.module, use.name) ? "allowed " : "REFUSED ";
      lines_.push_back({.depth = 1,
                        .text = fmt::format("{}{}.{} at byte {}, {} {}", verdict, Shown(use.module),
                                            Shown(use.name), use.offset, use.uses,
                                            use.uses == 1 ? "use" : "uses")});
    }
  }

  std::string Shown(std::string_view text) const { return Printable(text, options_.max_text); }

  void Show(const Open& open) {
    if (open.is_note) {
      lines_.push_back({.depth = open.depth, .text = open.label});
      return;
    }
    Line line{.depth = open.depth, .text = open.label + Summary(open.value)};
    if (!HasInside(open.value)) return lines_.push_back(std::move(line));
    line.identity = open.value.identity();
    const auto [place, is_first] = seen_.try_emplace(line.identity, Place{});
    if (!is_first) {
      place->second.is_shared = true;
      line.text = open.label;
      line.elsewhere = true;
      return lines_.push_back(std::move(line));
    }
    lines_.push_back(std::move(line));
    Inside(open.value, open.depth + 1);
  }

  /// Puts what is inside on the open values, the first on top.
  void Inside(Value value, size_t depth) {
    const size_t first = open_.size();
    if (value.is(Kind::kObject)) {
      if (value.callable().is(Kind::kObject)) open_.push_back({value.callable(), depth, "of "});
      if (value.args().size() > 0) open_.push_back({value.args(), depth, "arguments: "});
      if (!value.keywords().is(Kind::kNone))
        open_.push_back({value.keywords(), depth, "by name: "});
      if (!value.state().is(Kind::kNone)) open_.push_back({value.state(), depth, "state: "});
      if (!value.items().is(Kind::kNone)) open_.push_back({value.items(), depth, "items: "});
    }
    if (value.is(Kind::kArray)) {
      Elements(
          value.array().objects.size(), depth,
          [&](size_t i) { open_.push_back({value.array().objects[i], depth, "- "}); }, value);
    } else {
      Elements(value.size(), depth, [&](size_t i) { Element(value, i, depth); }, value);
    }
    if (depth > options_.max_depth && open_.size() > first) {
      open_.erase(open_.begin() + static_cast<ptrdiff_t>(first), open_.end());
      open_.push_back({value, depth, "…", true});
    }
    std::reverse(open_.begin() + static_cast<ptrdiff_t>(first), open_.end());
  }

  template <typename Push>
  void Elements(size_t count, size_t depth, Push&& push, Value of) {
    const size_t shown = std::min(count, options_.max_elements);
    for (size_t i = 0; i < shown; ++i) push(i);
    if (shown < count) open_.push_back({of, depth, fmt::format("… {} more", count - shown), true});
  }

  void Element(Value of, size_t index, size_t depth) {
    if (!of.is(Kind::kDict)) return open_.push_back({of.at(index), depth, "- "});
    const Value key = of.key(index);
    if (!HasInside(key)) return open_.push_back({of.at(index), depth, Summary(key) + ": "});
    open_.push_back({key, depth, "key: "});
    open_.push_back({of.at(index), depth, "value: "});
  }

  std::string Summary(Value value) const {
    switch (value.kind()) {
      case Kind::kNone:
        return "None";
      case Kind::kBool:
        return value.boolean() ? "True" : "False";
      case Kind::kInt:
        return fmt::format("{}", value.integer());
      case Kind::kBigInt:
        return std::string(KindName(value.kind()));
      case Kind::kFloat:
        return NumberText(value.number());
      case Kind::kString:
        return fmt::format("\"{}\"", Shown(value.text()));
      case Kind::kBytes:
        return fmt::format("{} bytes", value.text().size());
      case Kind::kList:
        return Counted("list", value);
      case Kind::kTuple:
        return Counted("tuple", value);
      case Kind::kSet:
        return Counted("set", value);
      case Kind::kDict:
        return Counted("dict", value);
      case Kind::kGlobal:
        return fmt::format("the global {}.{}", Shown(value.module()), Shown(value.name()));
      case Kind::kObject:
        return value.callable().is(Kind::kGlobal)
                   ? fmt::format("{}.{}", Shown(value.module()), Shown(value.name()))
                   : "an object";
      case Kind::kArray:
        return ArraySummary(value.array());
    }
    return "";
  }

  static std::string Counted(std::string_view what, Value value) {
    return value.size() == 0 ? fmt::format("empty {}", what)
                             : fmt::format("{} of {}", what, value.size());
  }

  std::string ArraySummary(const Array& array) const {
    std::string out = fmt::format("array of {}{}", array.type.kind, array.type.item_bytes);
    for (size_t i = 0; i < std::min(array.type.fields.size(), options_.max_elements); ++i)
      out += (i == 0 ? " with fields " : ", ") + Shown(array.type.fields[i].name);
    out += fmt::format(", shape [{}]", fmt::join(array.shape, ", "));
    return out + FirstElements(array);
  }

  std::string FirstElements(const Array& array) const {
    constexpr size_t kShown = 6;
    if (array.type.item_bytes == 0 || array.type.kind == 'O') return "";
    Array head = array;
    head.bytes = array.bytes.first(array.type.item_bytes * std::min(array.count(), kShown));
    std::vector<std::string> shown;
    if (const auto integers = head.Integers(); integers.ok() && array.type.kind != 'f')
      for (const int64_t value : *integers) shown.push_back(fmt::format("{}", value));
    else if (const auto numbers = head.Doubles(); numbers.ok())
      for (const double value : *numbers) shown.push_back(NumberText(value));
    else if (const auto strings = head.Strings(); strings.ok())
      for (const std::string& text : *strings) shown.push_back(fmt::format("\"{}\"", Shown(text)));
    if (shown.empty()) return "";
    return fmt::format(": {}{}", fmt::join(shown, ", "), array.count() > kShown ? ", …" : "");
  }

  std::string Render() {
    size_t numbers = 0;
    for (const Line& line : lines_) {
      if (line.identity == nullptr || line.elsewhere) continue;
      Place& place = seen_[line.identity];
      if (place.is_shared) place.number = ++numbers;
    }
    std::string out;
    for (const Line& line : lines_) {
      out.append(2 * line.depth, ' ').append(line.text);
      const size_t number = line.identity == nullptr ? 0 : seen_[line.identity].number;
      if (line.elsewhere)
        out += fmt::format("see #{}", number);
      else if (number > 0)
        out += fmt::format("  #{}", number);
      out += '\n';
    }
    return out;
  }

  struct Place {
    bool is_shared = false;
    size_t number = 0;
  };

  const DescribeOptions& options_;
  std::vector<Line> lines_;
  std::vector<Open> open_;
  absl::flat_hash_map<const void*, Place> seen_;
};

}  // namespace

std::string Describe(const Document& document, const DescribeOptions& options) {
  std::string text = Describer(options).Run(document);
  if (options.allowed)
    text += fmt::format("{} of {} globals are refused\n", CountRefused(document, options.allowed),
                        document.globals().size());
  return text;
}

size_t CountRefused(
    const Document& document,
    const std::function<bool(std::string_view module, std::string_view name)>& allowed) {
  return static_cast<size_t>(std::ranges::count_if(
      document.globals(), [&](const GlobalUse& use) { return !allowed(use.module, use.name); }));
}

}  // namespace slipway::pickle
