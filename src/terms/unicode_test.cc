#include "terms/unicode.h"

#include <gtest/gtest.h>

#include "terms/murmur_hash.h"

namespace slipway::terms {
namespace {

std::string Lower(std::string_view text) {
  std::string lowered;
  AppendLower(text, lowered);
  return lowered;
}

std::string Stripped(std::string_view text, Accents accents) {
  std::string stripped;
  AppendStripped(text, accents, stripped);
  return stripped;
}

// Expected values: CPython 3.11.
TEST(UnicodeTest, LowersAsPythonDoes) {
  EXPECT_EQ(Lower("Hello WORLD 42"), "hello world 42");
  EXPECT_EQ(Lower("ÀÉÎ Ñ Ж Ա"), "àéî ñ ж ա");
  EXPECT_EQ(Lower("İstanbul"), "i̇stanbul");
  EXPECT_EQ(Lower("ẞ \u212A \u212B"), "ß k å");  // the signs for Kelvin and Ångström
  EXPECT_EQ(Lower("𐐀𐐁 Ⓐ Ⅳ"), "𐐨𐐩 ⓐ ⅳ");          // beyond the first plane; marked as capitals
  EXPECT_EQ(Lower(std::string_view("A\0B", 3)), std::string_view("a\0b", 3));
}

TEST(UnicodeTest, LowersSigmaByWhereItStands) {
  EXPECT_EQ(Lower("ΟΔΥΣΣΕΥΣ"), "οδυσσευς");
  EXPECT_EQ(Lower("ΑΣ ΣΑΣ Σ"), "ας σας σ");
  EXPECT_EQ(Lower("ΑΣ.Β ΑΣ. Β"), "ασ.β ας. β");  // a full stop is skipped, a space is not
  EXPECT_EQ(Lower("Α\u0301Σ"), "α\u0301ς");
  EXPECT_EQ(Lower("ⒶΣ 1Σ"), "ⓐς 1σ");
}

TEST(UnicodeTest, WordsAreLettersAndNumbersOfAllScripts) {
  for (const char32_t c : U"aZ09_éßЖא中ぁ한٣३Ⅷ²½𝔘𐐀ªʰ") {
    EXPECT_EQ(IsWord(c), c != 0) << std::hex << uint32_t{c};
  }
  for (const char32_t c : U" -.'\u0301€😀，。\u200d\u00a0\ufffd")
    EXPECT_FALSE(IsWord(c)) << std::hex << uint32_t{c};
}

TEST(UnicodeTest, DigitsAreDecimal) {
  EXPECT_TRUE(IsDigit(U'7') && IsDigit(U'٣') && IsDigit(U'३'));
  EXPECT_FALSE(IsDigit(U'²') || IsDigit(U'Ⅷ') || IsDigit(U'½') || IsDigit(U'a'));
}

TEST(UnicodeTest, SpacesAreThoseOfStrSplit) {
  for (const char32_t c : U"\t\n\v\f\r \u001c\u001f\u0085\u00a0\u1680\u2003\u2028\u202f\u3000")
    EXPECT_EQ(IsSpace(c), c != 0) << std::hex << uint32_t{c};
  for (const char32_t c : U"a\u200b\ufeff\u0008\u180e")
    EXPECT_FALSE(IsSpace(c)) << std::hex << uint32_t{c};
}

TEST(UnicodeTest, StripsAccentsByCompatibleDecomposition) {
  EXPECT_EQ(Stripped("crème brûlée", Accents::kUnicode), "creme brulee");
  EXPECT_EQ(Stripped("ﬁ ½ Å ộ ø", Accents::kUnicode), "fi 1⁄2 A o ø");
  EXPECT_EQ(Stripped("\uD55C", Accents::kUnicode), "\u1112\u1161\u11AB");
  EXPECT_EQ(Stripped("ﬁ ½ é Ж 中 ø", Accents::kAscii), "fi 12 e   ");
  EXPECT_EQ(Stripped("\uFDFA", Accents::kAscii), "   ");
}

TEST(UnicodeTest, ReadsCodePointsOfAllLengths) {
  const std::string_view text = "aé中😀";
  EXPECT_EQ(CodePointAt(text, 3).value, U'中');
  EXPECT_EQ(CodePointAt(text, 6).value, U'😀');
  EXPECT_EQ(CodePointBefore(text, 10).value, U'😀');
  EXPECT_EQ(CodePointBefore(text, 3).value, U'é');
}

// Expected values: sklearn.utils.murmurhash3_32 of 1.9.
TEST(MurmurHashTest, HashesAsScikitLearnDoes) {
  EXPECT_EQ(MurmurHash(""), 0);
  EXPECT_EQ(MurmurHash("a"), 1009084850);
  EXPECT_EQ(MurmurHash("ab"), -1681926305);
  EXPECT_EQ(MurmurHash("abc"), -1277324294);
  EXPECT_EQ(MurmurHash("hello"), 613153351);
  EXPECT_EQ(MurmurHash("hello world"), 1586663183);
  EXPECT_EQ(MurmurHash("é中😀"), -1890348383);
}

}  // namespace
}  // namespace slipway::terms
