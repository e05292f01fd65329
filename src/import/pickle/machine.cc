#include "import/pickle/machine.h"

#include <charconv>

#include "import/pickle/opcode.h"
#include "import/pickle/text.h"

namespace slipway::pickle {

void Memo::Put(uint64_t index, Node* value) {
  if (index < dense_.size()) {
    dense_[index] = value;
  } else if (index == dense_.size()) {
    dense_.push_back(value);
    if (!sparse_.empty()) sparse_.erase(index);
  } else {
    sparse_[index] = value;
  }
}

Node* Memo::Get(uint64_t index) const {
  if (index < dense_.size()) return dense_[index];
  const auto found = sparse_.find(index);
  return found == sparse_.end() ? nullptr : found->second;
}

Machine::Machine(Cursor& stream, Heap& heap, GlobalTable& globals, int max_depth, Arrays arrays)
    : stream_(stream),
      heap_(heap),
      globals_(globals),
      max_marks_(static_cast<size_t>(max_depth)),
      arrays_(arrays) {}

StatusOr<Node*> Machine::Run() {
  for (;;) {
    at_ = stream_.offset();
    if (stream_.left() == 0)
      return Error(Reason::kBadModel, "byte {}: expected an opcode, got the end of the file", at_);
    ASSIGN_OR_RETURN(const uint8_t code, stream_.TakeInteger<uint8_t>());
    const Opcode* const opcode = FindOpcode(code);
    if (opcode == nullptr)
      return Error(Reason::kBadModel, "byte {}: expected an opcode, got 0x{:02x}", at_, code);
    if (opcode->run == nullptr) break;
    Status status = (this->*opcode->run)();
    if (!status.ok()) return Annotate(status, fmt::format("{} at byte {}", opcode->name, at_));
  }
  if (!marks_.empty() || stack_.size() != 1)
    return Error(Reason::kBadModel, "STOP at byte {}: expected one value, got {} and {} marks", at_,
                 stack_.size(), marks_.size());
  return stack_.back();
}

Status Machine::Push(Node* value) {
  if (stack_.size() == stack_.capacity())
    RETURN_IF_ERROR(heap_.Charge(sizeof(Node*) * (stack_.capacity() + 1)));
  stack_.push_back(value);
  return OkStatus();
}

Status Machine::Push(StatusOr<Node*> value) {
  RETURN_IF_ERROR(value.status());
  return Push(*value);
}

StatusOr<Node*> Machine::Top(std::string_view what) {
  if (stack_.size() > Floor()) return stack_.back();
  return Error(Reason::kBadModel, "expected {} on the stack, got {}", what,
               marks_.empty() ? "nothing" : "a mark");
}

StatusOr<Node*> Machine::Pop(std::string_view what) {
  ASSIGN_OR_RETURN(Node* const top, Top(what));
  stack_.pop_back();
  return top;
}

StatusOr<Nodes> Machine::PopToMark() {
  if (marks_.empty()) return Error(Reason::kBadModel, "expected a mark on the stack, got none");
  const auto from = stack_.begin() + static_cast<ptrdiff_t>(marks_.back());
  Nodes values(from, stack_.end());
  stack_.erase(from, stack_.end());
  marks_.pop_back();
  return values;
}

Status Machine::Proto() {
  constexpr int kNewest = 5;
  ASSIGN_OR_RETURN(const uint8_t version, stream_.TakeInteger<uint8_t>());
  if (version > kNewest)
    return Error(Reason::kUnsupported, "expected protocol 0 to {}, got {}", kNewest, version);
  protocol_ = version;
  return OkStatus();
}

// Frames only say how much to read at once: all bytes are here already.
Status Machine::Frame() {
  ASSIGN_OR_RETURN(const uint64_t size, stream_.TakeInteger<uint64_t>());
  if (size <= stream_.left()) return OkStatus();
  return Error(Reason::kBadModel, "expected {} bytes, got {} until the end of the file", size,
               stream_.left());
}

Status Machine::Mark() {
  if (marks_.size() == max_marks_)
    return Error(Reason::kTooLarge, "expected at most {} open marks", max_marks_);
  marks_.push_back(stack_.size());
  return OkStatus();
}

Status Machine::PopValue() {
  if (marks_.empty() || stack_.size() > Floor()) return Pop("a value").status();
  marks_.pop_back();
  return OkStatus();
}

Status Machine::PopMark() { return PopToMark().status(); }

Status Machine::Dup() { return Push(Top("a value")); }

Status Machine::PutAt(uint64_t index) {
  constexpr size_t kEntryBytes = 24;
  RETURN_IF_ERROR(heap_.Charge(kEntryBytes));
  ASSIGN_OR_RETURN(Node* const top, Top("a value"));
  memo_.Put(index, top);
  return OkStatus();
}

Status Machine::GetAt(uint64_t index) {
  if (Node* const value = memo_.Get(index)) return Push(value);
  return Error(Reason::kBadModel, "expected a value put under {} before, got none", index);
}

Status Machine::Memoize() { return PutAt(memo_.size()); }

namespace {
StatusOr<uint64_t> MemoIndex(std::string_view line) {
  uint64_t index = 0;
  const char* const end = line.data() + line.size();
  const auto [stop, error] = std::from_chars(line.data(), end, index);
  if (error == std::errc() && stop == end) return index;
  return Error(Reason::kBadModel, "expected a memo's index, got \"{}\"", Printable(line));
}
}  // namespace

Status Machine::GetLine() {
  ASSIGN_OR_RETURN(const std::string_view line, stream_.TakeLine());
  ASSIGN_OR_RETURN(const uint64_t index, MemoIndex(line));
  return GetAt(index);
}

Status Machine::PutLine() {
  ASSIGN_OR_RETURN(const std::string_view line, stream_.TakeLine());
  ASSIGN_OR_RETURN(const uint64_t index, MemoIndex(line));
  return PutAt(index);
}

}  // namespace slipway::pickle
