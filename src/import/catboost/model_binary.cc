// CatBoost's binary format: "CBM1", the size of a FlatBuffer, that FlatBuffer (TModelCore).

#include <bit>
#include <set>

#include "import/catboost/flat_table.h"
#include "import/catboost/model.h"

namespace slipway::importing::catboost {
namespace {

// Fields by number, as CatBoost's schema orders them.
namespace core {
enum { kFormat, kTrees, kInfo };
}
namespace info {
enum { kKey, kValue };
}
namespace feature {
enum { kHasNans, kIndex, kFlatIndex, kBorders, kName, kMissing };
}
namespace category {
enum { kIndex, kFlatIndex, kName };
}
namespace one_hot {
enum { kIndex, kValues };
}
namespace ctr_feature {
enum { kWhat, kBorders };
}
namespace ctr {
enum { kBase, kTargetBorder, kPrior, kPriorWeight, kShift, kScale };
}
namespace base {
enum { kCombination, kKind, kClassifier };
}
namespace combination {
enum { kCategories, kNumbers, kValues };
}
namespace value_table {
enum { kBase, kEntries, kValues, kDenominator, kClasses };
}
namespace trees {
enum {
  kOutputs,
  kSplits,
  kSizes,
  kStarts,
  kCategorical,
  kFloat,
  kOneHot,
  kCtrs,
  kLeafValues,
  kLeafWeights,
  kSteps,
  kLeafOfNode,
  kTexts,
  kEstimated,
  kScale,
  kBias,
  kBiases,
  kRepacked,
  kEmbeddings
};
}

struct FloatSplit {
  int32_t feature;
  float border;
};
struct OneHotSplit {
  int32_t feature;
  int32_t value;
};
/// Of a hash table: what is counted for `hash` is row `row`.
struct __attribute__((packed)) Entry {
  uint64_t hash;
  uint32_t row;
};
constexpr uint64_t kNoHash = ~uint64_t{0};  // of a free place

Status Bad(std::string_view what) { return Error(Reason::kBadModel, "CatBoost model: {}", what); }

class BinaryModelReader {
  static constexpr size_t kHead = 8;  // "CBM1" and the FlatBuffer's size

 public:
  BinaryModelReader(std::span<const std::byte> bytes, const Limits& limits)
      : bytes_(bytes), limits_(limits) {}

  StatusOr<Model> Run() {
    ASSIGN_OR_RETURN(const FlatTable root, Root());
    ASSIGN_OR_RETURN(const std::string_view format, root.Text(core::kFormat));
    if (format != "FlabuffersModel_v1")
      return Error(Reason::kUnsupported,
                   "CatBoost model: format \"{}\" is not supported: FlabuffersModel_v1",
                   format.substr(0, 40));
    RETURN_IF_ERROR(ReadInfoOf(root));
    ASSIGN_OR_RETURN(const FlatTable model, root.Table(core::kTrees));
    RETURN_IF_ERROR(ReadFeatures(model));
    RETURN_IF_ERROR(ReadScaleAndBias(model));
    RETURN_IF_ERROR(ReadTrees(model));
    return std::move(model_);
  }

 private:
  StatusOr<FlatTable> Root() {
    if (bytes_.size() < kHead || std::memcmp(bytes_.data(), "CBM1", 4) != 0)
      return Bad("expected \"CBM1\" and a size in front");
    uint32_t size;
    std::memcpy(&size, bytes_.data() + 4, sizeof(size));
    if (size > bytes_.size() - kHead)
      return Bad(fmt::format("expected {} bytes, got {}", size, bytes_.size() - kHead));
    size_ = size;
    return FlatTable::Root(bytes_.subspan(kHead, size));
  }

  StatusOr<Value> JsonOf(std::string_view key, std::string_view text) const {
    return ReadJson(std::as_bytes(std::span(text)),
                    {.name = fmt::format("CatBoost model: {}", key)}, limits_);
  }

  /// Entries may share their texts in the file: each key is read once.
  Status ReadInfoOf(const FlatTable& root) {
    ASSIGN_OR_RETURN(const auto entries, root.Tables(core::kInfo));
    Info info;
    Value params, classes;
    std::set<std::string_view> keys;
    for (const FlatTable& entry : entries) {
      ASSIGN_OR_RETURN(const std::string_view key, entry.Text(info::kKey));
      ASSIGN_OR_RETURN(const std::string_view value, entry.Text(info::kValue));
      if (!keys.insert(key).second)
        return Bad(fmt::format("{}: expected it once, got it twice", key.substr(0, 80)));
      if (key == "catboost_version_info") info.version = value;
      if (key == "binclass_probability_threshold") info.threshold = value;
      if (key == "multiclass_params") info.has_multiclass_params = true;
      if (key == "params") {
        ASSIGN_OR_RETURN(params, JsonOf(key, value));
        info.params.emplace(std::string(key), params);
      }
      if (key == "class_params") {
        ASSIGN_OR_RETURN(classes, JsonOf(key, value));
        info.class_params.emplace(std::string(key), classes);
      }
    }
    return ReadInfo(info, model_);
  }

  /// Tables and vectors may share bytes of the file; more of them than it has room for are refused.
  Status Count(size_t bytes) {
    if (bytes > bytes_.size() - counted_)
      return Bad(fmt::format("expected borders and names of at most {} bytes", bytes_.size()));
    counted_ += bytes;
    return OkStatus();
  }

  Status ReadFeatures(const FlatTable& model) {
    for (const auto& [field, kind] :
         {std::pair<size_t, std::string_view>{trees::kTexts, "text features"},
          {trees::kEstimated, "estimated features"},
          {trees::kEmbeddings, "embedding features"}}) {
      ASSIGN_OR_RETURN(const auto features, model.Tables(field));
      if (!features.empty()) return RefuseFeatures(kind);
    }
    ASSIGN_OR_RETURN(const auto numbers, model.Tables(trees::kFloat));
    ASSIGN_OR_RETURN(const auto categories, model.Tables(trees::kCategorical));
    model_.SetFeatures(numbers.size() + categories.size());
    for (const FlatTable& each : numbers) RETURN_IF_ERROR(ReadNumber(each));
    for (const FlatTable& each : categories) {
      ASSIGN_OR_RETURN(const int64_t column,
                       TakeColumn(each, category::kFlatIndex, category::kName));
      model_.categories.push_back(column);
    }
    RETURN_IF_ERROR(ReadOneHot(model));
    return ReadStatistics(model);
  }

  /// The column that a feature is, which is no other one's.
  StatusOr<int64_t> TakeColumn(const FlatTable& each, size_t flat_field, size_t name_field) {
    ASSIGN_OR_RETURN(const int32_t column, each.Number<int32_t>(flat_field, -1));
    ASSIGN_OR_RETURN(const std::string_view name, each.Text(name_field));
    RETURN_IF_ERROR(Count(name.size()));
    if (column >= 0 && column < model_.features && model_.TakeColumn(column, name)) return column;
    return Bad(fmt::format("expected each feature to be another column below {}, got {}",
                           model_.features, column));
  }

  Status ReadNumber(const FlatTable& each) {
    ASSIGN_OR_RETURN(const int64_t column, TakeColumn(each, feature::kFlatIndex, feature::kName));
    ASSIGN_OR_RETURN(const int8_t missing, each.Number<int8_t>(feature::kMissing, 0));
    constexpr int8_t kAsTrue = 2;  // after AsIs and AsFalse
    if (missing < 0 || missing > kAsTrue)
      return Bad(fmt::format("feature {}: expected a treatment of NaN in [0, {}], got {}", column,
                             kAsTrue, missing));
    numbers_.push_back({.column = column, .missing_is_above = missing == kAsTrue});
    return AddTests(each, feature::kBorders, numbers_.back());
  }

  /// One test for each border.
  Status AddTests(const FlatTable& each, size_t field, Test test) {
    ASSIGN_OR_RETURN(const auto borders, each.Numbers<float>(field));
    RETURN_IF_ERROR(Count(borders.size() * sizeof(float)));
    for (const float border : borders) {
      test.value = border;
      tests_.push_back(test);
    }
    return OkStatus();
  }

  /// @param index  a feature's number among those of its kind.
  template <typename T>
  StatusOr<T> Known(const std::vector<T>& features, int32_t index) const {
    if (index >= 0 && static_cast<size_t>(index) < features.size()) return features[index];
    return Bad(fmt::format("expected a feature below {}, got {}", features.size(), index));
  }

  Status ReadOneHot(const FlatTable& model) {
    ASSIGN_OR_RETURN(const auto features, model.Tables(trees::kOneHot));
    for (const FlatTable& each : features) {
      ASSIGN_OR_RETURN(const int32_t index, each.Number<int32_t>(one_hot::kIndex, -1));
      ASSIGN_OR_RETURN(const int64_t column, Known(model_.categories, index));
      ASSIGN_OR_RETURN(const auto values, each.Numbers<int32_t>(one_hot::kValues));
      RETURN_IF_ERROR(Count(values.size() * sizeof(int32_t)));
      for (const int32_t value : values)
        tests_.push_back(
            {.column = column, .value = static_cast<double>(value), .is_equality = true});
    }
    return OkStatus();
  }

  Status ReadStatistics(const FlatTable& model) {
    ASSIGN_OR_RETURN(const auto features, model.Tables(trees::kCtrs));
    for (const FlatTable& each : features) {
      ASSIGN_OR_RETURN(const FlatTable what, each.Table(ctr_feature::kWhat));
      ASSIGN_OR_RETURN(const FlatTable base, what.Table(ctr::kBase));
      ASSIGN_OR_RETURN(Statistic statistic, ReadBase(base));
      ASSIGN_OR_RETURN(statistic.target_border, what.Number<int32_t>(ctr::kTargetBorder, 0));
      ASSIGN_OR_RETURN(statistic.prior, what.Number<float>(ctr::kPrior, 0));
      ASSIGN_OR_RETURN(statistic.prior_weight, what.Number<float>(ctr::kPriorWeight, 1));
      ASSIGN_OR_RETURN(statistic.shift, what.Number<float>(ctr::kShift, 0));
      ASSIGN_OR_RETURN(statistic.scale, what.Number<float>(ctr::kScale, 1));
      const auto column = model_.features + static_cast<int64_t>(model_.statistics.size());
      model_.statistics.push_back(std::move(statistic));
      RETURN_IF_ERROR(AddTests(each, ctr_feature::kBorders, {.column = column}));
    }
    return features.empty() ? OkStatus() : ReadTables();
  }

  /// What is counted by what; named as that says.
  StatusOr<Statistic> ReadBase(const FlatTable& base) {
    Statistic statistic;
    ASSIGN_OR_RETURN(const FlatTable of, base.Table(base::kCombination));
    ASSIGN_OR_RETURN(const auto categories, of.Numbers<int32_t>(combination::kCategories));
    ASSIGN_OR_RETURN(const auto numbers, of.Numbers<FloatSplit>(combination::kNumbers));
    ASSIGN_OR_RETURN(const auto values, of.Numbers<OneHotSplit>(combination::kValues));
    RETURN_IF_ERROR(Count(categories.size() * sizeof(int32_t) +
                          (numbers.size() + values.size()) * sizeof(FloatSplit)));
    ASSIGN_OR_RETURN(const int8_t kind, base.Number<int8_t>(base::kKind, 0));
    ASSIGN_OR_RETURN(const int32_t classifier, base.Number<int32_t>(base::kClassifier, 0));
    if (kind < 0 || kind > static_cast<int8_t>(StatisticKind::kFrequency))
      return Bad(fmt::format("a statistic of unknown type {}", kind));
    statistic.kind = static_cast<StatisticKind>(kind);
    statistic.table = fmt::format("{}/{}", kind, classifier);
    for (const int32_t index : categories) {
      ASSIGN_OR_RETURN(const int64_t column, Known(model_.categories, index));
      statistic.of.categories.push_back(column);
      statistic.table += fmt::format(" {}", column);
    }
    for (const auto& [index, border] : numbers) {
      ASSIGN_OR_RETURN(Test test, Known(numbers_, index));
      test.value = border;
      statistic.of.tests.push_back(test);
      statistic.table += fmt::format(" {}>{}", test.column, test.value);
    }
    for (const auto& [index, value] : values) {
      ASSIGN_OR_RETURN(const int64_t column, Known(model_.categories, index));
      statistic.of.tests.push_back(
          {.column = column, .value = static_cast<double>(value), .is_equality = true});
      statistic.table += fmt::format(" {}={}", column, value);
    }
    if (categories.empty() && numbers.empty() && values.empty())
      return Bad("a statistic of no feature");
    return statistic;
  }

  /// What lies behind the FlatBuffer: the number of tables, and each with its size in front.
  Status ReadTables() {
    std::span<const std::byte> rest = bytes_.subspan(kHead + size_);
    ASSIGN_OR_RETURN(const uint32_t count, TakeSize(rest));
    for (uint32_t i = 0; i < count; ++i) {
      ASSIGN_OR_RETURN(const uint32_t size, TakeSize(rest));
      if (size > rest.size())
        return Bad(fmt::format("statistics: expected {} bytes, got {}", size, rest.size()));
      ASSIGN_OR_RETURN(const FlatTable table, FlatTable::Root(rest.first(size)));
      RETURN_IF_ERROR(ReadTable(table));
      rest = rest.subspan(size);
    }
    return OkStatus();
  }

  StatusOr<uint32_t> TakeSize(std::span<const std::byte>& rest) const {
    uint32_t size;
    if (rest.size() < sizeof(size)) return Bad("statistics: cut short");
    std::memcpy(&size, rest.data(), sizeof(size));
    rest = rest.subspan(sizeof(size));
    return size;
  }

  Status ReadTable(const FlatTable& from) {
    ASSIGN_OR_RETURN(const FlatTable base, from.Table(value_table::kBase));
    ASSIGN_OR_RETURN(const Statistic what, ReadBase(base));
    StatisticTable table;
    ASSIGN_OR_RETURN(table.denominator, from.Number<int32_t>(value_table::kDenominator, 0));
    ASSIGN_OR_RETURN(const int32_t classes, from.Number<int32_t>(value_table::kClasses, 0));
    table.width = WidthOf(what.kind).value_or(classes);
    ASSIGN_OR_RETURN(const auto entries, from.Packed<Entry>(value_table::kEntries));
    ASSIGN_OR_RETURN(const auto words, from.Packed<uint32_t>(value_table::kValues));
    if (table.width < 1 || table.width > kMaxOutputs)
      return Bad(fmt::format("statistic {}: expected classes in [1, {}], got {}", what.table,
                             kMaxOutputs, table.width));
    RETURN_IF_ERROR(Fill(entries, words, what, table));
    if (!model_.tables.emplace(what.table, std::move(table)).second)
      return Bad(fmt::format("statistic {}: its table is there twice", what.table));
    return OkStatus();
  }

  /// Rows are not shared, or a small file could ask for much memory.
  Status Fill(std::span<const Entry> entries, std::span<const uint32_t> words,
              const Statistic& what, StatisticTable& table) const {
    const auto width = static_cast<size_t>(table.width);
    const bool is_mean = IsMean(what.kind);
    std::vector<bool> taken(words.size() / width);
    std::set<uint64_t> known;
    for (const Entry& entry : entries) {
      if (entry.hash == kNoHash) continue;
      if (!known.insert(entry.hash).second || entry.row >= taken.size() || taken[entry.row])
        return Bad(
            fmt::format("statistic {}: expected another hash and another row below {}, got "
                        "{}",
                        what.table, taken.size(), entry.row));
      taken[entry.row] = true;
      table.hashes.push_back(static_cast<int64_t>(entry.hash));
      for (size_t i = 0; i < width; ++i) {
        const uint32_t word = words[entry.row * width + i];
        table.values.push_back(is_mean && i == 0 ? std::bit_cast<float>(word)
                                                 : static_cast<int32_t>(word));
      }
    }
    return OkStatus();
  }

  Status ReadScaleAndBias(const FlatTable& model) {
    ASSIGN_OR_RETURN(model_.outputs, model.Number<int32_t>(trees::kOutputs, 0));
    if (model_.outputs < 1 || model_.outputs > kMaxOutputs)
      return Bad(fmt::format("expected outputs in [1, {}], got {}", kMaxOutputs, model_.outputs));
    ASSIGN_OR_RETURN(model_.scale, model.Number<double>(trees::kScale, 1));
    ASSIGN_OR_RETURN(model_.bias, model.Numbers<double>(trees::kBiases));
    if (!model_.bias.empty()) return OkStatus();
    ASSIGN_OR_RETURN(const double bias, model.Number<double>(trees::kBias, 0));
    model_.bias = {bias};
    return OkStatus();
  }

  Status ReadTrees(const FlatTable& model) {
    ASSIGN_OR_RETURN(splits_, model.Numbers<int32_t>(trees::kSplits));
    ASSIGN_OR_RETURN(leaves_, model.Numbers<double>(trees::kLeafValues));
    ASSIGN_OR_RETURN(const auto steps, model.Numbers<uint32_t>(trees::kSteps));
    ASSIGN_OR_RETURN(const auto leaf_of_node, model.Numbers<uint32_t>(trees::kLeafOfNode));
    ASSIGN_OR_RETURN(const auto sizes, model.Numbers<int32_t>(trees::kSizes));
    if (!steps.empty() && (steps.size() != splits_.size() || leaf_of_node.size() != splits_.size()))
      return Bad(fmt::format("expected {} steps and leaves of nodes, got {} and {}", splits_.size(),
                             steps.size(), leaf_of_node.size()));
    size_t start = 0;
    for (const int32_t size : sizes) {
      if (size < 0 || static_cast<size_t>(size) > splits_.size() - start)
        return Bad(fmt::format("tree {}: expected at most {} splits, got {}", model_.trees.size(),
                               splits_.size() - start, size));
      ASSIGN_OR_RETURN(Tree tree, steps.empty() ? ReadSymmetric(start, size)
                                                : ReadSteps(start, size, steps, leaf_of_node));
      model_.trees.push_back(std::move(tree));
      start += static_cast<size_t>(size);
    }
    return OkStatus();
  }

  StatusOr<Test> TestOf(size_t split) const {
    const int32_t number = splits_[split];
    if (number < 0 || static_cast<size_t>(number) >= tests_.size())
      return Bad(fmt::format("tree {}: expected a test below {}, got {}", model_.trees.size(),
                             tests_.size(), number));
    return tests_[number];
  }

  StatusOr<Tree> ReadSymmetric(size_t start, int32_t size) {
    std::vector<Test> tests;
    for (int32_t i = 0; i < size; ++i) {
      ASSIGN_OR_RETURN(const Test test, TestOf(start + i));
      tests.push_back(test);
    }
    constexpr int32_t kMaxTests = 30;
    const size_t left = leaves_.size() - next_leaf_;
    if (size > kMaxTests || (static_cast<size_t>(model_.outputs) << size) > left)
      return Bad(fmt::format("tree {}: expected leaves for {} tests, got {} values",
                             model_.trees.size(), size, left));
    const size_t count = static_cast<size_t>(model_.outputs) << size;
    const auto leaves = std::span(leaves_).subspan(next_leaf_, count);
    next_leaf_ += count;
    return SymmetricTree(tests, leaves);
  }

  /// Each node has how far its children are behind it; at 0 the row stops with the node's leaf.
  StatusOr<Tree> ReadSteps(size_t start, int32_t size, const std::vector<uint32_t>& steps,
                           const std::vector<uint32_t>& leaf_of_node) {
    Tree tree;
    std::vector<std::pair<size_t, int32_t>> open;  // node, the split that it becomes
    const auto visit = [&](size_t node, uint32_t step) -> StatusOr<int32_t> {
      const size_t child = node + step;
      const bool ends = step == 0 || (child < start + size && steps[child] == 0);
      if (child >= start + size)
        return Bad(fmt::format("tree {}: node {}: expected a child below {}", model_.trees.size(),
                               node - start, size));
      if (ends) return AddLeaf(leaf_of_node[child], tree);
      tree.splits.emplace_back();
      if (tree.splits.size() > static_cast<size_t>(size))
        return Bad(fmt::format("tree {}: a node is reached twice", model_.trees.size()));
      open.emplace_back(child, static_cast<int32_t>(tree.splits.size() - 1));
      return open.back().second;
    };
    if (size == 0) return Bad(fmt::format("tree {}: expected a node", model_.trees.size()));
    if (steps[start] == 0) {
      RETURN_IF_ERROR(AddLeaf(leaf_of_node[start], tree).status());
      return tree;
    }
    tree.splits.emplace_back();
    open.emplace_back(start, 0);
    while (!open.empty()) {
      const auto [node, split] = open.back();
      open.pop_back();
      ASSIGN_OR_RETURN(const Test test, TestOf(node));
      ASSIGN_OR_RETURN(const int32_t below, visit(node, steps[node] & 0xFFFF));
      ASSIGN_OR_RETURN(const int32_t above, visit(node, steps[node] >> 16));
      tree.splits[split] = SplitOf(test, below, above);
    }
    return tree;
  }

  /// Leaves are not shared, or a small file could ask for much memory.
  StatusOr<int32_t> AddLeaf(uint32_t first, Tree& tree) {
    const auto width = static_cast<size_t>(model_.outputs);
    next_leaf_ += width;
    if (next_leaf_ > leaves_.size())
      return Bad(fmt::format("tree {}: a leaf is reached twice", model_.trees.size()));
    if (first > leaves_.size() || width > leaves_.size() - first)
      return Bad(fmt::format("tree {}: expected a leaf below {}, got {}", model_.trees.size(),
                             leaves_.size(), first));
    const auto number = static_cast<int32_t>(tree.leaves.size() / width);
    tree.leaves.insert(tree.leaves.end(), leaves_.begin() + first,
                       leaves_.begin() + first + static_cast<ptrdiff_t>(width));
    return ~number;
  }

  const std::span<const std::byte> bytes_;
  const Limits& limits_;
  size_t size_ = 0;              // of the FlatBuffer
  std::vector<Test> numbers_;    // of each float feature one, without its border
  std::vector<Test> tests_;      // every test, by its number
  std::vector<int32_t> splits_;  // tests of the trees, one tree behind the other
  std::vector<double> leaves_;
  size_t next_leaf_ = 0;
  size_t counted_ = 0;
  Model model_;
};

}  // namespace

StatusOr<Model> ReadBinary(std::span<const std::byte> bytes, const Limits& limits) {
  return BinaryModelReader(bytes, limits).Run();
}

}  // namespace slipway::importing::catboost
