#pragma once
// Reads FlatBuffers without their schema compiler: every offset is checked before it is followed.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace slipway::importing::catboost {

/// A table of a FlatBuffer: fields by number, absent ones have their default.
/// Errors: kBadModel "CatBoost model: byte 17: expected 8 bytes within 100".
/// Threads: any. The bytes outlive the tables.
class FlatTable {
 public:
  /// The buffer's root table.
  static StatusOr<FlatTable> Root(std::span<const std::byte> bytes) {
    ASSIGN_OR_RETURN(const size_t at, Follow(bytes, 0));
    return At(bytes, at);
  }

  bool Has(size_t field) const { return PlaceOf(field) != 0; }

  template <typename T>
  StatusOr<T> Number(size_t field, T otherwise) const {
    return Has(field) ? Load<T>(bytes_, PlaceOf(field)) : otherwise;
  }
  StatusOr<FlatTable> Table(size_t field) const {
    if (!Has(field))
      return Error(Reason::kBadModel, "CatBoost model: byte {}: expected field {}, got none", at_,
                   field);
    ASSIGN_OR_RETURN(const size_t at, Follow(bytes_, PlaceOf(field)));
    return At(bytes_, at);
  }
  StatusOr<std::string_view> Text(size_t field) const {
    ASSIGN_OR_RETURN(const auto bytes, Elements(field, 1));
    return std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }
  /// A vector of numbers; empty when absent.
  template <typename T>
  StatusOr<std::vector<T>> Numbers(size_t field) const {
    ASSIGN_OR_RETURN(const auto bytes, Elements(field, sizeof(T)));
    std::vector<T> numbers(bytes.size() / sizeof(T));
    if (!numbers.empty()) std::memcpy(numbers.data(), bytes.data(), bytes.size());
    return numbers;
  }
  /// A vector of bytes that holds values of type T; a rest shorter than one is left out.
  template <typename T>
  StatusOr<std::vector<T>> Packed(size_t field) const {
    ASSIGN_OR_RETURN(const auto bytes, Elements(field, 1));
    std::vector<T> values(bytes.size() / sizeof(T));
    if (!values.empty()) std::memcpy(values.data(), bytes.data(), values.size() * sizeof(T));
    return values;
  }
  /// A vector of tables; empty when absent.
  StatusOr<std::vector<FlatTable>> Tables(size_t field) const {
    ASSIGN_OR_RETURN(const auto offsets, Elements(field, sizeof(uint32_t)));
    std::vector<FlatTable> tables;
    const auto begin = static_cast<size_t>(offsets.data() - bytes_.data());
    for (size_t at = 0; at < offsets.size(); at += sizeof(uint32_t)) {
      ASSIGN_OR_RETURN(const size_t place, Follow(bytes_, begin + at));
      ASSIGN_OR_RETURN(const FlatTable table, At(bytes_, place));
      tables.push_back(table);
    }
    return tables;
  }

 private:
  static Status Outside(std::span<const std::byte> bytes, size_t at, uint64_t size) {
    return Error(Reason::kBadModel, "CatBoost model: byte {}: expected {} bytes within {}", at,
                 size, bytes.size());
  }

  template <typename T>
  static StatusOr<T> Load(std::span<const std::byte> bytes, size_t at) {
    if (at > bytes.size() || sizeof(T) > bytes.size() - at) return Outside(bytes, at, sizeof(T));
    T value;
    std::memcpy(&value, bytes.data() + at, sizeof(T));
    return value;
  }

  /// The place that the offset at `at` leads to.
  static StatusOr<size_t> Follow(std::span<const std::byte> bytes, size_t at) {
    ASSIGN_OR_RETURN(const uint32_t offset, Load<uint32_t>(bytes, at));
    return at + offset;
  }

  static StatusOr<FlatTable> At(std::span<const std::byte> bytes, size_t at) {
    ASSIGN_OR_RETURN(const int32_t back, Load<int32_t>(bytes, at));
    const int64_t fields = static_cast<int64_t>(at) - back;
    if (fields < 0) return Outside(bytes, at, static_cast<uint64_t>(-fields));
    FlatTable table;
    table.bytes_ = bytes;
    table.at_ = at;
    table.fields_ = static_cast<size_t>(fields);
    ASSIGN_OR_RETURN(const uint16_t size, Load<uint16_t>(bytes, table.fields_));
    if (size < kHead || size > bytes.size() - table.fields_)
      return Outside(bytes, table.fields_, size);
    table.count_ = (size - kHead) / sizeof(uint16_t);
    return table;
  }

  /// Where a field's value lies; 0 when it is absent.
  size_t PlaceOf(size_t field) const {
    if (field >= count_) return 0;
    uint16_t offset;
    std::memcpy(&offset, bytes_.data() + fields_ + kHead + field * sizeof(offset), sizeof(offset));
    return offset == 0 ? 0 : at_ + offset;
  }

  /// The bytes of a vector's elements, after its count.
  StatusOr<std::span<const std::byte>> Elements(size_t field, size_t element_size) const {
    if (!Has(field)) return std::span<const std::byte>();
    ASSIGN_OR_RETURN(const size_t at, Follow(bytes_, PlaceOf(field)));
    ASSIGN_OR_RETURN(const uint32_t count, Load<uint32_t>(bytes_, at));
    const uint64_t size = uint64_t{count} * element_size;
    const size_t begin = at + sizeof(uint32_t);
    if (size > bytes_.size() - begin) return Outside(bytes_, begin, size);
    return bytes_.subspan(begin, size);
  }

  static constexpr size_t kHead = 4;  // of the list of fields: its size, the table's

  std::span<const std::byte> bytes_;
  size_t at_ = 0;      // of the table
  size_t fields_ = 0;  // of its list of fields
  size_t count_ = 0;   // of fields
};

}  // namespace slipway::importing::catboost
