#pragma once
// Thrift's compact protocol, as far as Parquet's metadata needs it.
// Source: github.com/apache/thrift, doc/specs/thrift-compact-protocol.md

#include <cstdint>
#include <string_view>

namespace slipway::data::parquet {

/// What is wrong stays wrong: after the first damage every read gives nothing, and ok() says so.
class ThriftReader {
 public:
  enum class Type : uint8_t {
    kStop,
    kTrue,
    kFalse,
    kByte,
    kI16,
    kI32,
    kI64,
    kDouble,
    kBinary,
    kList,
    kSet,
    kMap,
    kStruct
  };
  struct Field {
    int32_t id = 0;
    Type type = Type::kStop;
  };

  /// @param bytes  must outlive the reader and what it gives.
  explicit ThriftReader(std::string_view bytes) : begin_(bytes.data()), rest_(bytes) {}

  bool ok() const { return !cut_ && !damaged_; }
  /// The bytes ended too early: with more of them it may go well.
  bool cut() const { return cut_; }
  size_t taken() const { return static_cast<size_t>(rest_.data() - begin_); }

  /// Calls take(field) for each field of a struct; a field that it does not read (false) is passed
  /// over.
  template <typename Take>
  void Struct(Take take) {
    for (int32_t last = 0; ok();) {
      const Field field = NextField(last);
      if (field.type == Type::kStop || !ok()) return;
      if (!take(field)) Skip(field.type, 0);
    }
  }
  /// Calls take() for each element of a list of `element`s.
  template <typename Take>
  void List(const Field& field, Type element, Take take) {
    uint64_t count = ListSize(field, element);
    for (; count > 0 && ok(); --count) take();
  }

  /// The values of a field; 0, false or nothing when it has another type, which is a damage.
  int64_t Int(const Field& field);
  bool Bool(const Field& field);
  std::string_view Binary(const Field& field);
  /// That the field is a struct, to be read with Struct.
  bool IsStruct(const Field& field) { return Check(field.type == Type::kStruct); }
  /// Elements of lists.
  int64_t IntElement() { return Zigzag(Varint()); }
  std::string_view BinaryElement();

 private:
  Field NextField(int32_t& last);
  uint64_t ListSize(const Field& field, Type element);
  void Skip(Type type, int depth);
  void SkipElements(Type type, uint64_t count, int depth);
  uint64_t Varint();
  uint8_t Byte();
  bool Check(bool holds) {
    damaged_ |= !holds;
    return holds;
  }
  static int64_t Zigzag(uint64_t value) {
    return static_cast<int64_t>(value >> 1) ^ -static_cast<int64_t>(value & 1);
  }

  const char* begin_;
  std::string_view rest_;
  bool cut_ = false, damaged_ = false;
};

}  // namespace slipway::data::parquet
