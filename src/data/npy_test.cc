#include "data/npy.h"

namespace slipway::data {
namespace {

/// A file of format version 1 as numpy.save lays it out, with that header dict and data.
std::string File(std::string header, std::string_view data) {
  header += '\n';
  std::string file = "\x93NUMPY\x01";
  file += '\0';
  file += static_cast<char>(header.size() & 0xFF);
  file += static_cast<char>(header.size() >> 8);
  return file + header + std::string(data);
}

StatusOr<Tensor> Read(const std::string& file) { return ReadNpy(std::as_bytes(std::span(file))); }

TEST(NpyTest, WritesWhatNumpyWrites) {
  const float values[] = {1, 2, 3};
  const auto file = WriteNpy({DType::kFp32, {3}, Buffer(std::as_bytes(std::span(values)))});
  ASSERT_TRUE(file.ok());
  EXPECT_EQ(file->size(), 128u + 12u);
  EXPECT_TRUE(std::string_view(*file).substr(10).starts_with(
      "{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }"));
  EXPECT_EQ((*file)[127], '\n');
}

TEST(NpyTest, ReadsBackEveryNumberType) {
  for (int i = 0; i < kDTypeCount; ++i) {
    const auto dtype = static_cast<DType>(i);
    if (dtype == DType::kBytes || dtype == DType::kBf16) continue;
    std::string data(ElementSize(dtype) * 6, '\1');
    const Tensor tensor{dtype, {2, 3}, Buffer::Own(data)};
    const auto file = WriteNpy(tensor);
    ASSERT_TRUE(file.ok()) << NameOf(dtype);
    const auto read = Read(*file);
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_EQ(read->dtype, dtype);
    EXPECT_EQ(read->shape, tensor.shape);
    EXPECT_TRUE(std::ranges::equal(read->data.bytes(), tensor.data.bytes()));
  }
  EXPECT_FALSE(WriteNpy({DType::kBf16, {}, Buffer::Own(std::string(2, '\0'))}).ok());
}

TEST(NpyTest, ReadsBytesAndText) {
  std::string wire;
  for (const std::string_view text : {"a", "bcd", ""}) AppendBytesElement(wire, text);
  const auto bytes = Read(*WriteNpy({DType::kBytes, {3}, Buffer::Own(wire)}));
  ASSERT_TRUE(bytes.ok()) << bytes.status();
  EXPECT_TRUE(std::ranges::equal(bytes->data.bytes(), std::as_bytes(std::span(wire))));

  // numpy.array(["é€", "😀"]): UTF-32 in four-byte units, padded with NUL.
  const std::string data("\xE9\0\0\0\xAC\x20\0\0\x00\xF6\x01\0\0\0\0\0", 16);
  const auto text = Read(File("{'descr': '<U2', 'fortran_order': False, 'shape': (2,), }", data));
  ASSERT_TRUE(text.ok()) << text.status();
  BytesReader reader(text->data.bytes());
  std::string_view element;
  ASSERT_TRUE(reader.Next(&element));
  EXPECT_EQ(element, "é€");
  ASSERT_TRUE(reader.Next(&element));
  EXPECT_EQ(element, "😀");
}

TEST(NpyTest, RefusesWhatItCannotSay) {
  const std::pair<std::string, std::string_view> table[] = {
      {"", "no magic string"},
      {"\x93NUMPY\x09", "no magic string"},
      {std::string("\x93NUMPY\x09\0xx", 10), "format version 9 is unknown"},
      {std::string("\x93NUMPY\x01\0\xff\xff", 10), "its header is cut off"},
      {File("{'descr': '>f4', 'fortran_order': False, 'shape': (1,), }", "abcd"),
       "\">f4\" are not taken"},
      {File("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }", "abcd"),
       "\"|O\" are not taken"},
      {File("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }", "abcd"),
       "structured"},
      {File("{'descr': '<f4', 'fortran_order': True, 'shape': (1, 1), }", "abcd"), "Fortran order"},
      {File("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }", "abcd"),
       "expected 8 bytes"},
      {File("{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }", ""), "its shape"},
      {File("{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387904, 4), }", ""),
       "element count"},
      {File("{'descr': '|S99999999999999999999', 'fortran_order': False, 'shape': (1,), }", ""),
       "descr"},
      {File("{'descr': '|S0', 'fortran_order': False, 'shape': (9999999999,), }", ""), "expected"},
      {File("{'descr': '<U1', 'fortran_order': False, 'shape': (1,), }",
            std::string("\0\xD8\0\0", 4)),
       "no text"},
      {File("{'descr': '<f4', 'shape': (1,", ""), "its shape"},
      {File("{'x': 1}", ""), "unknown key"},
      {File("{}", ""), "lacks descr or shape"},
      {File("[]", ""), "no dict"},
  };
  for (const auto& [file, message] : table) {
    const auto read = Read(file);
    ASSERT_FALSE(read.ok()) << message;
    EXPECT_THAT(std::string(MessageOf(read.status())), testing::HasSubstr(message));
  }
}

TEST(NpyTest, SurvivesEveryCutAndEveryFlippedByte) {
  const std::string file =
      File("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 1), }", "abcdefgh");
  for (size_t size = 0; size < file.size(); ++size)
    EXPECT_FALSE(Read(file.substr(0, size)).ok()) << size;
  for (size_t at = 0; at < file.size(); ++at) {
    for (const char flip : {'\x01', '\x20', '\x80'}) {
      std::string broken = file;
      broken[at] = static_cast<char>(broken[at] ^ flip);
      const auto read = Read(broken);
      EXPECT_TRUE(!read.ok() || CheckData(*read).ok());
    }
  }
}

}  // namespace
}  // namespace slipway::data
