#pragma once
// What a pickle holds, as inert data. Objects are the class's name, its arguments and its state:
// nothing is ever called. docs/formats/pickle.md

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace slipway::pickle {

enum class Kind : uint8_t {
  kNone,
  kBool,
  kInt,     // of 64 bits
  kBigInt,  // a longer one, such as the state of a random generator; its digits are not kept
  kFloat,
  kString,  // UTF-8
  kBytes,
  kList,
  kTuple,
  kSet,
  kDict,
  kGlobal,  // the name of a class or function
  kObject,  // an instance: a class or function, what it would be called with, and its state
  kArray,   // numpy's ndarray, or a numpy scalar (rank 0)
};

/// How messages call a kind: "a dict".
std::string_view KindName(Kind kind);

class Array;
struct Node;

/// A value inside a Document, which must outlive it. Cheap to copy. Values may be shared and, in
/// lists, dicts and objects, may hold themselves: whoever walks must bound the walk.
/// Every accessor answers on every kind: false, 0, "", a kNone or an empty array where it does not
/// apply, so that a file that holds something else than expected cannot do harm.
class Value {
 public:
  /// Of the reader: a Node is its own.
  explicit Value(const Node* node) : node_(node) {}

  Kind kind() const;
  bool is(Kind k) const { return kind() == k; }
  /// Of the opcode that made it, in the unpacked stream.
  size_t offset() const;

  bool boolean() const;           // kBool
  int64_t integer() const;        // kInt
  double number() const;          // kFloat
  std::string_view text() const;  // kString, kBytes
  const Array& array() const;     // kArray

  /// Elements of kList, kTuple, kSet; pairs of kDict. Of a kObject: what was appended to it.
  size_t size() const;
  Value at(size_t index) const;   // kDict: the value
  Value key(size_t index) const;  // kDict
  /// The value under a string key of a dict; nullopt when there is none. The last one wins. Cost:
  /// linear in the dict.
  std::optional<Value> Find(std::string_view key) const;

  /// kGlobal, and kObject for what it is an instance of: "sklearn.svm._classes", "SVC". Empty for
  /// an object whose callable is no global.
  std::string_view module() const;
  std::string_view name() const;
  /// kObject: the class or function, a kGlobal, or an object that would be called itself.
  Value callable() const;
  /// kObject: a tuple; keyword arguments, a kDict or kNone; its state, kNone when nothing was set.
  Value args() const;
  Value keywords() const;
  Value state() const;
  /// kObject: pairs that were set by SETITEMS (OrderedDict, defaultdict); a kDict or kNone.
  Value items() const;

  /// The same value, not merely an equal one.
  bool Same(Value other) const { return node_ == other.node_; }
  /// Tells values apart, for maps; stable while the document lives.
  const void* identity() const { return node_; }

 private:
  const Node* node_;
};

/// The element type of an array.
struct ArrayType {
  struct Field {
    std::string name;
    size_t offset_bytes = 0;
    char kind = 'V';  // V: a field that is itself structured or an array, as its bytes stand
    size_t item_bytes = 0;
  };
  char kind = 'f';  // numpy's: b i u f c S U O V M m
  size_t item_bytes = 8;
  std::vector<Field> fields;  // of a structured type (kind V)
};

/// numpy's ndarray, made C-contiguous and little-endian when it was read.
class Array {
 public:
  ArrayType type;
  std::vector<int64_t> shape = {0};
  std::span<const std::byte> bytes;  // of all kinds but O; valid while the document lives
  std::vector<Value> objects;        // kind O, in C order

  size_t count() const;  // elements
  /// Makes `owned` what `bytes` shows.
  void Hold(std::vector<std::byte> owned);

  /// All elements as double, in C order: b i u f. kBadModel for other kinds. Integers above 2^53
  /// that a double cannot hold are refused.
  StatusOr<std::vector<double>> Doubles() const;
  StatusOr<std::vector<float>> Floats() const;  // kind f of 4 bytes or fewer
  /// b i u, and f whose values are whole.
  StatusOr<std::vector<int64_t>> Integers() const;
  /// S and U, and O whose objects are strings.
  StatusOr<std::vector<std::string>> Strings() const;
  /// One field of a structured array, as an array of the same shape.
  StatusOr<Array> Field(std::string_view name) const;

 private:
  std::shared_ptr<const std::vector<std::byte>> owned_;  // null: bytes of the file
};

}  // namespace slipway::pickle
