#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "import/pickle/describe.h"
#include "import/pickle/text.h"
#include "import/skops/reader.h"
#include "import/skops/testing/archive.h"
#include "import/skops/zip.h"
#include "import/testing/models.h"

namespace slipway::skops {
namespace {

using importing::testing::BytesOf;
using importing::testing::ModelsOf;
using importing::testing::ReadFile;
using testing::Archive;
using testing::Deflated;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::Little;
using testing::Member;
using testing::Npy;

std::string Schema(std::string_view members) {
  return fmt::format(R"({{{}, "protocol": 2}})", members);
}
std::string File(std::string_view members, std::vector<Member> others = {}) {
  others.insert(others.begin(), {"schema.json", Schema(members)});
  return Archive(others);
}
/// A file with one array of doubles.
std::string ArrayFile(const Member& array) {
  return File(R"("__loader__": "NdArrayNode", "type": "numpy", "file": "1.npy")", {array});
}

/// What the file holds as inspect shows it, or why it is refused.
std::string Read(std::string_view file, const pickle::ReadOptions& options = {}) {
  const auto document = skops::Read(BytesOf(file), options);
  if (!document.ok()) return std::string(MessageOf(document.status()));
  std::string text = pickle::Describe(**document);
  return text.substr(text.find("values:\n") + 8);
}

StatusOr<importing::Imported> Import(std::string_view file) {
  return importing::Import(importing::Format::kSkops, BytesOf(file));
}

TEST(SkopsTest, ModelsAreTheSameAsFromTheirPickles) {
  for (const std::string_view name :
       {"columns-mixed", "gradient-boosting", "grid-search", "hist-boosting-categories",
        "one-hot-infrequent", "neighbors-distance-two", "pipeline-forest", "sparse-coefficients"}) {
    const std::string skops = ReadFile(ModelsOf("skops") / fmt::format("{}.skops", name));
    const std::string pickle = ReadFile(ModelsOf("sklearn") / fmt::format("{}.pkl", name));
    const auto from_skops = Import(skops);
    const auto from_pickle = importing::Import(importing::Format::kPickle, BytesOf(pickle));
    ASSERT_TRUE(from_skops.ok()) << name << ": " << from_skops.status();
    EXPECT_EQ(from_skops->model, from_pickle->model) << name;
    EXPECT_EQ(from_skops->format, "scikit-learn skops");
  }
}

TEST(SkopsTest, JsonNodesAreWhatPythonWrites) {
  struct Case {
    std::string_view content, value;
  };
  const Case cases[] = {{"0.5", "0.5"},
                        {"-7", "-7"},
                        {"NaN", "nan"},
                        {"-Infinity", "-inf"},
                        {"null", "None"},
                        {"true", "True"},
                        {R"(\"b\\u00e9st\")", "\"bést\""},
                        {"123456789012345678901234567890", "an int"}};
  for (const Case& c : cases)
    EXPECT_THAT(Read(File(fmt::format(R"("__loader__": "JsonNode", "content": "{}")", c.content))),
                HasSubstr(c.value));
}

TEST(SkopsTest, KeysOfADictHaveTheTypeThatStandsBeside) {
  const auto file = File(
      R"("__loader__": "DictNode", "content": {"1": {"__loader__": "JsonNode", "content": "2"},)"
      R"("x": {"__loader__": "JsonNode", "content": "3"}}, "key_types": {"__loader__": "ListNode",)"
      R"("content": [{"__class__": "int64"}, {"__class__": "str"}]})");
  const auto document = skops::Read(BytesOf(file));
  ASSERT_TRUE(document.ok()) << document.status();
  const pickle::Value dict = (*document)->root();
  EXPECT_EQ(dict.key(0).integer(), 1);
  EXPECT_EQ(dict.Find("x")->integer(), 3);
}

TEST(SkopsTest, ArraysOfEveryLayoutAreReadInPlace) {
  const std::string two = Little(1.5) + Little(-2.0);
  const std::string file =
      ArrayFile({"1.npy", Npy("{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }", two)});
  const auto document = skops::Read(BytesOf(file));
  ASSERT_TRUE(document.ok()) << document.status();
  const pickle::Array& array = (*document)->root().array();
  EXPECT_THAT(*array.Doubles(), ElementsAre(1.5, -2.0));
  const auto* at = reinterpret_cast<const char*>(array.bytes.data());
  EXPECT_TRUE(at >= file.data() && at < file.data() + file.size());
}

TEST(SkopsTest, StructuredArraysHaveHolesWhereNumpyPads) {
  const std::string header =
      "{'descr': [('left', '<i2'), ('', '|V2'), ('gain', '>f4')], 'fortran_order': False, "
      "'shape': (1,)}";
  const std::string file =
      ArrayFile({"1.npy", Npy(header, std::string("\x05\0??\x3f\xc0\0\0", 8))});
  const auto document = skops::Read(BytesOf(file));
  ASSERT_TRUE(document.ok()) << document.status();
  const pickle::Array& array = (*document)->root().array();
  EXPECT_THAT(*array.Field("left")->Integers(), ElementsAre(5));
  EXPECT_THAT(*array.Field("gain")->Doubles(), ElementsAre(1.5));
}

TEST(SkopsTest, GlobalsAreListedAndRefusedWhereTheyAreNotAllowed) {
  const std::string file =
      File(R"("__loader__": "ObjectNode", "__module__": "os", "__class__": "system")");
  const auto document = skops::Read(BytesOf(file));
  ASSERT_TRUE(document.ok()) << document.status();
  EXPECT_EQ((*document)->globals().at(0).name, "system");
  const auto none = [](std::string_view, std::string_view) { return false; };
  EXPECT_EQ(Read(file, {.allowed = none}), "os.system is not allowed in a model");
  EXPECT_THAT(importing::testing::RefusalOf(Import(file)), HasSubstr("byte 0: names os.system"));
}

TEST(SkopsTest, MethodsAndOperatorsNameWhatPythonWouldCall) {
  const std::string object = R"("obj": {"__loader__": "JsonNode", "content": "1"})";
  EXPECT_THAT(importing::testing::RefusalOf(Import(File(fmt::format(
                  R"("__loader__": "MethodNode", "content": {{"func": "__del__", {}}})", object)))),
              HasSubstr("names builtins.getattr"));
  EXPECT_THAT(
      importing::testing::RefusalOf(Import(File(
          R"("__loader__": "OperatorFuncNode", "__module__": "operator", "__class__": "methodcaller",)"
          R"("attrs": {"__loader__": "TupleNode", "content": []})"))),
      HasSubstr("names operator.methodcaller"));
}

TEST(SkopsTest, WhatOtherArchivesAreIsTold) {
  EXPECT_THAT(Read(Archive({{"archive/data.pkl", ""}})), HasSubstr("a PyTorch file"));
  EXPECT_THAT(Read(Archive({{"x.npy", ""}})), HasSubstr("a file of numpy.savez"));
  EXPECT_THAT(Read(Archive({})), HasSubstr("without schema.json"));
}

TEST(SkopsTest, SchemasThatLieAreRefusedByByteAndRule) {
  struct Case {
    std::string_view members, message;
  };
  const Case cases[] = {
      {R"("__loader__": "GhostNode")", "schema.json, byte 0: the loader GhostNode is not known"},
      {R"("content": 1)", "byte 0: a node: __loader__: expected a string, got nothing"},
      {R"("__loader__": "JsonNode", "content": "[1]")", "JsonNode: content: expected JSON"},
      {R"("__loader__": "JsonNode", "content": "1 2")", "expected JSON, got JSON, byte 2"},
      {R"("__loader__": "ListNode", "content": 3)", "expected an array, got a number"},
      {R"("__loader__": "NdArrayNode", "type": "pickle")",
       R"(expected "numpy" or "json", got pickle)"},
      {R"("__loader__": "NdArrayNode", "type": "numpy", "file": "../../etc/passwd")",
       "zip: member \"../../etc/passwd\": is not in the archive"},
      {R"("__loader__": "CachedNode", "__id__": 7)", "expected that of an earlier node, got 7"},
      {R"("__id__": 7, "__loader__": "ListNode", "content": [{"__loader__": "CachedNode",)"
       R"("__id__": 7}])",
       "expected that of an earlier node, got 7"},
      {R"("__loader__": "TreeNode", "__module__": "m", "__class__": "C", "__reduce__": {"args":)"
       R"({"__loader__": "JsonNode", "content": "1"}})",
       "__reduce__.args: expected a tuple, got an int"},
  };
  for (const Case& c : cases) EXPECT_THAT(Read(File(c.members)), HasSubstr(c.message)) << c.members;
  EXPECT_EQ(Read(Archive({{"schema.json", R"({"protocol": 3})"}})),
            "schema.json: protocol: expected 0, 1 or 2, got 3");
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += "[";
  EXPECT_THAT(Read(Archive({{"schema.json", deep}})), HasSubstr("400"));
}

TEST(SkopsTest, ArraysOfObjectsMustFillTheirShape) {
  const auto file = [](std::string_view sizes) {
    return File(fmt::format(
        R"("__loader__": "NdArrayNode", "type": "json", "content": [{{"__loader__": "JsonNode",)"
        R"("content": "1"}}], "shape": {{"__loader__": "TupleNode", "content": [{}]}})",
        sizes));
  };
  const auto size = [](std::string_view text) {
    return fmt::format(R"({{"__loader__": "JsonNode", "content": "{}"}})", text);
  };
  EXPECT_THAT(Read(file(size("1"))), HasSubstr("[1]"));
  EXPECT_THAT(Read(file(size("281474976710656"))), HasSubstr("objects, got 1"));
  EXPECT_THAT(Read(file(size("-1"))), HasSubstr("expected a size from 0 to 2^48, got -1"));
  EXPECT_THAT(Read(file(size("1") + "," + size("1"))),
              HasSubstr("expected an array, got a string"));
}

TEST(SkopsTest, ArraysThatLieAreRefused) {
  struct Case {
    std::string content, message;
  };
  const std::string shape = ", 'fortran_order': False, 'shape': ";
  const Case cases[] = {
      {"\x93NUMPY", "expected numpy's magic"},
      {Npy("[1]", ""), "expected a dict as its header"},
      {Npy("{'descr': '<f8'" + shape + "(281474976710656,)}", "8 bytes."), "got 8 bytes"},
      {Npy("{'descr': '<f8'" + shape + "(-1,)}", ""), "expected a size from 0 to 2^48, got -1"},
      {Npy("{'descr': '<f8'" + shape + "(9999999999999999999,)}", ""), "whole numbers"},
      {Npy("{'descr': '<f999'" + shape + "()}", ""), "a type that numpy has"},
      {Npy("{'descr': '|O'" + shape + "(1,)}", ""), "an array of objects is a pickle"},
      {Npy("{'descr': [('a', '<f8', (3,))]" + shape + "(1,)}", ""), "field \"a\" holds arrays"},
      {Npy("{'descr': [('a', '|O')]" + shape + "(1,)}", ""), "field \"a\" holds arrays"},
      {Npy("{'descr': __import__('os')}", ""), "expected a type or a list of fields"},
      {std::string("\x93NUMPY\x02\0\xff\xff\xff\xff", 12), "expected a header of 4294967295 bytes"},
  };
  for (const Case& c : cases)
    EXPECT_THAT(Read(ArrayFile({"1.npy", c.content})), HasSubstr(c.message)) << c.content;
}

TEST(SkopsTest, ArchivesThatLieAreRefused) {
  const std::string text(1000, 'x');
  const std::string packed = Deflated(text);
  struct Case {
    Member member;
    std::string_view message;
  };
  const Case cases[] = {
      {{"1.npy", text, 0, 1}, "is encrypted"},
      {{"1.npy", text, 12}, "compression 12 is not read"},
      {{"1.npy", text, 8, 0, packed, 999}, "expected at most 999 bytes unpacked"},
      {{"1.npy", text, 8, 0, packed, 1001}, "expected 1001 bytes, got 1000"},
      {{"1.npy", text, 8, 0, packed.substr(0, 3)}, "cut off"},
      {{"1.npy", text, 8, 0, "\xff\xff"}, "damaged"},
      {{"1.npy", text, 0, 0, std::string(1000, 'y')}, "its checksum does not match"},
      {{"1.npy", text, 0, 0, text, 5}, "expected as many bytes stored as it holds"},
      {{"schema.json", "{}"}, "\"schema.json\": is there twice"},
  };
  for (const Case& c : cases) EXPECT_THAT(Read(ArrayFile(c.member)), HasSubstr(c.message));
  EXPECT_THAT(Read("PK\x03\x04"), HasSubstr("the file is cut off"));
}

TEST(SkopsTest, MembersWhoseNamesLeaveTheArchiveAreRefused) {
  for (const std::string_view name :
       {"../1.npy", "a/../../1.npy", "..", "a/..", "/1.npy", "/etc/passwd", "\\1.npy", "..\\1.npy",
        "C:\\1.npy", "C:1.npy"})
    EXPECT_EQ(Read(ArrayFile({std::string(name), "x"})),
              fmt::format("zip: member \"{}\": expected a name inside the archive",
                          pickle::Printable(name)));
  for (const std::string_view name : {"a/1.npy", "..1.npy", "1..npy", "a/...", "1:.npy"})
    EXPECT_THAT(Read(ArrayFile({std::string(name), "x"})),
                HasSubstr("\"1.npy\": is not in the archive"))
        << name;
}

TEST(SkopsTest, MembersAreCounted) {
  constexpr size_t kMost = 20'000;
  const auto with = [](size_t count) {
    std::vector<Member> members;
    for (size_t i = 0; i + 1 < count; ++i) members.push_back({fmt::format("{}", i), ""});
    return Read(File(R"("__loader__": "JsonNode", "content": "7")", members));
  };
  EXPECT_EQ(with(kMost), "  7\n");
  EXPECT_EQ(with(kMost + 1), "zip: expected at most 20000 members, got more");
}

TEST(SkopsTest, BombsAreRefusedBeforeTheyAreUnpacked) {
  const std::string zeros(size_t{8} << 20, '\0');
  EXPECT_THAT(Read(ArrayFile({"1.npy", zeros, 8, 0, Deflated(zeros)})),
              HasSubstr("more memory than is allowed"));
  EXPECT_THAT(Read(ArrayFile({"1.npy", "x", 8, 0, Deflated("x"), 0xFFFFFFFE})),
              HasSubstr("more memory than is allowed"));
}

// A thousand entries of the directory may name the same megabyte.
TEST(SkopsTest, MembersThatNeedNoUnpackingAreChargedAsWell) {
  const std::string file = ArrayFile({"1.npy", std::string(size_t{1} << 20, 'x')});
  EXPECT_THAT(Read(file, {.max_bytes = size_t{1} << 20}), HasSubstr("more memory than is allowed"));
}

TEST(SkopsTest, CutFilesAreRefused) {
  const std::string bytes = ReadFile(ModelsOf("skops") / "columns-mixed.skops");
  importing::testing::ExpectCutFilesAreRefused(bytes, 500, Import);
}

TEST(SkopsTest, FlippedBitsAreRefusedOrReadAsAnotherModel) {
  for (const auto* name : {"columns-mixed.skops", "k-bins-onehot.skops", "columns-mixed-0.3.skops"})
    importing::testing::ExpectFlippedBitsAreHarmless(ReadFile(ModelsOf("skops") / name), 1000,
                                                     Import);
}

// Behind the checksum, where flipped bits of an archive never come.
TEST(SkopsTest, FlippedBitsOfTheSchemaAreRefusedOrReadAsAnotherModel) {
  const std::string file = ReadFile(ModelsOf("skops") / "pipeline-0.3.skops");
  pickle::Heap heap(100, size_t{1} << 30);
  auto zip = Zip::Open(BytesOf(file));
  ASSERT_TRUE(zip.ok()) << zip.status();
  std::vector<Member> members;
  for (const std::string_view name : zip->names()) {
    const auto content = zip->Read(name, heap);
    ASSERT_TRUE(content.ok()) << content.status();
    members.push_back(
        {std::string(name), {reinterpret_cast<const char*>(content->data()), content->size()}});
  }
  std::string& schema = members.back().content;
  ASSERT_EQ(members.back().name, "schema.json");
  for (size_t bit = 0; bit < schema.size() * 8; bit += 1 + schema.size() * 8 / 1000) {
    schema[bit / 8] ^= static_cast<char>(1 << bit % 8);
    members.back() = {"schema.json", schema};
    const auto imported = Import(Archive(members));
    EXPECT_TRUE(!imported.ok() || importing::testing::IsValidOnnx(*imported)) << bit;
    schema[bit / 8] ^= static_cast<char>(1 << bit % 8);
  }
}

}  // namespace
}  // namespace slipway::skops
