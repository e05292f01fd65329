#pragma once
// What JSON and formats like it hold, in memory.

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/status.h"
#include "import/import.h"

namespace slipway::importing {

struct Value;
/// An array of nothing but numbers and truths (0 and 1). An empty array is one of these.
using Numbers = std::vector<double>;
using Array = std::vector<Value>;
struct Object {
  std::vector<std::string> keys;
  Array values;  // by key
};

struct Value {
  std::variant<std::monostate, double, std::string, Numbers, Array, Object> is;
};

struct JsonOptions {
  std::string_view name;  // for messages: "XGBoost model"
  /// Numbers with a fraction or an exponent are float32, rounded once from the text; else double.
  /// Whole numbers are exact up to 2^53.
  bool float32 = false;
  /// Keys whose values are checked for form and left out.
  std::span<const std::string_view> unread;
};

/// Deeper nesting than any framework writes is refused, so readers of documents may recurse.
inline constexpr int kMaxDocumentDepth = 32;

/// Reads a JSON document. Of a key that is there twice, the first counts.
/// @return kBadModel naming the byte; kTooLarge above limits.max_objects values.
StatusOr<Value> ReadJson(std::span<const std::byte> bytes, const JsonOptions& options,
                         const Limits& limits);

/// Counts the values of a document against Limits::max_objects.
class ValueBudget {
 public:
  ValueBudget(std::string_view name, const Limits& limits)
      : name_(name), left_(limits.max_objects) {}
  Status Take(size_t values = 1);

 private:
  std::string name_;
  size_t left_;
};

class Nodes;

/// A value and where it stands, "learner.gradient_booster.model", for messages.
/// Errors: kBadModel "learner.version: expected an array of numbers, got a string".
class Node {
 public:
  Node(std::string path, const Value& value) : path_(std::move(path)), value_(&value) {}

  const std::string& path() const { return path_; }

  /// The member `key` of this object.
  StatusOr<Node> At(std::string_view key) const;
  /// Nothing when there is no such member.
  std::optional<Node> Find(std::string_view key) const;
  bool IsObject() const { return std::holds_alternative<Object>(value_->is); }

  StatusOr<const Object*> AsObject() const { return As<Object>("an object"); }
  StatusOr<const Numbers*> AsNumbers() const { return As<Numbers>("an array of numbers"); }
  StatusOr<std::string_view> AsString() const;
  /// Elements of an array that does not hold numbers only; an empty array has none.
  StatusOr<Nodes> AsNodes() const;
  StatusOr<double> AsNumber() const;
  /// A whole number in [low, high], written as a number or, as XGBoost's parameters, as a string.
  StatusOr<int64_t> AsInteger(int64_t low, int64_t high) const;

  template <typename... Args>
  Status Bad(fmt::format_string<Args...> format, Args&&... args) const {
    return Error(Reason::kBadModel, "{}: {}", path_,
                 fmt::format(format, std::forward<Args>(args)...));
  }

 private:
  template <typename T>
  StatusOr<const T*> As(std::string_view what) const {
    if (const T* found = std::get_if<T>(&value_->is)) return found;
    return Bad("expected {}, got {}", what, KindOf(*value_));
  }
  static std::string_view KindOf(const Value& value);
  std::string PathTo(std::string_view key) const;

  std::string path_;
  const Value* value_;
};

/// The elements of an array. Each gets its path when it is asked for, so many of them take no
/// memory.
class Nodes {
 public:
  Nodes() = default;
  Nodes(std::string path, std::span<const Value> values)
      : path_(std::move(path)), values_(values) {}

  size_t size() const { return values_.size(); }
  bool empty() const { return values_.empty(); }
  Node operator[](size_t i) const { return {fmt::format("{}[{}]", path_, i), values_[i]}; }

  class Iterator {
   public:
    Iterator(const Nodes* nodes, size_t at) : nodes_(nodes), at_(at) {}
    Node operator*() const { return (*nodes_)[at_]; }
    Iterator& operator++() { return ++at_, *this; }
    bool operator==(const Iterator&) const = default;

   private:
    const Nodes* nodes_;
    size_t at_;
  };
  Iterator begin() const { return {this, 0}; }
  Iterator end() const { return {this, size()}; }

 private:
  std::string path_;  // of the array
  std::span<const Value> values_;
};

}  // namespace slipway::importing
