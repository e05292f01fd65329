#include "server/config_schema.h"

#include <fstream>
#include <set>
#include <sstream>

#include "server/config_docs.h"
#include "server/config_value.h"

namespace slipway::server {
namespace {

TEST(SchemaTest, EveryFieldHasItsOwnNamesAndASentence) {
  std::set<std::string> paths, flags, variables;
  for (const Field& field : Schema()) {
    EXPECT_TRUE(paths.emplace(field.path).second) << field.path;
    EXPECT_TRUE(flags.emplace(field.flag).second) << field.flag;
    EXPECT_TRUE(variables.insert(field.variable()).second) << field.variable();
    EXPECT_LE(std::count(field.path.begin(), field.path.end(), '.'), 1) << field.path;
    EXPECT_TRUE(field.flag == "MODEL" || field.flag.starts_with("--")) << field.flag;
    EXPECT_TRUE(field.doc.ends_with(".")) << field.path;
  }
}

TEST(SchemaTest, EveryDefaultReadsBackAsItself) {
  const Config defaults;
  for (const Field& field : Schema()) {
    Config config;
    EXPECT_TRUE(Set(field, Get(field, defaults), config).ok()) << field.path;
    EXPECT_EQ(ToYaml(field, config), ToYaml(field, defaults)) << field.path;
  }
}

TEST(SchemaTest, TheReferenceIsWhatTheTableGenerates) {
  std::ifstream file(SLIPWAY_SOURCE_DIR "/docs/configuration.md");
  std::ostringstream committed;
  committed << file.rdbuf();
  EXPECT_EQ(committed.str(), ConfigReference())
      << "run: slipway config-reference > docs/configuration.md";
}

TEST(ConfigValueTest, SizesAndDurationsReadBackAsWritten) {
  for (const std::string_view text : {"0", "1", "1023", "1KiB", "1025", "64MiB", "3GiB", "1TiB"})
    EXPECT_EQ(FormatByteSize(*ParseByteSize(text)), text);
  for (const std::string_view text : {"0", "1ms", "1500ms", "2s", "90s", "5min"})
    EXPECT_EQ(FormatDuration(*ParseDuration(text)), text);
}

TEST(ConfigValueTest, RefusesWhatIsNoNumberWithItsUnit) {
  for (const std::string_view text : {"", "-1", "+1", "1 KiB", "1kib", "1KB", "0x10", "1.5MiB",
                                      "KiB", "9223372036854775808", "9007199254740993KiB"})
    EXPECT_FALSE(ParseByteSize(text).ok()) << text;
  for (const std::string_view text : {"", "1", "-1s", "1h", "1 s", "s", "9223372036854775807min"})
    EXPECT_FALSE(ParseDuration(text).ok()) << text;
  for (const std::string_view text : {"", "1.0", "1e3", " 1", "+1", "9223372036854775808"})
    EXPECT_FALSE(ParseInteger(text).ok()) << text;
}

}  // namespace
}  // namespace slipway::server
