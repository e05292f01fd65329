#include "import/pickle/reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "import/pickle/testing/assembler.h"
#include "import/pickle/testing/files.h"

namespace slipway::pickle {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::OwnedDocument;
using testing::ReadFixture;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

Value Find(Value dict, std::string_view key) {
  const auto found = dict.Find(key);
  EXPECT_TRUE(found.has_value()) << key;
  return found.value_or(dict);
}

/// One pickle of the same values for each protocol.
class ValuesTest : public ::testing::TestWithParam<int> {
 protected:
  ValuesTest() : document_(ReadFixture(fmt::format("values_{}.pkl", GetParam()))) {}
  void SetUp() override { ASSERT_TRUE(document_.ok()) << document_.status(); }
  Value Get(std::string_view key) const { return Find(document_->root(), key); }

  OwnedDocument document_;
};
INSTANTIATE_TEST_SUITE_P(Protocols, ValuesTest, ::testing::Range(0, 6));

TEST_P(ValuesTest, ProtocolIsTheFiles) {
  EXPECT_EQ(document_->protocol(), GetParam() < 2 ? 0 : GetParam());
}

TEST_P(ValuesTest, PlainValuesAreAsPythonHasThem) {
  EXPECT_TRUE(Get("none").is(Kind::kNone));
  EXPECT_TRUE(Get("true").boolean());
  EXPECT_TRUE(Get("false").is(Kind::kBool));
  EXPECT_FALSE(Get("false").boolean());
  EXPECT_TRUE(Get("big").is(Kind::kBigInt));
  EXPECT_TRUE(std::isnan(Get("nan").number()));
  std::vector<int64_t> ints;
  for (size_t i = 0; i < Get("ints").size(); ++i) ints.push_back(Get("ints").at(i).integer());
  EXPECT_THAT(
      ints, ElementsAre(0, 1, -1, 255, 256, 65535, 65536, -(1LL << 31), 1LL << 31, 1LL << 62,
                        std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max()));
  std::vector<double> floats;
  for (size_t i = 0; i < Get("floats").size(); ++i) floats.push_back(Get("floats").at(i).number());
  EXPECT_THAT(floats, ElementsAre(0.0, -1.5, 1e300, 5e-324, kInfinity, -kInfinity));
}

TEST_P(ValuesTest, TextIsUtf8AndBytesAreThemselves) {
  std::vector<std::string> texts, bytes;
  for (size_t i = 0; i < Get("texts").size(); ++i) texts.emplace_back(Get("texts").at(i).text());
  EXPECT_THAT(texts, ElementsAre("", "plain", "line\nbreak \\ tab\t", "Grüße", "漢字", "🎈",
                                 std::string(300, 'x')));
  for (size_t i = 0; i < Get("bytes").size(); ++i) {
    EXPECT_TRUE(Get("bytes").at(i).is(Kind::kBytes));
    bytes.emplace_back(Get("bytes").at(i).text());
  }
  EXPECT_THAT(bytes, ElementsAre("", std::string("\x00\xff'\"\\", 5), std::string(300, 'y')));
  EXPECT_EQ(Get("bytearray").text(), "\x01\x80");
}

TEST_P(ValuesTest, ContainersKeepTheirOrder) {
  const Value tuples = Get("tuples");
  for (size_t size = 0; size < 5; ++size) {
    EXPECT_TRUE(tuples.at(size).is(Kind::kTuple));
    EXPECT_EQ(tuples.at(size).size(), size);
  }
  EXPECT_EQ(tuples.at(4).at(3).integer(), 4);
  EXPECT_TRUE(Get("set").is(Kind::kSet));
  EXPECT_EQ(Get("set").at(0).integer(), 3);
  EXPECT_EQ(Get("frozenset").at(0).integer(), 4);
  const Value dict = Get("dict");
  ASSERT_EQ(dict.size(), 3u);
  EXPECT_EQ(dict.key(0).integer(), 1);
  EXPECT_EQ(dict.at(0).text(), "one");
  EXPECT_EQ(Find(dict, "two").integer(), 2);
  EXPECT_TRUE(dict.key(2).is(Kind::kTuple));
}

TEST_P(ValuesTest, SharedValuesAreOneValue) {
  const Value shared = Get("shared");
  EXPECT_TRUE(shared.at(0).Same(shared.at(1)));
}

TEST_P(ValuesTest, InstancesAreClassArgumentsAndState) {
  const Value point = Get("point");
  ASSERT_TRUE(point.is(Kind::kObject));
  EXPECT_EQ(point.module(), "shapes");
  EXPECT_EQ(point.name(), "Point");
  EXPECT_EQ(point.args().size(), 0u);
  EXPECT_EQ(Find(point.state(), "x").integer(), 1);
  EXPECT_EQ(Find(point.state(), "y").at(0).number(), 2.5);
  EXPECT_EQ(Get("class").name(), "Point");
  EXPECT_TRUE(Get("class").is(Kind::kGlobal));
  EXPECT_EQ(Get("function").name(), "len");
}

TEST_P(ValuesTest, ArgumentsByNameAreKept) {
  const Value made = Get("with_arguments");
  ASSERT_TRUE(made.is(Kind::kObject));
  if (GetParam() == 2 || GetParam() == 3) {
    // They call functools.partial(cls.__new__, cls, 7, unit="mm").
    EXPECT_EQ(made.name(), "");
    EXPECT_EQ(made.callable().name(), "partial");
    return;
  }
  EXPECT_EQ(made.name(), "WithArguments");
  if (GetParam() < 2) return;  // these do not know __getnewargs_ex__
  EXPECT_EQ(made.args().at(0).integer(), 7);
  EXPECT_EQ(Find(made.keywords(), "unit").text(), "mm");
}

TEST_P(ValuesTest, ContainersOfOtherClassesKeepWhatWasPutIn) {
  const Value ordered = Get("ordered");
  EXPECT_EQ(ordered.name(), "OrderedDict");
  ASSERT_EQ(ordered.items().size(), 2u);
  EXPECT_EQ(ordered.items().key(0).text(), "b");
  const Value items = Get("items");
  EXPECT_EQ(items.name(), "Items");
  const Value elements = items.size() > 0 ? items : items.args().at(0);
  ASSERT_EQ(elements.size(), 2u);
  EXPECT_EQ(elements.at(1).integer(), 6);
}

/// The same arrays by every way that they are written.
class ArraysTest : public ::testing::TestWithParam<const char*> {
 protected:
  ArraysTest() : document_(ReadFixture(GetParam())) {}
  void SetUp() override { ASSERT_TRUE(document_.ok()) << document_.status(); }
  const Array& Get(std::string_view key) const {
    const Value value = Find(document_->root(), key);
    EXPECT_TRUE(value.is(Kind::kArray)) << key << " is " << KindName(value.kind());
    return value.array();
  }
  std::vector<double> Doubles(std::string_view key) const {
    const auto doubles = Get(key).Doubles();
    EXPECT_TRUE(doubles.ok()) << key << ": " << doubles.status();
    return doubles.value_or(std::vector<double>());
  }

  OwnedDocument document_;
};
INSTANTIATE_TEST_SUITE_P(
    Files, ArraysTest,
    ::testing::Values("arrays_0.pkl", "arrays_1.pkl", "arrays_2.pkl", "arrays_3.pkl",
                      "arrays_4.pkl", "arrays_5.pkl", "numpy1_arrays_2.pkl", "numpy1_arrays_3.pkl",
                      "numpy1_arrays_4.pkl", "numpy1_arrays_5.pkl", "numpy1_joblib.joblib",
                      "joblib_plain.joblib", "joblib_protocol2.joblib", "joblib_zlib.joblib",
                      "joblib_gzip.joblib", "joblib_bz2.joblib", "joblib_xz.joblib",
                      "joblib_lzma.joblib", "joblib_lz4.joblib"),
    [](const auto& info) {
      const std::string file = info.param;
      return file.substr(0, file.find('.'));
    });

TEST_P(ArraysTest, NumbersAreExact) {
  EXPECT_THAT(Doubles("f8"), ElementsAre(0.5, -1.0, kInfinity));
  EXPECT_THAT(Doubles("f4"), ElementsAre(0.5, -1.0));
  EXPECT_THAT(Doubles("f2"), ElementsAre(0.5, -2.0));
  EXPECT_THAT(Doubles("i8"), ElementsAre(-0x1p62, 3));
  EXPECT_THAT(Doubles("i1"), ElementsAre(-1, 1));
  EXPECT_THAT(Doubles("bool"), ElementsAre(1, 0));
  EXPECT_THAT(*Get("i8").Integers(), ElementsAre(-(1LL << 62), 3));
  EXPECT_THAT(*Get("bool").Integers(), ElementsAre(1, 0));
  EXPECT_THAT(*Get("f4").Floats(), ElementsAre(0.5f, -1.0f));
  EXPECT_THAT(Get("f4").shape, ElementsAre(2, 1));
}

TEST_P(ArraysTest, NumbersThatDoNotFitAreRefused) {
  EXPECT_THAT(MessageOf(Get("u8").Doubles().status()), HasSubstr("18446744073709551615"));
  EXPECT_THAT(MessageOf(Get("u8").Integers().status()), HasSubstr("18446744073709551615"));
  EXPECT_FALSE(Get("f8").Integers().ok());
  EXPECT_FALSE(Get("f8").Floats().ok());
  EXPECT_FALSE(Get("U").Doubles().ok());
  EXPECT_FALSE(Get("f8").Strings().ok());
}

TEST_P(ArraysTest, ByteOrderAndMemoryOrderAreEvened) {
  EXPECT_THAT(Doubles("big_endian"), ElementsAre(1.5, -2.5));
  std::vector<double> grid(24);
  for (int i = 0; i < 24; ++i) grid[i] = i;
  EXPECT_THAT(Get("fortran").shape, ElementsAre(2, 3, 4));
  EXPECT_EQ(Doubles("fortran"), grid);
  EXPECT_THAT(Get("transposed").shape, ElementsAre(3, 2, 4));
  const std::vector<double> transposed = Doubles("transposed");
  for (int a = 0; a < 3; ++a)
    for (int b = 0; b < 2; ++b)
      for (int c = 0; c < 4; ++c)
        EXPECT_EQ(transposed[(a * 2 + b) * 4 + c], grid[(b * 3 + a) * 4 + c]);
}

TEST_P(ArraysTest, ScalarsAndEmptyArraysHaveTheirShape) {
  EXPECT_THAT(Get("empty").shape, ElementsAre(0, 3));
  EXPECT_EQ(Get("empty").count(), 0u);
  EXPECT_THAT(Get("rank0").shape, ElementsAre());
  EXPECT_THAT(Doubles("rank0"), ElementsAre(2.5));
  EXPECT_THAT(Doubles("scalar_f8"), ElementsAre(0.25));
  EXPECT_THAT(Get("scalar_f8").shape, ElementsAre());
  EXPECT_THAT(Doubles("scalar_i8"), ElementsAre(-7));
  EXPECT_THAT(Doubles("scalar_bool"), ElementsAre(1));
  EXPECT_THAT(*Get("scalar_U").Strings(), ElementsAre("abc"));
}

TEST_P(ArraysTest, StringsAndObjects) {
  EXPECT_THAT(*Get("U").Strings(), ElementsAre("a", "Größe"));
  EXPECT_THAT(*Get("S").Strings(), ElementsAre("ab", "c"));
  const Array& objects = Get("O");
  ASSERT_EQ(objects.objects.size(), 3u);
  EXPECT_EQ(objects.objects[0].text(), "x");
  EXPECT_TRUE(objects.objects[1].is(Kind::kNone));
  EXPECT_EQ(objects.objects[2].integer(), 3);
  EXPECT_FALSE(objects.Strings().ok());
  EXPECT_THAT(*Get("O2").Strings(), ElementsAre("a", "b", "c", "d"));
  EXPECT_EQ(Get("date").type.kind, 'M');
}

TEST_P(ArraysTest, FieldsOfStructuredArraysAreArrays) {
  for (const char* const key : {"nodes", "big_endian_nodes"}) {
    const Array& nodes = Get(key);
    ASSERT_EQ(nodes.type.fields.size(), 3u) << key;
    EXPECT_THAT(*nodes.Field("left")->Integers(), ElementsAre(1, -1)) << key;
    EXPECT_THAT(*nodes.Field("threshold")->Doubles(), ElementsAre(0.25, -2.0)) << key;
    EXPECT_THAT(*nodes.Field("flag")->Doubles(), ElementsAre(1, 0)) << key;
    EXPECT_THAT(MessageOf(nodes.Field("right").status()), HasSubstr("\"right\"")) << key;
  }
}

TEST_P(ArraysTest, RecordsAndFieldsOfArrays) {
  const Array& record = Get("record");
  EXPECT_THAT(*record.Field("a")->Integers(), ElementsAre(1));
  EXPECT_THAT(*record.Field("b")->Doubles(), ElementsAre(2.5));
  const Array& vectors = Get("vectors");
  EXPECT_THAT(*vectors.Field("a")->Integers(), ElementsAre(1));
  EXPECT_EQ(vectors.Field("b")->type.kind, 'V');
  EXPECT_EQ(vectors.Field("b")->type.item_bytes, 8u);
}

TEST_P(ArraysTest, OtherNumbersKeepTheirBytes) {
  EXPECT_EQ(Get("c16").bytes.size(), 16u);
  EXPECT_EQ(Get("long_double").bytes.size(), 16u);
  EXPECT_THAT(MessageOf(Get("long_double").Doubles().status()),
              HasSubstr("expected an array of numbers, got one of type f16"));
}

TEST_P(ArraysTest, PackingIsNamed) {
  const std::string file = GetParam();
  const size_t from = file.find('_') + 1;
  const std::string expected = file.substr(from, file.find('.') - from);
  const bool packed = file.starts_with("joblib_") && expected != "plain" && expected != "protocol2";
  EXPECT_EQ(document_->packing(), packed ? expected : "");
}

/// `bytes` with each `unit` of them reversed.
std::string Swapped(std::string bytes, size_t unit) {
  for (size_t at = 0; at < bytes.size(); at += unit)
    std::reverse(bytes.begin() + static_cast<ptrdiff_t>(at),
                 bytes.begin() + static_cast<ptrdiff_t>(at + unit));
  return bytes;
}

template <typename T>
std::string Packed(std::initializer_list<T> values) {
  std::string bytes;
  for (const T value : values) bytes += testing::LittleEndian(value);
  return bytes;
}

/// Elements of one type, little-endian, and the bytes that are swapped together.
struct Elements {
  std::string_view type;
  size_t unit;
  std::string bytes;
  std::vector<double> numbers;  // empty: its kind has none
};

std::vector<Elements> EveryType() {
  return {
      {"b1", 1, Packed<uint8_t>({1, 0}), {1, 0}},
      {"i1", 1, Packed<int8_t>({-128, 127}), {-128, 127}},
      {"i2", 2, Packed<int16_t>({-32768, 258}), {-32768, 258}},
      {"i4", 4, Packed<int32_t>({INT32_MIN, 16909060}), {INT32_MIN, 16909060}},
      {"i8", 8, Packed<int64_t>({-(1LL << 53), 258}), {-0x1p53, 258}},
      {"u1", 1, Packed<uint8_t>({255, 1}), {255, 1}},
      {"u2", 2, Packed<uint16_t>({65535, 258}), {65535, 258}},
      {"u4", 4, Packed<uint32_t>({UINT32_MAX, 258}), {UINT32_MAX, 258}},
      {"u8", 8, Packed<uint64_t>({1ULL << 53, 258}), {0x1p53, 258}},
      {"f2", 2, Packed<uint16_t>({0x3C01, 0xFC00}), {1.0009765625, -kInfinity}},
      {"f4", 4, Packed<float>({0.1F, -1e-45F}), {0.1F, -1e-45F}},
      {"f8", 8, Packed<double>({0.1, -5e-324}), {0.1, -5e-324}},
      {"c8", 4, Packed<float>({1, 2, 3, 4}), {}},
      {"c16", 8, Packed<double>({1, 2, 3, 4}), {}},
      {"m8", 8, Packed<int64_t>({1, -1}), {}},
      {"M8", 8, Packed<int64_t>({1, -1}), {}},
      {"S2", 1, std::string("ab\0\0", 4), {}},
      {"U1", 4, Packed<char32_t>({U'ß', U'🎈'}), {}},
  };
}

void ExpectElements(std::string_view pickled, const Elements& expected,
                    const std::vector<int64_t>& shape) {
  SCOPED_TRACE(expected.type);
  const OwnedDocument document(std::string(pickled) + ".");
  ASSERT_TRUE(document.ok()) << document.status();
  ASSERT_TRUE(document->root().is(Kind::kArray));
  const Array& array = document->root().array();
  EXPECT_EQ(array.type.kind, expected.type[0]);
  EXPECT_EQ(array.shape, shape);
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(array.bytes.data()), array.bytes.size()),
            expected.bytes);
  if (expected.type[0] == 'U') {
    EXPECT_THAT(*array.Strings(), ElementsAre("ß", "🎈"));
  } else if (expected.type[0] == 'S') {
    EXPECT_THAT(*array.Strings(), ElementsAre("ab", ""));
  }
  if (expected.numbers.empty()) return;
  EXPECT_EQ(*array.Doubles(), expected.numbers);
}

TEST(ReaderTest, ArraysOfEveryTypeAreReadInBothByteOrders) {
  for (const Elements& elements : EveryType()) {
    const std::string shape = testing::Tuple({testing::Int(2)});
    for (const std::string_view order : {"<", ">"}) {
      const std::string bytes =
          order == "<" ? elements.bytes : Swapped(elements.bytes, elements.unit);
      ExpectElements(
          testing::Ndarray(shape, testing::Type(elements.type, order), testing::Bytes(bytes)),
          elements, {2});
    }
  }
}

TEST(ReaderTest, ScalarsOfEveryTypeAreReadInBothByteOrders) {
  for (Elements elements : EveryType()) {
    if (elements.type[0] == 'U' || elements.type[0] == 'S') continue;  // no array of one of these
    elements.bytes.resize(elements.bytes.size() / 2);
    if (!elements.numbers.empty()) elements.numbers.resize(1);
    for (const std::string_view order : {"<", ">"}) {
      const std::string bytes =
          order == "<" ? elements.bytes : Swapped(elements.bytes, elements.unit);
      ExpectElements(testing::Call(testing::Global("numpy.core.multiarray", "scalar"),
                                   testing::Tuple({testing::Type(elements.type, order),
                                                   testing::Bytes(bytes)})),
                     elements, {});
    }
  }
}

TEST(ReaderTest, ArraysInFortranOrderAreTurnedWhateverTheirType) {
  const std::string shape = testing::Tuple({testing::Int(2), testing::Int(3)});
  for (const Elements& elements : EveryType()) {
    SCOPED_TRACE(elements.type);
    const size_t item = elements.bytes.size() / 2;
    const std::string a = elements.bytes.substr(0, item), b = elements.bytes.substr(item);
    const std::string columns = testing::Bytes(a + b + b + b + a + b);
    const OwnedDocument document(
        testing::Ndarray(shape, testing::Type(elements.type), columns, "\x88") + ".");
    ASSERT_TRUE(document.ok()) << document.status();
    const Array& array = document->root().array();
    EXPECT_EQ(std::string(reinterpret_cast<const char*>(array.bytes.data()), array.bytes.size()),
              a + b + a + b + b + b);
  }
}

TEST(ReaderTest, ValuesMayHoldThemselves) {
  const OwnedDocument document(ReadFixture("cycle.pkl"));
  ASSERT_TRUE(document.ok()) << document.status();
  EXPECT_TRUE(document->root().at(0).Same(document->root()));
}

}  // namespace
}  // namespace slipway::pickle
