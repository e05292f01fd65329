#include "train/trees/checkpoint.h"

#include <bit>
#include <cmath>
#include <cstring>

namespace slipway::train::trees {
namespace {

static_assert(std::endian::native == std::endian::little);

constexpr std::string_view kMagic = "SLTREES1";
constexpr size_t kNodeBytes = 4 * sizeof(int32_t) + sizeof(float) + 2;

/// Not for adversaries: it tells another file or parameter from the same one.
class Fingerprint {
 public:
  void Take(uint64_t value) { state_ = std::rotl((state_ ^ value) * 0x9E3779B97F4A7C15, 29); }
  void Take(double value) { Take(std::bit_cast<uint64_t>(value)); }
  void Take(std::string_view word) {
    Take(word.size());
    for (const char c : word) Take(static_cast<uint64_t>(static_cast<unsigned char>(c)));
  }
  template <typename T>
  void TakeAll(const std::vector<T>& values) {
    Take(uint64_t{values.size()});
    for (const T& value : values) {
      if constexpr (std::is_integral_v<T>)
        Take(static_cast<uint64_t>(value));
      else
        Take(value);
    }
  }
  void Take(const Samples& samples) {
    Take(uint64_t{samples.rows});
    for (const Feature& feature : samples.features) {
      Take(std::string_view(feature.name));
      Take(static_cast<uint64_t>(feature.categories));
      Take(static_cast<uint64_t>(feature.monotone));
    }
    TakeAll(samples.values);
    TakeAll(samples.target.values);
    TakeAll(samples.target.classes);
    Take(uint64_t{samples.target.labels.size()});
    TakeAll(samples.weights);
  }
  uint64_t value() const { return state_; }

 private:
  uint64_t state_ = 0;
};

template <typename T>
void Append(std::string& bytes, const T& value) {
  bytes.append(reinterpret_cast<const char*>(&value), sizeof(value));
}

class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}

  size_t left() const { return bytes_.size(); }
  bool Skip(std::string_view word) {
    if (!bytes_.starts_with(word)) return false;
    bytes_.remove_prefix(word.size());
    return true;
  }
  template <typename T>
  bool Read(T& value) {
    if (bytes_.size() < sizeof(T)) return false;
    std::memcpy(&value, bytes_.data(), sizeof(T));
    bytes_.remove_prefix(sizeof(T));
    return true;
  }

 private:
  std::string_view bytes_;
};

bool ReadNode(Reader& reader, Node& node) {
  uint8_t missing_left = 0;
  const bool read = reader.Read(node.feature) && reader.Read(node.set) && reader.Read(node.left) &&
                    reader.Read(node.right) && reader.Read(node.gain) && reader.Read(node.bin) &&
                    reader.Read(missing_left);
  node.missing_left = missing_left != 0;
  return read;
}

/// Counts are compared with the bytes that are left before memory is taken for them.
bool ReadTree(Reader& reader, BinTree& tree) {
  uint32_t nodes = 0, sets = 0, leaves = 0;
  if (!reader.Read(nodes) || !reader.Read(sets) || !reader.Read(leaves)) return false;
  if (reader.left() < uint64_t{nodes} * kNodeBytes + uint64_t{sets} * sizeof(BinSet) +
                          uint64_t{leaves} * sizeof(double))
    return false;
  tree.nodes.resize(nodes);
  tree.sets.resize(sets);
  tree.leaves.resize(leaves);
  bool read = true;
  for (Node& node : tree.nodes) read &= ReadNode(reader, node);
  for (BinSet& set : tree.sets) read &= reader.Read(set);
  for (double& leaf : tree.leaves) read &= reader.Read(leaf);
  return read;
}

/// Parents come before their children, and nothing has two parents.
bool IsTree(const BinTree& tree, std::span<const FeatureBins> bins, size_t width) {
  if (tree.leaves.size() != (tree.nodes.size() + 1) * width) return false;
  std::vector<bool> node_seen(tree.nodes.size()), leaf_seen(tree.nodes.size() + 1);
  for (size_t i = 0; i < tree.nodes.size(); ++i) {
    const Node& node = tree.nodes[i];
    if (node.feature >= bins.size() || !std::isfinite(node.gain)) return false;
    const bool categorical = bins[node.feature].categorical;
    if (categorical != (node.set >= 0) || node.set >= std::ssize(tree.sets)) return false;
    for (const int32_t child : {node.left, node.right}) {
      const auto place = static_cast<size_t>(child < 0 ? ~child : child);
      std::vector<bool>& seen = child < 0 ? leaf_seen : node_seen;
      if (place >= seen.size() || seen[place] || (child >= 0 && place <= i)) return false;
      seen[place] = true;
    }
  }
  for (const double leaf : tree.leaves)
    if (!std::isfinite(leaf)) return false;
  return true;
}

}  // namespace

uint64_t FingerprintOf(const EstimatorKind& kind, const Parameters& parameters, uint64_t seed,
                       const Samples& samples, const Samples* validation) {
  Fingerprint fingerprint;
  fingerprint.Take(kind.name);
  for (const ParameterSpec& spec : kind.parameters) {
    if (spec.type == ParameterSpec::Type::kWord)
      fingerprint.Take(std::string_view(parameters.Word(spec.name)));
    else
      fingerprint.Take(parameters.Number(spec.name));
  }
  fingerprint.Take(seed);
  fingerprint.Take(samples);
  if (validation != nullptr) fingerprint.Take(*validation);
  return fingerprint.value();
}

std::string WriteCheckpoint(uint64_t fingerprint, std::span<const BinTree> trees) {
  std::string bytes(kMagic);
  Append(bytes, fingerprint);
  Append(bytes, static_cast<uint32_t>(trees.size()));
  for (const BinTree& tree : trees) {
    Append(bytes, static_cast<uint32_t>(tree.nodes.size()));
    Append(bytes, static_cast<uint32_t>(tree.sets.size()));
    Append(bytes, static_cast<uint32_t>(tree.leaves.size()));
    for (const Node& node : tree.nodes) {
      Append(bytes, node.feature);
      Append(bytes, node.set);
      Append(bytes, node.left);
      Append(bytes, node.right);
      Append(bytes, node.gain);
      Append(bytes, node.bin);
      Append(bytes, static_cast<uint8_t>(node.missing_left));
    }
    for (const BinSet& set : tree.sets) Append(bytes, set);
    for (const double leaf : tree.leaves) Append(bytes, leaf);
  }
  return bytes;
}

StatusOr<std::vector<BinTree>> ReadCheckpoint(std::string_view state, uint64_t fingerprint,
                                              std::span<const FeatureBins> bins, size_t width) {
  Reader reader(state);
  uint64_t written_for = 0;
  uint32_t count = 0;
  if (!reader.Skip(kMagic) || !reader.Read(written_for) || !reader.Read(count))
    return Error(Reason::kBadRequest, "checkpoint: expected one of trees, got {} other bytes",
                 state.size());
  if (written_for != fingerprint)
    return Error(Reason::kPreconditionFailed,
                 "checkpoint: it was written for other data, parameters or another seed");
  std::vector<BinTree> trees;
  for (uint32_t i = 0; i < count; ++i) {
    BinTree tree;
    if (!ReadTree(reader, tree))
      return Error(Reason::kBadRequest, "checkpoint: it ends within tree {} of {}", i, count);
    if (!IsTree(tree, bins, width))
      return Error(Reason::kBadRequest, "checkpoint: tree {} is none", i);
    trees.push_back(std::move(tree));
  }
  if (reader.left() > 0)
    return Error(Reason::kBadRequest, "checkpoint: {} bytes follow the last tree", reader.left());
  return trees;
}

Status SaveIfWanted(Watch* watch, uint64_t fingerprint, std::span<const BinTree> trees) {
  if (watch == nullptr || !watch->WantsCheckpoint()) return OkStatus();
  return watch->SaveCheckpoint(WriteCheckpoint(fingerprint, trees));
}

}  // namespace slipway::train::trees
