#include "import/pickle/machine.h"

namespace slipway::pickle {

template <Kind kind>
Status Machine::Empty() {
  return Push(heap_.NewItems(kind, at_, {}));
}

template <Kind kind>
Status Machine::FromMark() {
  ASSIGN_OR_RETURN(Nodes values, PopToMark());
  if (kind == Kind::kDict && values.size() % 2 != 0)
    return Error(Reason::kBadModel, "expected pairs of key and value, got {} values",
                 values.size());
  return Push(heap_.NewItems(kind, at_, std::move(values)));
}

template <size_t size>
Status Machine::SmallTuple() {
  Nodes values(size);
  for (size_t i = size; i-- > 0;) {
    ASSIGN_OR_RETURN(values[i], Pop("a value"));
  }
  return Push(heap_.NewItems(Kind::kTuple, at_, std::move(values)));
}

Status Machine::AppendAll(Node& to, const Nodes& values) {
  if (to.is(Kind::kList)) return heap_.Append(*to.nodes, values);
  if (to.is(Kind::kObject)) return heap_.Append(to.instance->appended, values);
  return Error(Reason::kBadModel, "expected a list or an object, got {}", KindName(to.kind));
}

Status Machine::Append() {
  ASSIGN_OR_RETURN(Node* const value, Pop("a value"));
  ASSIGN_OR_RETURN(Node* const to, Top("a list"));
  return AppendAll(*to, {value});
}

Status Machine::Appends() {
  ASSIGN_OR_RETURN(const Nodes values, PopToMark());
  ASSIGN_OR_RETURN(Node* const to, Top("a list"));
  return AppendAll(*to, values);
}

Status Machine::SetAll(Node& to, const Nodes& pairs) {
  if (pairs.size() % 2 != 0)
    return Error(Reason::kBadModel, "expected pairs of key and value, got {} values", pairs.size());
  if (to.is(Kind::kDict)) return heap_.Append(*to.nodes, pairs);
  if (!to.is(Kind::kObject))
    return Error(Reason::kBadModel, "expected a dict or an object, got {}", KindName(to.kind));
  if (to.instance->items == nullptr) {
    ASSIGN_OR_RETURN(to.instance->items, heap_.NewItems(Kind::kDict, at_, {}));
  }
  return heap_.Append(*to.instance->items->nodes, pairs);
}

Status Machine::SetItem() {
  ASSIGN_OR_RETURN(Node* const value, Pop("a value"));
  ASSIGN_OR_RETURN(Node* const key, Pop("a key"));
  ASSIGN_OR_RETURN(Node* const to, Top("a dict"));
  return SetAll(*to, {key, value});
}

Status Machine::SetItems() {
  ASSIGN_OR_RETURN(const Nodes pairs, PopToMark());
  ASSIGN_OR_RETURN(Node* const to, Top("a dict"));
  return SetAll(*to, pairs);
}

Status Machine::AddItems() {
  ASSIGN_OR_RETURN(const Nodes values, PopToMark());
  ASSIGN_OR_RETURN(Node* const to, Top("a set"));
  if (to->is(Kind::kSet)) return heap_.Append(*to->nodes, values);
  if (to->is(Kind::kObject)) return heap_.Append(to->instance->appended, values);
  return Error(Reason::kBadModel, "expected a set or an object, got {}", KindName(to->kind));
}

template Status Machine::Empty<Kind::kList>();
template Status Machine::Empty<Kind::kTuple>();
template Status Machine::Empty<Kind::kDict>();
template Status Machine::Empty<Kind::kSet>();
template Status Machine::FromMark<Kind::kList>();
template Status Machine::FromMark<Kind::kTuple>();
template Status Machine::FromMark<Kind::kDict>();
template Status Machine::FromMark<Kind::kSet>();
template Status Machine::SmallTuple<1>();
template Status Machine::SmallTuple<2>();
template Status Machine::SmallTuple<3>();

}  // namespace slipway::pickle
