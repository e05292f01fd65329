#include "import/document.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace slipway::importing {

Status ValueBudget::Take(size_t values) {
  if (values > left_)
    return Error(Reason::kTooLarge, "{}: holds more values than the limit allows", name_);
  left_ -= values;
  return OkStatus();
}

std::string_view Node::KindOf(const Value& value) {
  constexpr std::array<std::string_view, 6> kKinds = {
      "null", "a number", "a string", "an array of numbers", "an array", "an object"};
  return kKinds.at(value.is.index());
}

std::string Node::PathTo(std::string_view key) const {
  return path_.empty() ? std::string(key) : fmt::format("{}.{}", path_, key);
}

std::optional<Node> Node::Find(std::string_view key) const {
  const auto* object = std::get_if<Object>(&value_->is);
  if (object == nullptr) return std::nullopt;
  const auto found = std::find(object->keys.begin(), object->keys.end(), key);
  if (found == object->keys.end()) return std::nullopt;
  return Node(PathTo(key), object->values[found - object->keys.begin()]);
}

StatusOr<Node> Node::At(std::string_view key) const {
  RETURN_IF_ERROR(AsObject().status());
  if (auto found = Find(key)) return *std::move(found);
  return Error(Reason::kBadModel, "{}: expected to be there, got nothing", PathTo(key));
}

StatusOr<std::string_view> Node::AsString() const {
  ASSIGN_OR_RETURN(const std::string* text, As<std::string>("a string"));
  return std::string_view(*text);
}

StatusOr<double> Node::AsNumber() const {
  ASSIGN_OR_RETURN(const double* number, As<double>("a number"));
  return *number;
}

StatusOr<Nodes> Node::AsNodes() const {
  if (const auto* numbers = std::get_if<Numbers>(&value_->is); numbers && numbers->empty())
    return Nodes();
  ASSIGN_OR_RETURN(const Array* array, As<Array>("an array of other things than numbers"));
  return Nodes(path_, *array);
}

StatusOr<int64_t> Node::AsInteger(int64_t low, int64_t high) const {
  int64_t result = 0;
  if (const auto* text = std::get_if<std::string>(&value_->is)) {
    const char* end = text->data() + text->size();
    const auto read = std::from_chars(text->data(), end, result);
    if (read.ec != std::errc() || read.ptr != end)
      return Bad("expected a whole number, got \"{}\"", text->substr(0, 40));
  } else {
    ASSIGN_OR_RETURN(const double* number, As<double>("a whole number"));
    if (std::trunc(*number) != *number || std::abs(*number) > 1e15)
      return Bad("expected a whole number, got {}", *number);
    result = static_cast<int64_t>(*number);
  }
  if (result < low || result > high)
    return Bad("expected a number in [{}, {}], got {}", low, high, result);
  return result;
}

}  // namespace slipway::importing
