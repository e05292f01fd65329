#pragma once
// The pickle machine: a stack of values, a memo, and 68 opcodes of which none calls anything.
// Source: Python's pickletools; docs/formats/pickle.md

#include <absl/container/flat_hash_map.h>

#include <span>
#include <string_view>
#include <vector>

#include "import/pickle/cursor.h"
#include "import/pickle/globals.h"
#include "import/pickle/node.h"

namespace slipway::pickle {

/// What values were put where; indices are usually 0, 1, 2 …, but need not be.
class Memo {
 public:
  void Put(uint64_t index, Node* value);
  Node* Get(uint64_t index) const;  // null when nothing was put there
  uint64_t size() const { return dense_.size() + sparse_.size(); }

 private:
  Nodes dense_;
  absl::flat_hash_map<uint64_t, Node*> sparse_;
};

/// Runs one pickle from the cursor's place to its STOP.
/// Usage: Machine machine(cursor, heap, globals, max_depth); … machine.Run()
/// Threads: one.
class Machine {
 public:
  enum class Arrays {
    kInPickle,  // what pickle.load understands
    kInStream,  // joblib.load: the bytes of an array may follow the object that describes it
  };

  Machine(Cursor& stream, Heap& heap, GlobalTable& globals, int max_depth, Arrays arrays);

  /// The value that STOP leaves.
  StatusOr<Node*> Run();
  int protocol() const { return protocol_; }

  struct Opcode;

 private:
  friend struct Opcodes;

  // The stack. Nothing is taken from below the last mark but by PopMark.
  Status Push(StatusOr<Node*> value);
  Status Push(Node* value);
  StatusOr<Node*> Pop(std::string_view what);
  StatusOr<Node*> Top(std::string_view what);
  StatusOr<Nodes> PopToMark();
  size_t Floor() const { return marks_.empty() ? 0 : marks_.back(); }

  // Framing and the stack: machine.cc.
  Status Proto();
  Status Frame();
  Status Mark();
  Status PopValue();
  Status PopMark();
  Status Dup();
  template <typename T>
  Status Get() {
    ASSIGN_OR_RETURN(const T index, stream_.TakeInteger<T>());
    return GetAt(index);
  }
  Status GetLine();
  template <typename T>
  Status Put() {
    ASSIGN_OR_RETURN(const T index, stream_.TakeInteger<T>());
    return PutAt(index);
  }
  Status PutLine();
  Status Memoize();
  Status PutAt(uint64_t index);
  Status GetAt(uint64_t index);

  // Literals: machine_literals.cc.
  Status None();
  template <bool value>
  Status Bool();
  Status IntLine();
  Status LongLine();
  Status FloatLine();
  Status BinFloat();
  template <typename T>
  Status BinInt();
  template <typename Length>
  Status Long();
  template <typename Length>
  Status Unicode();
  Status UnicodeLine();
  template <typename Length>
  Status Bytes();
  template <typename Length>
  Status OldString();
  Status OldStringLine();
  StatusOr<Node*> NewInteger(int64_t value);
  Status PushDecimal(std::string_view digits);

  // Containers: machine_containers.cc.
  template <Kind kind>
  Status Empty();
  template <Kind kind>
  Status FromMark();
  template <size_t size>
  Status SmallTuple();
  Status Append();
  Status Appends();
  Status SetItem();
  Status SetItems();
  Status AddItems();
  Status AppendAll(Node& to, const Nodes& values);
  Status SetAll(Node& to, const Nodes& pairs);

  // Globals and instances: machine_objects.cc.
  Status GlobalLines();
  Status StackGlobal();
  Status Inst();
  Status Obj();
  Status Reduce();
  Status NewObj();
  Status NewObjEx();
  Status Build();
  Status Refused();
  StatusOr<Node*> NewGlobal(std::string_view module, std::string_view name);
  StatusOr<Node*> NewInstance(Node* callable, Node* args);
  Status ReadStreamArray(Node& wrapper);

  Cursor& stream_;
  Heap& heap_;
  GlobalTable& globals_;
  const size_t max_marks_;
  const Arrays arrays_;
  Nodes stack_;
  std::vector<size_t> marks_;  // heights of the stack
  Memo memo_;
  size_t at_ = 0;  // offset of the opcode that runs
  int protocol_ = 0;
};

}  // namespace slipway::pickle
