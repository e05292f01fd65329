#include "import/pickle/calls.h"
#include "import/pickle/joblib.h"
#include "import/pickle/machine.h"
#include "import/pickle/numpy.h"

namespace slipway::pickle {

StatusOr<Node*> Machine::NewGlobal(std::string_view module, std::string_view name) {
  RETURN_IF_ERROR(globals_.Use(module, name, at_));
  return heap_.NewGlobal(at_, {module, name});
}

StatusOr<Node*> Machine::NewInstance(Node* callable, Node* args) {
  if (!callable->is(Kind::kGlobal) && !callable->is(Kind::kObject))
    return Error(Reason::kBadModel, "expected a class or function, got {}",
                 KindName(callable->kind));
  if (!args->is(Kind::kTuple))
    return Error(Reason::kBadModel, "expected a tuple of arguments, got {}", KindName(args->kind));
  return heap_.NewInstance(at_, callable, args);
}

Status Machine::GlobalLines() {
  ASSIGN_OR_RETURN(const std::string_view module, stream_.TakeLine());
  ASSIGN_OR_RETURN(const std::string_view name, stream_.TakeLine());
  return Push(NewGlobal(module, name));
}

Status Machine::StackGlobal() {
  ASSIGN_OR_RETURN(const Node* const name, Pop("a name"));
  ASSIGN_OR_RETURN(const Node* const module, Pop("a module's name"));
  if (!name->is(Kind::kString) || !module->is(Kind::kString))
    return Error(Reason::kBadModel, "expected two strings, got {} and {}", KindName(module->kind),
                 KindName(name->kind));
  return Push(NewGlobal(module->text, name->text));
}

Status Machine::Inst() {
  ASSIGN_OR_RETURN(const std::string_view module, stream_.TakeLine());
  ASSIGN_OR_RETURN(const std::string_view name, stream_.TakeLine());
  ASSIGN_OR_RETURN(Nodes values, PopToMark());
  ASSIGN_OR_RETURN(Node* const callable, NewGlobal(module, name));
  ASSIGN_OR_RETURN(Node* const args, heap_.NewItems(Kind::kTuple, at_, std::move(values)));
  return Push(NewInstance(callable, args));
}

Status Machine::Obj() {
  ASSIGN_OR_RETURN(Nodes values, PopToMark());
  if (values.empty()) return Error(Reason::kBadModel, "expected a class behind the mark, got none");
  Node* const callable = values.front();
  values.erase(values.begin());
  ASSIGN_OR_RETURN(Node* const args, heap_.NewItems(Kind::kTuple, at_, std::move(values)));
  return Push(NewInstance(callable, args));
}

Status Machine::Reduce() {
  ASSIGN_OR_RETURN(Node* const args, Pop("a tuple of arguments"));
  ASSIGN_OR_RETURN(Node* const callable, Pop("a class or function"));
  if (args->is(Kind::kTuple)) {
    ASSIGN_OR_RETURN(Node* const result, ResultOf(*callable, *args, at_, heap_));
    if (result != nullptr) return Push(result);
  }
  return Push(NewInstance(callable, args));
}

Status Machine::NewObj() {
  ASSIGN_OR_RETURN(Node* const args, Pop("a tuple of arguments"));
  ASSIGN_OR_RETURN(Node* const callable, Pop("a class"));
  return Push(NewInstance(callable, args));
}

Status Machine::NewObjEx() {
  ASSIGN_OR_RETURN(Node* const keywords, Pop("a dict of arguments"));
  ASSIGN_OR_RETURN(Node* const args, Pop("a tuple of arguments"));
  ASSIGN_OR_RETURN(Node* const callable, Pop("a class"));
  if (!keywords->is(Kind::kDict))
    return Error(Reason::kBadModel, "expected a dict of arguments, got {}",
                 KindName(keywords->kind));
  ASSIGN_OR_RETURN(Node* const made, NewInstance(callable, args));
  made->instance->keywords = keywords;
  return Push(made);
}

Status Machine::Build() {
  ASSIGN_OR_RETURN(Node* const state, Pop("a state"));
  ASSIGN_OR_RETURN(Node* const object, Top("an object"));
  if (!object->is(Kind::kObject))
    return Error(Reason::kBadModel, "expected an object to give a state, got {}",
                 KindName(object->kind));
  Instance& instance = *object->instance;
  if (instance.state != nullptr)
    return Error(Reason::kBadModel, "expected an object without a state, got one that has it");
  const Node& callable = *instance.callable;
  if (callable.is(Kind::kGlobal) && callable.global->name == "_reconstruct" &&
      IsNumpyCore(callable.global->module, "multiarray")) {
    ASSIGN_OR_RETURN(Array array, ArrayFromState(*state, heap_));
    return heap_.BecomeArray(*object, std::move(array));
  }
  instance.state = state;
  RETURN_IF_ERROR(CheckArraysInside(*object));
  if (arrays_ == Arrays::kInStream && IsStreamArray(*object)) return ReadStreamArray(*object);
  return OkStatus();
}

Status Machine::ReadStreamArray(Node& wrapper) {
  ASSIGN_OR_RETURN(const StreamArray description,
                   ReadStreamArrayState(*wrapper.instance->state, heap_));
  if (description.type.type.kind != 'O') {
    ASSIGN_OR_RETURN(Array array, TakeStreamArray(description, stream_, heap_));
    return heap_.BecomeArray(wrapper, std::move(array));
  }
  // A pickle of its own follows; pickle.load reads it, so no array follows inside.
  Machine inner(stream_, heap_, globals_, static_cast<int>(max_marks_), Arrays::kInPickle);
  ASSIGN_OR_RETURN(const Node* const made, inner.Run());
  if (!made->is(Kind::kArray))
    return Error(Reason::kBadModel, "joblib: expected an array of objects, got {}",
                 KindName(made->kind));
  return heap_.BecomeArray(wrapper, *made->array);
}

Status Machine::Refused() {
  return Error(Reason::kUnsupported,
               "persistent ids, copyreg extensions and buffers out of band are not read: what they "
               "stand for is not in the file");
}

}  // namespace slipway::pickle
