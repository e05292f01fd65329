// The binary format that XGBoost wrote before 3.1: C structs one after the other, little-endian.

#include <limits>

#include "import/xgboost/booster.h"
#include "import/xgboost/byte_reader.h"

namespace slipway::importing::xgboost {
namespace {

constexpr auto kOrder = std::endian::little;

class BoosterReader {
 public:
  explicit BoosterReader(std::span<const std::byte> bytes) : bytes_(bytes) {}

  StatusOr<Booster> Run() {
    RETURN_IF_ERROR(ReadHeader());
    RETURN_IF_ERROR(ReadLearner());
    ASSIGN_OR_RETURN(booster_.objective, ReadText());
    ASSIGN_OR_RETURN(const std::string name, ReadText());
    if (name == "gblinear") {
      RETURN_IF_ERROR(ReadLinear());
    } else if (name == "gbtree" || name == "dart") {
      RETURN_IF_ERROR(ReadTrees(name == "dart"));
    } else {
      return Error(Reason::kUnsupported,
                   "XGBoost model: booster \"{}\" is not supported: gbtree, dart, gblinear",
                   name.substr(0, 40));
    }
    if (has_attributes_) RETURN_IF_ERROR(ReadAttributes());
    return std::move(booster_);  // names of metrics may follow
  }

 private:
  /// A pickle of XGBoost 1.0 to 1.2 has the size of the model in front, and its configuration
  /// behind.
  Status ReadHeader() {
    constexpr std::string_view kSnapshot = "CONFIG-offset:";
    if (bytes_.StartsWith(kSnapshot)) RETURN_IF_ERROR(Skip(kSnapshot.size() + sizeof(int64_t)));
    if (bytes_.StartsWith("bs64"))
      return Error(Reason::kUnsupported,
                   "XGBoost model: base64 text of XGBoost before 0.6 is not supported: save it as "
                   "JSON");
    return bytes_.StartsWith("binf") ? Skip(4) : OkStatus();
  }

  Status ReadLearner() {
    const size_t begin = bytes_.position();
    ASSIGN_OR_RETURN(const float base, bytes_.Take<float>(kOrder));
    booster_.base = {base};
    ASSIGN_OR_RETURN(booster_.features, TakeUint32(kMaxFeatures, "features"));
    ASSIGN_OR_RETURN(booster_.classes, TakeUint32(kMaxOutputs, "classes"));
    ASSIGN_OR_RETURN(const uint32_t has_attributes, bytes_.Take<uint32_t>(kOrder));
    has_attributes_ = has_attributes != 0;
    RETURN_IF_ERROR(Skip(4));  // whether metrics follow at the end
    ASSIGN_OR_RETURN(const uint32_t major, bytes_.Take<uint32_t>(kOrder));
    ASSIGN_OR_RETURN(const uint32_t minor, bytes_.Take<uint32_t>(kOrder));
    ASSIGN_OR_RETURN(booster_.targets, TakeUint32(kMaxOutputs, "targets"));
    booster_.targets = std::max<int64_t>(booster_.targets, 1);
    booster_.base_is_margin = major == 0;
    if (major > 0) booster_.version = fmt::format("{}.{}", major, minor);
    constexpr size_t kSize = 136;
    return Skip(kSize - (bytes_.position() - begin));
  }

  Status ReadTrees(bool dart) {
    const size_t begin = bytes_.position();
    ASSIGN_OR_RETURN(const int64_t count, TakeUint32(kMaxInt, "trees"));
    ASSIGN_OR_RETURN(booster_.parallel_trees, TakeUint32(kMaxInt, "trees of a round"));
    booster_.parallel_trees = std::max<int64_t>(booster_.parallel_trees, 1);
    constexpr size_t kSize = 160;
    RETURN_IF_ERROR(Skip(kSize - (bytes_.position() - begin)));
    std::vector<NodeTable> tables;
    for (int64_t i = 0; i < count; ++i) {
      ASSIGN_OR_RETURN(NodeTable table, ReadTable());
      tables.push_back(std::move(table));
    }
    std::vector<int64_t> targets;
    for (int64_t i = 0; i < count; ++i) {
      ASSIGN_OR_RETURN(const int64_t target, TakeUint32(kMaxOutputs, "the output of a tree"));
      targets.push_back(target);
    }
    std::vector<float> weights(tables.size(), 1.0F);
    if (dart && count > 0) {
      ASSIGN_OR_RETURN(weights, ReadFloats());
      if (weights.size() != tables.size())
        return bytes_.Expected("weights of {} trees before it, got {}", tables.size(),
                               weights.size());
    }
    for (size_t i = 0; i < tables.size(); ++i) {
      ASSIGN_OR_RETURN(Tree tree,
                       ToTree(tables[i], weights[i], fmt::format("XGBoost model: tree {}", i)));
      tree.target = targets[i];
      booster_.trees.push_back(std::move(tree));
    }
    return OkStatus();
  }

  StatusOr<NodeTable> ReadTable() {
    RETURN_IF_ERROR(Skip(4));  // roots
    ASSIGN_OR_RETURN(const int64_t nodes, TakeUint32(kMaxInt, "nodes"));
    constexpr size_t kRest = 12;
    RETURN_IF_ERROR(Skip(kRest));  // deleted nodes, depth, features
    ASSIGN_OR_RETURN(const int64_t leaf_width, TakeUint32(kMaxInt, "values of a leaf"));
    if (leaf_width > 1)
      return Error(Reason::kUnsupported,
                   "XGBoost model: leaves of {} values in the binary format are not supported",
                   leaf_width);
    constexpr size_t kReserved = 31 * 4;
    RETURN_IF_ERROR(Skip(kReserved));
    constexpr size_t kNodeSize = 20, kStatisticsSize = 16;
    if (nodes == 0 || static_cast<uint64_t>(nodes) > bytes_.left() / (kNodeSize + kStatisticsSize))
      return bytes_.Expected("a tree of {} nodes before it, got {} bytes", nodes, bytes_.left());
    NodeTable table;
    for (int64_t i = 0; i < nodes; ++i) RETURN_IF_ERROR(ReadNode(table));
    RETURN_IF_ERROR(Skip(static_cast<uint64_t>(nodes) * kStatisticsSize));
    return table;
  }

  Status ReadNode(NodeTable& table) {
    constexpr uint32_t kDefaultLeft = uint32_t{1} << 31;
    RETURN_IF_ERROR(Skip(4));  // parent
    ASSIGN_OR_RETURN(const int32_t left, bytes_.Take<int32_t>(kOrder));
    ASSIGN_OR_RETURN(const int32_t right, bytes_.Take<int32_t>(kOrder));
    ASSIGN_OR_RETURN(const uint32_t feature, bytes_.Take<uint32_t>(kOrder));
    ASSIGN_OR_RETURN(const float value, bytes_.Take<float>(kOrder));
    table.left.push_back(left);
    table.right.push_back(right);
    table.feature.push_back(feature & ~kDefaultLeft);
    table.default_left.push_back((feature & kDefaultLeft) != 0);
    table.value.push_back(value);
    return OkStatus();
  }

  Status ReadLinear() {
    constexpr size_t kParameters = 136;
    RETURN_IF_ERROR(Skip(kParameters));
    booster_.linear = true;
    ASSIGN_OR_RETURN(booster_.weights, ReadFloats());
    return OkStatus();
  }

  Status ReadAttributes() {
    ASSIGN_OR_RETURN(const uint64_t count, bytes_.Take<uint64_t>(kOrder));
    for (uint64_t i = 0; i < count; ++i) {
      ASSIGN_OR_RETURN(const std::string key, ReadText());
      ASSIGN_OR_RETURN(booster_.attributes[key], ReadText());
    }
    return OkStatus();
  }

  StatusOr<std::vector<float>> ReadFloats() {
    ASSIGN_OR_RETURN(const uint64_t count, bytes_.Take<uint64_t>(kOrder));
    if (count > bytes_.left() / sizeof(float))
      return bytes_.Expected("{} numbers, got {} bytes", count, bytes_.left());
    std::vector<float> numbers;
    for (uint64_t i = 0; i < count; ++i) {
      ASSIGN_OR_RETURN(const float number, bytes_.Take<float>(kOrder));
      numbers.push_back(number);
    }
    return numbers;
  }

  StatusOr<std::string> ReadText() {
    ASSIGN_OR_RETURN(const uint64_t size, bytes_.Take<uint64_t>(kOrder));
    ASSIGN_OR_RETURN(const std::string_view text, bytes_.TakeText(size));
    return std::string(text);
  }

  StatusOr<int64_t> TakeUint32(int64_t most, std::string_view what) {
    ASSIGN_OR_RETURN(const uint32_t number, bytes_.Take<uint32_t>(kOrder));
    if (number > most)
      return bytes_.Expected("at most {} as the number of {} before it, got {}", most, what,
                             number);
    return number;
  }

  Status Skip(uint64_t size) { return bytes_.Take(size).status(); }

  static constexpr int64_t kMaxInt = std::numeric_limits<int32_t>::max();

  ByteReader bytes_;
  Booster booster_;
  bool has_attributes_ = false;
};

}  // namespace

StatusOr<Booster> ReadBinary(std::span<const std::byte> bytes) {
  return BoosterReader(bytes).Run();
}

}  // namespace slipway::importing::xgboost
