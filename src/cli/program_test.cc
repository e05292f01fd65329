#include "cli/program.h"

namespace slipway::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Command Sample() {
  return {
      "sample",
      "Does something.",
      "slipway sample x",
      {{.name = "FILE", .value_name = "", .help = "A file.", .required = true, .repeated = true},
       {.name = "--output", .value_name = "OUT", .help = "Where to.", .short_name = "-o"},
       {.name = "--tag", .value_name = "TAG", .help = "A tag.", .repeated = true},
       {.name = "--format", .value_name = "WORD", .help = "A form.", .words = {"json", "binary"}},
       {"--verify", "", "Checks."}},
      nullptr};
}

std::string ErrorOf(const std::vector<std::string>& words) {
  const auto parsed = ParseCommandLine(Sample(), words);
  return parsed.ok() ? "accepted" : std::string(MessageOf(parsed.status()));
}

TEST(ParseCommandLineTest, ReadsOptionsInAnyOrder) {
  const std::vector<std::string> words = {"a",       "--tag", "1",   "--verify", "b",
                                          "--tag=2", "-o",    "out", "--format", "json"};
  const auto parsed = ParseCommandLine(Sample(), words);
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  const Arguments arguments(parsed->values);
  EXPECT_THAT(arguments.Texts("FILE"), ElementsAre("a", "b"));
  EXPECT_THAT(arguments.Texts("--tag"), ElementsAre("1", "2"));
  EXPECT_EQ(arguments.Text("--output"), "out");
  EXPECT_EQ(arguments.Text("--format"), "json");
  EXPECT_TRUE(arguments.Flag("--verify"));
}

TEST(ParseCommandLineTest, ArgumentsWithoutNamesComeInTheirOrder) {
  Command command = Sample();
  command.options[0] = {.name = "MODEL", .help = "A model.", .required = true};
  command.options.push_back({.name = "DATA", .help = "Rows.", .required = true});
  const auto parsed =
      ParseCommandLine(command, std::vector<std::string>{"m", "--format", "json", "d"});
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(Arguments(parsed->values).Text("MODEL"), "m");
  EXPECT_EQ(Arguments(parsed->values).Text("DATA"), "d");
  EXPECT_FALSE(ParseCommandLine(command, std::vector<std::string>{"m", "d", "x"}).ok());
  EXPECT_FALSE(ParseCommandLine(command, std::vector<std::string>{"m"}).ok());
}

TEST(ParseCommandLineTest, ASwitchCanBeTurnedOff) {
  EXPECT_FALSE(
      Arguments(ParseCommandLine(Sample(), std::vector<std::string>{"a", "--verify=false"})->values)
          .Flag("--verify"));
  EXPECT_FALSE(Arguments(ParseCommandLine(Sample(), std::vector<std::string>{"a"})->values)
                   .Flag("--verify"));
}

TEST(ParseCommandLineTest, SaysWhatIsWrongAndWhatWasMeant) {
  const std::pair<std::vector<std::string>, std::string_view> table[] = {
      {{}, "FILE is missing, as in: slipway sample x"},
      {{"a", "--output"}, "--output needs a value: --output OUT"},
      {{"a", "--outptu", "x"}, "unknown option --outptu; did you mean \"--output\"?"},
      {{"a", "--outptu=x"}, "unknown option --outptu; did you mean \"--output\"?"},
      {{"a", "--colour"}, "unknown option --colour; see slipway sample --help"},
      {{"a", "--format", "jsn"},
       "--format: expected one of json, binary, got \"jsn\"; did you mean \"json\"?"},
  };
  for (const auto& [words, message] : table) EXPECT_EQ(ErrorOf(words), message);
}

TEST(ParseCommandLineTest, AsksForHelpWhateverElseIsMissing) {
  EXPECT_TRUE(ParseCommandLine(Sample(), std::vector<std::string>{"--help"})->help);
}

TEST(HelpTest, ShowsUsageOptionsAndAnExample) {
  const std::string help = HelpOf(Sample());
  EXPECT_THAT(help, HasSubstr("Usage: slipway sample FILE … [options]\n"));
  EXPECT_THAT(help, HasSubstr("  -o, --output OUT              Where to.\n"));
  EXPECT_THAT(help, HasSubstr("  --format json|binary          A form.\n"));
  EXPECT_THAT(help, HasSubstr("Example:\n  slipway sample x\n"));
}

TEST(CommandsTest, EveryOneHasASentenceAndAnExampleOfItself) {
  for (const Command& command : Commands()) {
    EXPECT_TRUE(command.summary.ends_with(".")) << command.name;
    EXPECT_TRUE(command.example.starts_with("slipway " + command.name)) << command.name;
    for (const Option& option : command.options)
      EXPECT_TRUE(option.help.ends_with(".")) << option.name;
  }
}

}  // namespace
}  // namespace slipway::cli
