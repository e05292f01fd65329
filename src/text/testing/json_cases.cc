#include "text/testing/json_cases.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string_view>

namespace slipway::testing {
namespace {

using namespace std::string_view_literals;

// Values by themselves; each is tried bare, in an array, in an object and padded with white space.
constexpr std::string_view kGoodValues[] = {
    // numbers
    "0", "-0", "7", "-12", "1234567890123456789012345678901234567890", "0.5", "-0.001", "10.25",
    "1e5", "1E5", "1e+5", "1E-5", "0e0", "0E+10", "-1.5e-300", "1e0000000", "9007199254740993",
    "-9223372036854775808", "18446744073709551615", "0.00000000000000000000000000000001",
    // words
    "true", "false", "null",
    // containers
    "[]", "{}", "[ ]", "{\n}", "[1]", "[1,2]", "[[],[[]],{}]", "{\"\":0}", "{\"a\":1,\"a\":2}",
    "{\"a\":{\"b\":[null]}}", "[1 , 2\t,\r\n3]", "[\"\",0,-0.0,true,null,{\"k\":[]}]",
    // strings
    "\"\"", "\"a\"", "\" \"", "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\u0000\"", "\"\\u00e9\"",
    "\"\\uABCD\\uabcd\"", "\"\\uD834\\uDD1E\"", "\"\\ud83d\\ude00x\"", "\"\\uFFFF\"", "\"\\uFDD0\"",
    "\"\x7F\"", "\"\xC3\xA9\"", "\"\xE2\x82\xAC\"", "\"\xF0\x9D\x84\x9E\"", "\"\xEF\xBF\xBF\"",
    "\"\xF4\x8F\xBF\xBF\"", "\"\xE2\x80\xA8\xE2\x80\xA9\"", "\"/* no comment */\"", "\"\\\\u0041\"",
    "\"[1,2\"", "\"12345678\\n\"", "\"1234567\\\"8\""};

constexpr std::string_view kBadValues[] = {
    // numbers
    "+1", "-", "--1", "- 1", "01", "-01", "00", "-00", "1.", "-1.", ".5", "-.5", "1.e5", "1..2",
    "1.2.3", "1e", "1e+", "1E-", "1ee5", "1e5.5", "1e+-5", "0e", "0x10", "0b1", "1_000", "1,000x",
    "1a", "1.5f", "NaN", "nan", "-NaN", "Infinity", "-Infinity", "+Infinity", "Inf", "infinity",
    "1+1", "\xEF\xBC\x91", "1\xC3", "0e\xE5", "½",
    // words
    "True", "FALSE", "Null", "tru", "truee", "fals", "nul", "nulll", "undefined", "None", "yes",
    "t", "n",
    // containers
    "[", "]", "[1", "[1,", "[,", "[,1]", "[1,]", "[1,,2]", "[1 2]", "[1:2]", "[1;2]", "[1]]",
    "[[1]", "[1}", "[1,}", "[\"a\"", "[\"a\",\n4\n,1,", "[-]", "[*]", "(1)", "{", "}", "{]",
    "{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\":1,", "{\"a\":1,}", "{\"a\":1,,\"b\":2}", "{\"a\" 1}",
    "{\"a\",1}", "{\"a\"::1}", "{\"a\":}", "{:1}", "{,}", "{1:2}", "{a:1}", "{'a':1}", "{null:1}",
    "{[]:1}", "{\"a\":1]", "{\"a\":1}}", "{\"a\":1 \"b\":2}", "{\"a\":1;\"b\":2}", "{\"a\":1}#",
    "{\"a\":1}//", "{\"a\":1}/**/", "/**/1", "# 1", "[1]x", "1 2", "\"a\" \"b\"", "[]{}", "<null>",
    "[<null>]",
    // strings
    "\"", "'a'", "a", "\"a", "a\"", "\"\\\"", "\"\\", "\"\\x41\"", "\"\\a\"", "\"\\v\"", "\"\\0\"",
    "\"\\U0041\"", "\"\\u\"", "\"\\u0\"", "\"\\u00\"", "\"\\u004\"", "\"\\u00G1\"", "\"\\u-041\"",
    "\"\\u+041\"", "\"\\ u0041\"", "\"\\uD834\\u\"", "\"\\uD834\\u1\"", "\"\\uD834\\u1x\"",
    "\"\\uD834\\\"", "\"\t\"", "\"\n\"", "\"\r\"", "\"\x01\"", "\"\x1F\"", "\"12345678\x1F\"",
    "\"a\0b\""sv, "\\u0041", "\\n", "\"\\\xF0\x9F\x98\x80\"", "\"\\u\xE5\"", "\"\\\xE5\"",
    // what is no white space, and no value at all
    "\v1", "\f1", "1\f",
    "\xC2\xA0"
    "1",
    "\xE2\x81\xA0"
    "1",
    "\0"sv, "1\0"sv, "[1\0]"sv, "\xE9", "\xEF\xBB\xBF", "\xEF\xBB{}", "*", ":", ",", "\\"};

// RFC 8259 leaves these to the reader; this one's choice is to refuse.
constexpr std::string_view kBadText[] = {"\"\\uD800\"",
                                         "\"\\uDC00\"",
                                         "\"\\uD800\\uD800\"",
                                         "\"\\uDC00\\uD800\"",
                                         "\"\\uD800x\"",
                                         "\"\\uD800\\n\"",
                                         "\"\\uD800\\u0041\"",
                                         "\"\x80\"",
                                         "\"\xFF\"",
                                         "\"\xC0\xAF\"",
                                         "\"\xC3\"",
                                         "\"\xE2\x82\"",
                                         "\"\xED\xA0\x80\"",
                                         "\"\xF0\x82\x82\xAC\"",
                                         "\"\xF4\x90\x80\x80\"",
                                         "\"\xF8\x88\x80\x80\x80\"",
                                         "\"\xFC\x80\x80\x80\x80\x80\"",
                                         "\"1234567\xFF\"",
                                         "\xEF\xBB\xBF{}",
                                         "\xFF\xFE[\0]\0"sv,
                                         "[\0\"\0\xFC\0\"\0]\0"sv,
                                         "\0[\0\"\0\xFC\0\"\0]"sv};

std::string Name(std::string_view text) {
  std::string name;
  for (const char c : text.substr(0, 40)) {
    constexpr char kHex[] = "0123456789ABCDEF";
    if (c > 0x20 && c < 0x7F)
      name += c;
    else
      (name += '%') += {kHex[(c >> 4) & 0xF], kHex[c & 0xF]};
  }
  return name;
}

void Add(std::vector<JsonCase>& cases, std::string_view value, Verdict verdict) {
  const std::string text(value);
  for (const std::string& whole : {text, " \t\r\n" + text + "\n", "[" + text + "]",
                                   "{\"k\":" + text + "}", "[1,{\"k\":[0," + text + ",true]}]"})
    cases.push_back({Name(whole), whole, verdict});
}

}  // namespace

std::vector<JsonCase> JsonCases() {
  std::vector<JsonCase> cases;
  for (const std::string_view value : kGoodValues) Add(cases, value, Verdict::kAccept);
  for (const std::string_view value : kBadText) Add(cases, value, Verdict::kRefuse);
  for (const std::string_view value : kBadValues) {
    // A comma or a bracket can make sense of the text around it, so these stand alone or padded.
    for (const std::string& whole : {std::string(value), " " + std::string(value) + " "})
      cases.push_back({Name(whole), whole, Verdict::kRefuse});
  }
  for (const std::string_view empty : {"", " ", "\n\t\r "})
    cases.push_back({"empty" + Name(empty), std::string(empty), Verdict::kRefuse});
  // Every proper prefix of a text that uses everything is incomplete.
  const std::string_view whole = R"({"a":[1.5e-3,true,null,"x\u00e9\n"],"b":{}})";
  for (size_t n = 0; n < whole.size(); ++n)
    cases.push_back(
        {"prefix" + std::to_string(n), std::string(whole.substr(0, n)), Verdict::kRefuse});
  return cases;
}

std::vector<JsonCase> JsonTestSuite() {
  namespace fs = std::filesystem;
  const fs::path folder = fs::path(SLIPWAY_BINARY_FOLDER) / "json-test-suite";
  const std::string command =
      SLIPWAY_SOURCE_FOLDER "/tools/json-test-suite '" + folder.string() + "'";
  std::vector<JsonCase> cases;
  if (std::system((command + " >/dev/null 2>&1").c_str()) != 0) return cases;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (!name.ends_with(".json")) continue;
    std::ifstream file(entry.path(), std::ios::binary);
    cases.push_back(
        {name, {std::istreambuf_iterator<char>(file), {}}, static_cast<Verdict>(name[0])});
  }
  return cases;
}

}  // namespace slipway::testing
