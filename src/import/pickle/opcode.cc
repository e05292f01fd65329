#include "import/pickle/opcode.h"

#include <array>

namespace slipway::pickle {

struct Opcodes {
  using M = Machine;
  static constexpr auto kAll = std::to_array<Machine::Opcode>({
      {'I', "INT", &M::IntLine},
      {'J', "BININT", &M::BinInt<int32_t>},
      {'K', "BININT1", &M::BinInt<uint8_t>},
      {'M', "BININT2", &M::BinInt<uint16_t>},
      {'L', "LONG", &M::LongLine},
      {0x8a, "LONG1", &M::Long<uint8_t>},
      {0x8b, "LONG4", &M::Long<int32_t>},
      {'S', "STRING", &M::OldStringLine},
      {'T', "BINSTRING", &M::OldString<int32_t>},
      {'U', "SHORT_BINSTRING", &M::OldString<uint8_t>},
      {'B', "BINBYTES", &M::Bytes<uint32_t>},
      {'C', "SHORT_BINBYTES", &M::Bytes<uint8_t>},
      {0x8e, "BINBYTES8", &M::Bytes<uint64_t>},
      {0x96, "BYTEARRAY8", &M::Bytes<uint64_t>},
      {0x97, "NEXT_BUFFER", &M::Refused},
      {0x98, "READONLY_BUFFER", &M::Refused},
      {'N', "NONE", &M::None},
      {0x88, "NEWTRUE", &M::Bool<true>},
      {0x89, "NEWFALSE", &M::Bool<false>},
      {'V', "UNICODE", &M::UnicodeLine},
      {0x8c, "SHORT_BINUNICODE", &M::Unicode<uint8_t>},
      {'X', "BINUNICODE", &M::Unicode<uint32_t>},
      {0x8d, "BINUNICODE8", &M::Unicode<uint64_t>},
      {'F', "FLOAT", &M::FloatLine},
      {'G', "BINFLOAT", &M::BinFloat},
      {']', "EMPTY_LIST", &M::Empty<Kind::kList>},
      {'a', "APPEND", &M::Append},
      {'e', "APPENDS", &M::Appends},
      {'l', "LIST", &M::FromMark<Kind::kList>},
      {')', "EMPTY_TUPLE", &M::Empty<Kind::kTuple>},
      {'t', "TUPLE", &M::FromMark<Kind::kTuple>},
      {0x85, "TUPLE1", &M::SmallTuple<1>},
      {0x86, "TUPLE2", &M::SmallTuple<2>},
      {0x87, "TUPLE3", &M::SmallTuple<3>},
      {'}', "EMPTY_DICT", &M::Empty<Kind::kDict>},
      {'d', "DICT", &M::FromMark<Kind::kDict>},
      {'s', "SETITEM", &M::SetItem},
      {'u', "SETITEMS", &M::SetItems},
      {0x8f, "EMPTY_SET", &M::Empty<Kind::kSet>},
      {0x90, "ADDITEMS", &M::AddItems},
      {0x91, "FROZENSET", &M::FromMark<Kind::kSet>},
      {'0', "POP", &M::PopValue},
      {'2', "DUP", &M::Dup},
      {'(', "MARK", &M::Mark},
      {'1', "POP_MARK", &M::PopMark},
      {'g', "GET", &M::GetLine},
      {'h', "BINGET", &M::Get<uint8_t>},
      {'j', "LONG_BINGET", &M::Get<uint32_t>},
      {'p', "PUT", &M::PutLine},
      {'q', "BINPUT", &M::Put<uint8_t>},
      {'r', "LONG_BINPUT", &M::Put<uint32_t>},
      {0x94, "MEMOIZE", &M::Memoize},
      {0x82, "EXT1", &M::Refused},
      {0x83, "EXT2", &M::Refused},
      {0x84, "EXT4", &M::Refused},
      {'c', "GLOBAL", &M::GlobalLines},
      {0x93, "STACK_GLOBAL", &M::StackGlobal},
      {'R', "REDUCE", &M::Reduce},
      {'b', "BUILD", &M::Build},
      {'i', "INST", &M::Inst},
      {'o', "OBJ", &M::Obj},
      {0x81, "NEWOBJ", &M::NewObj},
      {0x92, "NEWOBJ_EX", &M::NewObjEx},
      {0x80, "PROTO", &M::Proto},
      {'.', "STOP", nullptr},
      {0x95, "FRAME", &M::Frame},
      {'P', "PERSID", &M::Refused},
      {'Q', "BINPERSID", &M::Refused},
  });
  static_assert(kAll.size() == 68);

  static constexpr auto kPlaces = [] {
    std::array<uint8_t, 256> places = {};  // 1 + the place in kAll
    for (size_t i = 0; i < kAll.size(); ++i) places[kAll[i].code] = static_cast<uint8_t>(i + 1);
    return places;
  }();
};

const Machine::Opcode* FindOpcode(uint8_t code) {
  const uint8_t place = Opcodes::kPlaces[code];
  return place == 0 ? nullptr : &Opcodes::kAll[place - 1];
}

}  // namespace slipway::pickle
