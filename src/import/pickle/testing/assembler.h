#pragma once
// Pickles put together by hand: each function gives the opcodes that leave one value on the stack.

#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <string>
#include <string_view>

#include "base/status.h"

namespace slipway::pickle::testing {

template <typename T>
std::string LittleEndian(T value) {
  std::string bytes(sizeof(T), '\0');
  std::memcpy(bytes.data(), &value, sizeof(T));
  return bytes;
}

inline std::string Int(int64_t value) { return fmt::format("L{}L\n", value); }
inline std::string Text(std::string_view text) {
  return "X" + LittleEndian(static_cast<uint32_t>(text.size())) + std::string(text);
}
inline std::string Bytes(std::string_view bytes) {
  return "B" + LittleEndian(static_cast<uint32_t>(bytes.size())) + std::string(bytes);
}
inline std::string Join(std::initializer_list<std::string> parts) {
  std::string all;
  for (const std::string& part : parts) all += part;
  return all;
}
inline std::string Tuple(std::initializer_list<std::string> values) {
  return "(" + Join(values) + "t";
}
inline std::string Dict(std::initializer_list<std::string> pairs) {
  return "(" + Join(pairs) + "d";
}
inline std::string Global(std::string_view module, std::string_view name) {
  return fmt::format("c{}\n{}\n", module, name);
}
inline std::string Call(const std::string& callable, const std::string& args) {
  return callable + args + "R";
}
inline std::string Build(const std::string& object, const std::string& state) {
  return object + state + "b";
}

/// A dtype such as "f8" in the byte order "<" or ">".
inline std::string Type(std::string_view code, std::string_view order = "<") {
  return Build(Call(Global("numpy", "dtype"), Tuple({Text(code), "\x89", "\x88"})),
               Tuple({Int(3), Text(order), "N", "N", "N", Int(-1), Int(-1), Int(0)}));
}
/// A structured dtype.
inline std::string Struct(int64_t bytes, const std::string& names, const std::string& fields) {
  return Build(
      Call(Global("numpy", "dtype"), Tuple({Text(fmt::format("V{}", bytes)), "\x89", "\x88"})),
      Tuple({Int(3), Text("|"), "N", names, fields, Int(bytes), Int(1), Int(0)}));
}
/// An array as numpy before protocol 5 writes it.
inline std::string Ndarray(const std::string& shape, const std::string& type,
                           const std::string& data, const std::string& fortran = "\x89") {
  return Build(Call(Global("numpy.core.multiarray", "_reconstruct"),
                    Tuple({Global("numpy", "ndarray"), Tuple({Int(0)}), Bytes("b")})),
               Tuple({Int(1), shape, type, fortran, data}));
}

}  // namespace slipway::pickle::testing
