#include "import/skops/schema.h"

#include <algorithm>
#include <array>

namespace slipway::skops {
namespace {

class Reader {
 public:
  Reader(std::string_view text, pickle::Heap& heap, std::deque<std::string>& owned)
      : text_(text), json_(text, {.max_depth = kMaxSchemaDepth}), heap_(heap), owned_(owned) {}

  StatusOr<Json> Run() {
    ASSIGN_OR_RETURN(Json root, Read());
    RETURN_IF_ERROR(json_.End());
    return root;
  }

 private:
  StatusOr<Json> Read() {
    RETURN_IF_ERROR(heap_.Charge(sizeof(Json)));
    Json json;
    ASSIGN_OR_RETURN(json.type, json_.Peek());
    json.offset = json_.position();
    switch (json.type) {
      case JsonType::kObject:
        RETURN_IF_ERROR(ReadMembers(json));
        break;
      case JsonType::kArray:
        RETURN_IF_ERROR(ReadElements(json));
        break;
      case JsonType::kString: {
        RETURN_IF_ERROR(json_.ReadString(&json.text));
        ASSIGN_OR_RETURN(json.text, Kept(json.text));
        break;
      }
      default:
        RETURN_IF_ERROR(json_.Skip(&json.text));
    }
    return json;
  }

  Status ReadMembers(Json& json) {
    RETURN_IF_ERROR(json_.BeginObject());
    for (std::string_view key;;) {
      ASSIGN_OR_RETURN(const bool more, json_.NextKey(&key));
      if (!more) return OkStatus();
      ASSIGN_OR_RETURN(json.keys.emplace_back(), Kept(key));
      ASSIGN_OR_RETURN(Json value, Read());
      json.values.push_back(std::move(value));
    }
  }

  Status ReadElements(Json& json) {
    RETURN_IF_ERROR(json_.BeginArray());
    for (;;) {
      ASSIGN_OR_RETURN(const bool more, json_.NextElement());
      if (!more) return OkStatus();
      ASSIGN_OR_RETURN(Json value, Read());
      json.values.push_back(std::move(value));
    }
  }

  /// The same text where it stays: what had escapes is the reader's own only for now.
  StatusOr<std::string_view> Kept(std::string_view read) {
    const bool in_text =
        std::less_equal<>()(text_.data(), read.data()) &&
        std::less_equal<>()(read.data() + read.size(), text_.data() + text_.size());
    if (in_text || read.empty()) return read;
    RETURN_IF_ERROR(heap_.Charge(sizeof(std::string) + read.size()));
    return std::string_view(owned_.emplace_back(read));
  }

  const std::string_view text_;
  JsonReader json_;
  pickle::Heap& heap_;
  std::deque<std::string>& owned_;
};

}  // namespace

const Json* Json::Find(std::string_view key) const {
  const auto found = std::find(keys.begin(), keys.end(), key);
  return found == keys.end() ? nullptr : &values[found - keys.begin()];
}

std::string_view NameOf(JsonType type) {
  constexpr std::array<std::string_view, 7> kNames = {
      "an object", "an array", "a string", "a number", "true", "false", "null"};
  return kNames[static_cast<size_t>(type)];
}

StatusOr<Json> ReadSchema(std::string_view text, pickle::Heap& heap,
                          std::deque<std::string>& owned) {
  StatusOr<Json> schema = Reader(text, heap, owned).Run();
  if (schema.ok() || ReasonOf(schema.status()) != Reason::kBadRequest) return schema;
  return Error(Reason::kBadModel, "schema.json: {}", MessageOf(schema.status()));
}

}  // namespace slipway::skops
