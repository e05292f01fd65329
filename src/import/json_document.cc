#include <algorithm>
#include <array>

#include "import/document.h"
#include "text/json_reader.h"
#include "text/number_array.h"

namespace slipway::importing {
namespace {

class Reader {
 public:
  Reader(std::string_view text, const JsonOptions& options, const Limits& limits)
      : options_(options),
        fractions_(options.float32 ? Fractions::kFp32 : Fractions::kFp64),
        json_(text, {.max_depth = kMaxDocumentDepth, .allow_nan_tokens = true}),
        budget_(options.name, limits) {}

  StatusOr<Value> Run() {
    ASSIGN_OR_RETURN(Value value, ReadValue());
    RETURN_IF_ERROR(json_.End());
    return value;
  }

 private:
  StatusOr<Value> ReadValue() {
    RETURN_IF_ERROR(budget_.Take());
    ASSIGN_OR_RETURN(const JsonType type, json_.Peek());
    switch (type) {
      case JsonType::kObject:
        return ReadObject();
      case JsonType::kArray:
        return ReadArray();
      case JsonType::kString: {
        std::string text;
        RETURN_IF_ERROR(json_.ReadString(&text));
        return Value{std::move(text)};
      }
      case JsonType::kNull:
        RETURN_IF_ERROR(json_.ReadNull());
        return Value{};
      default: {
        ASSIGN_OR_RETURN(const double number, ReadNumber(type));
        return Value{number};
      }
    }
  }

  StatusOr<Value> ReadObject() {
    Object object;
    RETURN_IF_ERROR(json_.BeginObject());
    for (std::string_view key;;) {
      ASSIGN_OR_RETURN(const bool more, json_.NextKey(&key));
      if (!more) return Value{std::move(object)};
      if (std::ranges::count(options_.unread, key) > 0) {
        RETURN_IF_ERROR(json_.Skip());
        continue;
      }
      object.keys.emplace_back(key);
      ASSIGN_OR_RETURN(Value value, ReadValue());
      object.values.push_back(std::move(value));
    }
  }

  StatusOr<Value> ReadArray() {
    Array array;
    RETURN_IF_ERROR(json_.BeginArray());
    for (;;) {
      ASSIGN_OR_RETURN(const bool more, json_.NextElement());
      if (!more) break;
      ASSIGN_OR_RETURN(const JsonType type, json_.Peek());
      if (IsNumber(type) && array.empty()) {
        RETURN_IF_ERROR(ReadNumbers(type));
        continue;
      }
      for (const double number : numbers_) array.push_back(Value{number});
      numbers_.clear();
      ASSIGN_OR_RETURN(Value value, ReadValue());
      array.push_back(std::move(value));
    }
    if (!array.empty()) return Value{std::move(array)};
    Value value{numbers_};
    numbers_.clear();
    return value;
  }

  /// At least the one that is due.
  Status ReadNumbers(JsonType type) {
    std::array<double, 64> run;
    size_t count = 1;
    if (type == JsonType::kNumber) {
      RETURN_IF_ERROR(ReadNumberRun(json_, std::span<double>(run), fractions_, &count));
    } else {
      ASSIGN_OR_RETURN(run[0], ReadNumber(type));
    }
    RETURN_IF_ERROR(budget_.Take(count));
    numbers_.insert(numbers_.end(), run.begin(), run.begin() + count);
    return OkStatus();
  }

  static bool IsNumber(JsonType type) {
    return type == JsonType::kNumber || type == JsonType::kTrue || type == JsonType::kFalse;
  }

  StatusOr<double> ReadNumber(JsonType type) {
    if (type != JsonType::kNumber) {
      bool truth = false;
      RETURN_IF_ERROR(json_.ReadBool(&truth));
      return truth ? 1.0 : 0.0;
    }
    double number = 0;
    size_t count;
    RETURN_IF_ERROR(ReadNumberRun(json_, std::span(&number, 1), fractions_, &count));
    return number;
  }

  const JsonOptions& options_;
  const Fractions fractions_;
  JsonReader json_;
  ValueBudget budget_;
  Numbers numbers_;  // of the innermost array while it holds nothing else; then empty
};

}  // namespace

StatusOr<Value> ReadJson(std::span<const std::byte> bytes, const JsonOptions& options,
                         const Limits& limits) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  StatusOr<Value> value = Reader(text, options, limits).Run();
  if (!value.ok() && ReasonOf(value.status()) == Reason::kBadRequest)
    return Error(Reason::kBadModel, "{}: {}", options.name, MessageOf(value.status()));
  return value;
}

}  // namespace slipway::importing
