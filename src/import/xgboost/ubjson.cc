#include "import/xgboost/ubjson.h"

#include <algorithm>

#include "import/xgboost/byte_reader.h"

namespace slipway::importing::xgboost {
namespace {

class UbjsonReader {
 public:
  UbjsonReader(std::span<const std::byte> bytes, const JsonOptions& options, const Limits& limits)
      : options_(options), bytes_(bytes), budget_(options.name, limits) {}

  StatusOr<Value> Run() {
    ASSIGN_OR_RETURN(Value value, ReadValue(0));
    if (bytes_.left() != 0) return bytes_.Expected("the end, got {} more bytes", bytes_.left());
    return value;
  }

 private:
  StatusOr<char> TakeMarker() { return bytes_.Take<char>(std::endian::big); }

  StatusOr<Value> ReadValue(int depth) {
    RETURN_IF_ERROR(budget_.Take());
    ASSIGN_OR_RETURN(const char marker, TakeMarker());
    switch (marker) {
      case '{':
        return ReadObject(depth + 1);
      case '[':
        return ReadArray(depth + 1);
      case 'S': {
        ASSIGN_OR_RETURN(const std::string_view text, ReadText());
        return Value{std::string(text)};
      }
      case 'Z':
        return Value{};
      case 'T':
        return Value{1.0};
      case 'F':
        return Value{0.0};
      default: {
        ASSIGN_OR_RETURN(const double number, ReadNumber(marker));
        return Value{number};
      }
    }
  }

  Status CheckDepth(int depth) const {
    if (depth <= kMaxDocumentDepth) return OkStatus();
    return bytes_.Expected("nesting of at most {} levels, got more", kMaxDocumentDepth);
  }

  StatusOr<Value> ReadObject(int depth) {
    RETURN_IF_ERROR(CheckDepth(depth));
    Object object;
    while (!bytes_.StartsWith("}")) {
      ASSIGN_OR_RETURN(const std::string_view key, ReadText());
      ASSIGN_OR_RETURN(Value value, ReadValue(depth));
      if (std::ranges::count(options_.unread, key) > 0) continue;
      object.keys.emplace_back(key);
      object.values.push_back(std::move(value));
    }
    RETURN_IF_ERROR(TakeMarker().status());
    return Value{std::move(object)};
  }

  StatusOr<Value> ReadArray(int depth) {
    RETURN_IF_ERROR(CheckDepth(depth));
    if (bytes_.StartsWith("$")) return ReadTypedArray();
    Array array;
    if (bytes_.StartsWith("#")) {
      ASSIGN_OR_RETURN(const uint64_t count, ReadCount(1));
      for (uint64_t i = 0; i < count; ++i) {
        ASSIGN_OR_RETURN(Value value, ReadValue(depth));
        array.push_back(std::move(value));
      }
      return Simplify(std::move(array));
    }
    while (!bytes_.StartsWith("]")) {
      ASSIGN_OR_RETURN(Value value, ReadValue(depth));
      array.push_back(std::move(value));
    }
    RETURN_IF_ERROR(TakeMarker().status());
    return Simplify(std::move(array));
  }

  StatusOr<Value> ReadTypedArray() {
    RETURN_IF_ERROR(TakeMarker().status());
    ASSIGN_OR_RETURN(const char type, TakeMarker());
    ASSIGN_OR_RETURN(const uint64_t count, ReadCount(1));
    RETURN_IF_ERROR(budget_.Take(count));
    Numbers numbers(count);
    for (double& number : numbers) {
      ASSIGN_OR_RETURN(number, ReadNumber(type));
    }
    return Value{std::move(numbers)};
  }

  /// An array that holds only numbers is one of numbers.
  static Value Simplify(Array array) {
    Numbers numbers;
    for (const Value& value : array) {
      if (const double* number = std::get_if<double>(&value.is)) numbers.push_back(*number);
    }
    if (numbers.size() == array.size()) return Value{std::move(numbers)};
    return Value{std::move(array)};
  }

  /// "#L" and a count of elements, each of at least `element_size` bytes.
  StatusOr<uint64_t> ReadCount(uint64_t element_size) {
    ASSIGN_OR_RETURN(const char hash, TakeMarker());
    if (hash != '#') return bytes_.Expected("a count before it, got no '#'");
    ASSIGN_OR_RETURN(const uint64_t count, ReadLength());
    if (count > bytes_.left() / element_size)
      return bytes_.Expected("{} elements, got {} bytes", count, bytes_.left());
    return count;
  }

  StatusOr<uint64_t> ReadLength() {
    ASSIGN_OR_RETURN(const char marker, TakeMarker());
    if (marker != 'L') return bytes_.Expected("a length of type 'L' before it, got another");
    return bytes_.Take<uint64_t>(std::endian::big);
  }

  StatusOr<std::string_view> ReadText() {
    ASSIGN_OR_RETURN(const uint64_t size, ReadLength());
    return bytes_.TakeText(size);
  }

  template <typename T>
  StatusOr<double> ReadAs() {
    ASSIGN_OR_RETURN(const T number, bytes_.Take<T>(std::endian::big));
    return static_cast<double>(number);
  }

  StatusOr<double> ReadNumber(char type) {
    switch (type) {
      case 'd':
        return ReadAs<float>();
      case 'D':
        return ReadAs<double>();
      case 'i':
        return ReadAs<int8_t>();
      case 'U':
        return ReadAs<uint8_t>();
      case 'I':
        return ReadAs<int16_t>();
      case 'u':
        return ReadAs<uint16_t>();
      case 'l':
        return ReadAs<int32_t>();
      case 'm':
        return ReadAs<uint32_t>();
      case 'L':
        return ReadAs<int64_t>();
      default:
        return bytes_.Expected("the marker of a value before it, got byte {}",
                               static_cast<unsigned char>(type));
    }
  }

  const JsonOptions& options_;
  ByteReader bytes_;
  ValueBudget budget_;
};

}  // namespace

StatusOr<Value> ReadUbjson(std::span<const std::byte> bytes, const JsonOptions& options,
                           const Limits& limits) {
  return UbjsonReader(bytes, options, limits).Run();
}

}  // namespace slipway::importing::xgboost
