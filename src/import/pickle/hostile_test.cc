// Files that lie: each is refused by what is wrong with it, in memory and time that its size
// bounds.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "import/pickle/describe.h"
#include "import/pickle/packing.h"
#include "import/pickle/testing/assembler.h"
#include "import/pickle/testing/files.h"

namespace slipway::pickle {
namespace {

using namespace std::string_literals;
using namespace testing;
using ::testing::HasSubstr;

std::string MessageOfReading(const std::string& bytes, const ReadOptions& options = {}) {
  const Status status = StatusOfReading(bytes, options);
  return status.ok() ? "read" : std::string(MessageOf(status));
}

std::string Repeat(std::string_view text, size_t times) {
  std::string out;
  for (size_t i = 0; i < times; ++i) out += text;
  return out;
}

TEST(HostileTest, WhatIsWrongIsNamedWithItsOffset) {
  struct Case {
    std::string bytes;
    std::string_view message;
  };
  const Case cases[] = {
      {"", "expected a pickle, got an empty file"},
      {"N", "byte 1: expected an opcode, got the end of the file"},
      {"N\xff", "byte 1: expected an opcode, got 0xff"},
      {".", "STOP at byte 0: expected one value, got 0 and 0 marks"},
      {"NN.", "STOP at byte 2: expected one value, got 2 and 0 marks"},
      {"N(.", "STOP at byte 2: expected one value, got 1 and 1 marks"},
      {"N.N.", "STOP at byte 1: expected the end of the file, got 2 bytes more"},
      {"0.", "POP at byte 0: expected a value on the stack, got nothing"},
      {"N(\x85.", "TUPLE1 at byte 2: expected a value on the stack, got a mark"},
      {"1.", "POP_MARK at byte 0: expected a mark on the stack, got none"},
      {"2.", "DUP at byte 0: expected a value on the stack, got nothing"},
      {"(N2Nd.", "DICT at byte 4: expected pairs of key and value, got 3 values"},
      {"NNa.", "APPEND at byte 2: expected a list or an object, got None"},
      {"NNNs.", "SETITEM at byte 3: expected a dict or an object, got None"},
      {"}(Nu.", "SETITEMS at byte 3: expected pairs of key and value, got 1 values"},
      {"N(N\x90.", "ADDITEMS at byte 3: expected a set or an object, got None"},
      {"NNR.", "REDUCE at byte 2: expected a class or function, got None"},
      {"cos\nsystem\nNR.", "REDUCE at byte 12: expected a tuple of arguments, got None"},
      {"N)\x81.", "NEWOBJ at byte 2: expected a class or function, got None"},
      {"cm\nC\n)N\x92.", "NEWOBJ_EX at byte 7: expected a dict of arguments, got None"},
      {"(o.", "OBJ at byte 1: expected a class behind the mark, got none"},
      {"(No.", "OBJ at byte 2: expected a class or function, got None"},
      {"cm\nC\n}b.", "BUILD at byte 6: expected an object to give a state, got a global"},
      {"cm\nC\n)R}b}b.", "BUILD at byte 10: expected an object without a state"},
      {"NN\x93.", "STACK_GLOBAL at byte 2: expected two strings, got None and None"},
      {"g0\n.", "GET at byte 0: expected a value put under 0 before, got none"},
      {"h\x07.", "BINGET at byte 0: expected a value put under 7 before, got none"},
      {"p0\n.", "PUT at byte 0: expected a value on the stack, got nothing"},
      {"Np-1\n.", "PUT at byte 1: expected a memo's index, got \"-1\""},
      {"Np99999999999999999999\n.", "PUT at byte 1: expected a memo's index"},
      {"I1x\n.", "INT at byte 0: expected an int, got \"1x\""},
      {"I\n.", "INT at byte 0: expected an int, got \"\""},
      {"L\x1b[31m\n.", "LONG at byte 0: expected an int, got \"\\x1b[31m\""},
      {"F1,5\n.", "FLOAT at byte 0: expected a float, got \"1,5\""},
      {"S'a\n.", "STRING at byte 0: expected a quoted string"},
      {"S'\\x1'\n.", "STRING at byte 0: expected two hexadecimal digits behind \\x"},
      {"V\\u12\n.", "UNICODE at byte 0: expected 4 digits behind \\u"},
      {"V\\ud800\n.", "UNICODE at byte 0: expected a character, got U+D800"},
      {"X\x02\0\0\0\xc3\x28."s, "BINUNICODE at byte 0: expected UTF-8, got other bytes"},
      {"\x80\x06N.", "PROTO at byte 0: expected protocol 0 to 5, got 6"},
      {"\x95" + Repeat("\xff", 8) + "N.", "FRAME at byte 0: expected 18446744073709551615 bytes"},
      {"Pid\n.", "PERSID at byte 0: persistent ids"},
      {"NQ.", "BINPERSID at byte 1: persistent ids"},
      {"\x82\x01.", "EXT1 at byte 0: persistent ids, copyreg extensions"},
      {"\x97.",
       "NEXT_BUFFER at byte 0: persistent ids, copyreg extensions and buffers out of band"},
      {"PK\x03\x04 ... schema.json", "a skops file, no pickle"},
      {"PK\x03\x04 ... archive/data.pkl", "a PyTorch file, which is not read"},
      {"PK\x03\x04 ... a.npy", "a file of numpy.savez"},
      {"PK\x03\x04", "a zip archive, no pickle"},
      {"\x28\xb5\x2f\xfd", "compressed with zstd"},
      {"ZF0x123", "a compressed file of joblib before 0.10"},
  };
  for (const Case& c : cases) EXPECT_THAT(MessageOfReading(c.bytes), HasSubstr(c.message));
}

TEST(HostileTest, LengthsThatLieAskForNoMemory) {
  const std::string huge = Repeat("\xff", 8), negative = Repeat("\xff", 4);
  for (const std::string& bytes :
       {"\x8e" + huge, "\x8d" + huge, "\x96" + huge, "T" + negative, "\x8b" + negative,
        "B" + negative, "X" + negative, "\x8c\xff"s, "C\xff"s, "U\xff"s, "\x8a\xff"s})
    EXPECT_THAT(MessageOfReading(bytes + "N."), HasSubstr("at byte 0: expected")) << bytes;
}

TEST(HostileTest, MarksAreBoundedAndOtherNestingIsNot) {
  EXPECT_THAT(MessageOfReading(Repeat("(", 1'001) + Repeat("t", 1'001) + "."),
              HasSubstr("MARK at byte 1000: expected at most 1000 open marks"));
  const size_t deep = 200'000;
  const OwnedDocument lists(Repeat("]", deep) + Repeat("a", deep - 1) + ".");
  ASSERT_TRUE(lists.ok()) << lists.status();
  EXPECT_LT(Describe(*lists).size(), 10'000u);
  EXPECT_EQ(MessageOfReading("N" + Repeat("\x85", deep) + "."), "read");
  EXPECT_EQ(MessageOfReading("N" + Repeat("(0", deep) + "."), "read");
}

TEST(HostileTest, MemoTakesAnyIndexWithoutRoomForAll) {
  EXPECT_EQ(MessageOfReading("Nr\xff\xff\xff\xff."), "read");
  EXPECT_EQ(MessageOfReading("Np18446744073709551615\n0g18446744073709551615\n."), "read");
  EXPECT_EQ(MessageOfReading("Nq\x01q\x00q\x01\x94h\x02\x86."s), "read");
}

/// 40 lists, each of the one before twice: 2^40 values to who walks without looking.
TEST(HostileTest, SharedValuesAreDescribedOnce) {
  std::string bytes = "]q\0"s;
  for (char i = 0; i < 40; ++i) bytes += Join({"](h", {i}, "h", {i}, "eq", {char(i + 1)}});
  const OwnedDocument document("(" + bytes + "l.");
  ASSERT_TRUE(document.ok()) << document.status();
  EXPECT_LT(Describe(*document, {.max_depth = 100}).size(), 20'000u);
}

TEST(HostileTest, ArraysThatDoNotHoldWhatTheyClaimAreRefused) {
  const std::string eight = Bytes("01234567");
  struct Case {
    std::string bytes;
    std::string_view message;
  };
  const Case cases[] = {
      {Ndarray(Tuple({Int(2)}), Type("f8"), eight), "expected 2 elements of type f8, got 8 bytes"},
      {Ndarray(Tuple({Int(0)}), Type("f8"), eight), "expected 0 elements of type f8, got 8 bytes"},
      {Ndarray(Tuple({Int(-1)}), Type("f8"), eight), "expected a size from 0 to 2^48, got -1"},
      {Ndarray(Tuple({Int(1LL << 62)}), Type("f8"), eight), "expected a size from 0 to 2^48"},
      {Ndarray(Tuple({Int(1LL << 32), Int(1LL << 32)}), Type("f8"), eight),
       "at most 2^48 elements"},
      {Ndarray(Tuple({Int(0), Int(1LL << 62)}), Type("f8"), Bytes("")), "from 0 to 2^48"},
      {Ndarray(Tuple({Int(1LL << 40)}), Type("U0"), Bytes("")), "elements of type U0, got 0 bytes"},
      {Ndarray("(" + Repeat(Int(1), 65) + "t", Type("f8"), eight), "at most 64 axes, got 65"},
      {Ndarray(Tuple({Text("1")}), Type("f8"), eight), "shape: expected ints, got a str"},
      {Ndarray(Int(1), Type("f8"), eight), "shape: expected a tuple, got an int"},
      {Ndarray(Tuple({Int(1)}), Type("f3"), eight), "expected a type that numpy has, got \"f3\""},
      {Ndarray(Tuple({Int(1)}), Type("q8"), eight), "expected a type like \"f8\", got \"q8\""},
      {Ndarray(Tuple({Int(1)}), Type("V99999999999999999999"), eight), "a type like \"f8\""},
      {Ndarray(Tuple({Int(1)}), Type("O8"), eight), "data: expected a list of objects, got bytes"},
      {Ndarray(Tuple({Int(2)}), Type("O8"), "]"), "expected 2 objects, got 0"},
      {Ndarray(Tuple({Int(1)}), Type("f8"), "]"), "data: expected bytes, got a list"},
      {Ndarray(Tuple({Int(1)}), Int(8), eight), "expected an instance of numpy.dtype, got an int"},
      {Ndarray(Tuple({Int(1)}), Call(Global("m", "T"), ")"), eight), "arrays of m.T are not read"},
      {Ndarray(Tuple({Int(1)}), Struct(8, Tuple({Text("a")}), Dict({})), eight), "for each name"},
      {Ndarray(Tuple({Int(1)}),
               Struct(8, Tuple({Text("a")}), Dict({Text("a"), Tuple({Type("f8"), Int(1)})})),
               eight),
       "field \"a\": expected it inside 8 bytes"},
      {Ndarray(Tuple({Int(1)}),
               Struct(8, Tuple({Text("a")}), Dict({Text("a"), Tuple({Type("f8"), Int(-1)})})),
               eight),
       "field \"a\": expected it inside 8 bytes"},
      {Ndarray(Tuple({Int(1)}),
               Struct(8, Tuple({Text("a")}), Dict({Text("a"), Tuple({Type("O8"), Int(0)})})),
               eight),
       "field \"a\" holds objects"},
  };
  for (const Case& c : cases) EXPECT_THAT(MessageOfReading(c.bytes + "."), HasSubstr(c.message));
}

/// A dtype whose only field is itself.
TEST(HostileTest, TypesThatHoldThemselvesEnd) {
  const std::string dtype = Call(Global("numpy", "dtype"), Tuple({Text("V8"), "\x89", "\x88"}));
  const std::string state =
      Tuple({Int(3), Text("|"), "N", Tuple({Text("a")}),
             Dict({Text("a"), Tuple({"h\x05", Int(0)})}), Int(8), Int(1), Int(0)});
  const std::string bytes =
      Ndarray(Tuple({Int(1)}), dtype + "q\x05" + state + "b", Bytes("01234567"));
  EXPECT_EQ(MessageOfReading(bytes + "."), "read");
}

/// 64 KiB turned into native byte order again and again: 10 bytes of file ask for each copy.
TEST(HostileTest, CopiesOfOneBufferAreBoundedByTheFile) {
  const std::string call = "h\x01h\x02h\x03" + Text("C") + "tR0";
  std::string bytes = Global("numpy._core.numeric", "_frombuffer") + "q\x00" +
                      Bytes(std::string(64 << 10, 'x')) + "q\x01" + Type("f8", ">") + "q\x02" +
                      Tuple({Int(8192)}) + "q\x03";
  bytes.insert(bytes.find("q") + 1, 1, '\0');
  EXPECT_THAT(MessageOfReading(bytes + Repeat("h\0("s + call, 2'000) + "000."),
              HasSubstr("more memory than is allowed"));
}

TEST(HostileTest, WorkOnOneValueIsBoundedByTheFile) {
  const std::string text = Global("_codecs", "encode") + "q\x01" + Text(std::string(100'000, 'x')) +
                           "q\x02" + Text("latin1") + "q\x03";
  EXPECT_THAT(MessageOfReading(text + Repeat("h\x01h\x02h\x03\x86R0", 20'000) + "00."),
              HasSubstr("more memory than is allowed"));
}

TEST(HostileTest, GlobalsAreBounded) {
  std::string bytes;
  for (int i = 0; i <= 10'000; ++i) bytes += Global("m", fmt::format("c{}", i)) + "0";
  EXPECT_THAT(MessageOfReading(bytes + "N."), HasSubstr("at most 10000 different globals"));
  EXPECT_THAT(MessageOfReading(Global("m", Repeat("n", 1'025)) + "."),
              HasSubstr("a global's name of at most 1024 bytes, got 1025"));
}

TEST(HostileTest, BudgetsAreKept) {
  EXPECT_THAT(MessageOfReading("(" + Repeat("N", 20) + "t.", {.max_values = 10}),
              HasSubstr("NONE at byte 11: there are more values than is allowed"));
  EXPECT_THAT(MessageOfReading("(" + Repeat("N", 20) + "t.", {.max_bytes = 200}),
              HasSubstr("the values take more memory than is allowed"));
  EXPECT_THAT(MessageOfReading(ReadFixture("joblib_zlib.joblib"), {.max_bytes = 1'000}),
              HasSubstr("zlib: expected at most 1000 bytes unpacked, got more"));
}

TEST(HostileTest, BombsAreRefusedBeforeTheyGrow) {
  const std::string bomb = ReadFixture("bomb.zlib");
  const auto unpacked =
      Unpack(Packing::kZlib, std::as_bytes(std::span(bomb)), {.harmless_bytes = size_t{1} << 20});
  EXPECT_THAT(MessageOf(unpacked.status()), HasSubstr("at most 100 bytes out of one packed byte"));
}

TEST(HostileTest, TextsAreToldByTheirFirstWords) {
  for (const char* const text :
       {"x = 5 # a script\n", "hello world\nmore", "<html>", "Zürich\n", "I like it\n"})
    EXPECT_THAT(
        MessageOfReading(text),
        HasSubstr(fmt::format("a text that begins with \"{}\", no pickle",
                              std::string_view(text).substr(0, std::string_view(text).find('\n')))))
        << text;
  EXPECT_THAT(MessageOfReading(Repeat("ü", 10'000)),
              HasSubstr(fmt::format("\"{}\", no pickle", Repeat("ü", 20))));
  EXPECT_EQ(MessageOfReading("I1\n."), "read") << "protocol 0 is text";
  EXPECT_THAT(MessageOfReading("x\x9c not zlib"), HasSubstr("zlib: "));
}

class FilesTest : public ::testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Some, FilesTest,
                         ::testing::Values("values_0.pkl", "values_2.pkl", "values_4.pkl",
                                           "arrays_0.pkl", "arrays_5.pkl", "joblib_plain.joblib",
                                           "joblib_zlib.joblib", "joblib_gzip.joblib",
                                           "joblib_bz2.joblib", "joblib_xz.joblib",
                                           "joblib_lzma.joblib", "joblib_lz4.joblib"),
                         [](const auto& info) {
                           const std::string file = info.param;
                           return file.substr(0, file.find('.'));
                         });

TEST_P(FilesTest, EveryCutIsRefused) {
  const std::string whole = ReadFixture(GetParam());
  ASSERT_EQ(MessageOfReading(whole), "read");
  for (size_t size = 0; size < whole.size(); ++size)
    EXPECT_NE(MessageOfReading(whole.substr(0, size)), "read") << size;
  EXPECT_NE(MessageOfReading(whole + "."), "read");
}

TEST(HostileTest, EveryFlippedBitIsRefusedOrRead) {
  for (const char* const file : {"values_4.pkl", "arrays_5.pkl", "joblib_zlib.joblib"}) {
    std::string bytes = ReadFixture(file);
    for (size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
      bytes[bit / 8] ^= static_cast<char>(1 << bit % 8);
      const OwnedDocument document(bytes);
      if (document.ok()) {
        ASSERT_FALSE(Describe(*document).empty());
      }
      bytes[bit / 8] ^= static_cast<char>(1 << bit % 8);
    }
  }
}

}  // namespace
}  // namespace slipway::pickle
