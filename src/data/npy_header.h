#pragma once
// What .npy files begin with, for their readers and their writer. Private to the room.

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "base/status.h"
#include "tensor/dtype.h"
#include "tensor/shape.h"

namespace slipway::data {

inline constexpr std::string_view kNpyMagic = "\x93NUMPY";
inline constexpr size_t kMaxNpyHeaderBytes = 64u << 10;

struct NpyType {
  std::string_view descr;
  DType dtype;
};
inline constexpr std::array<NpyType, 12> kNpyTypes = {{{"|b1", DType::kBool},
                                                       {"|u1", DType::kUint8},
                                                       {"<u2", DType::kUint16},
                                                       {"<u4", DType::kUint32},
                                                       {"<u8", DType::kUint64},
                                                       {"|i1", DType::kInt8},
                                                       {"<i2", DType::kInt16},
                                                       {"<i4", DType::kInt32},
                                                       {"<i8", DType::kInt64},
                                                       {"<f2", DType::kFp16},
                                                       {"<f4", DType::kFp32},
                                                       {"<f8", DType::kFp64}}};

struct NpyHeader {
  std::string descr;
  bool fortran_order = false;
  Shape shape;
};

Status MalformedNpy(std::string_view what);
/// Takes magic, version and header off the beginning of a file.
StatusOr<NpyHeader> TakeNpyHeader(std::string_view& file);
/// nullopt for strings, and for what is not taken.
std::optional<DType> NpyDTypeOf(std::string_view descr);
/// Bytes of an element of S or U; kBadRequest for any other type.
StatusOr<size_t> NpyStringWidth(std::string_view descr);
/// One element of S or U, its NUL padding removed; false for a number that is no character.
bool DecodeNpyString(std::string_view raw, bool is_text, std::string& out);

}  // namespace slipway::data
