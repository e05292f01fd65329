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

TEST(ParseCommandLineTest, TellsTwoArgumentsApart) {
  const Command two = {
      "two", "", "slipway two x y", {{"A", "", "", true}, {"B", "", "", true}}, nullptr};
  const auto parsed = ParseCommandLine(two, std::vector<std::string>{"a", "b"});
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(Arguments(parsed->values).Text("A"), "a");
  EXPECT_EQ(Arguments(parsed->values).Text("B"), "b");
  EXPECT_EQ(MessageOf(ParseCommandLine(two, std::vector<std::string>{"a"}).status()),
            "B is missing, as in: slipway two x y");
  EXPECT_EQ(MessageOf(ParseCommandLine(two, std::vector<std::string>{"a", "b", "c"}).status()),
            "unexpected argument \"c\"; see slipway two --help");
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

class RunProgramTest : public ::testing::Test {
 protected:
  static int Run(std::vector<const char*> words) {
    words.insert(words.begin(), "slipway");
    ::testing::internal::CaptureStdout();
    ::testing::internal::CaptureStderr();
    const int code = RunProgram(kCommands, static_cast<int>(words.size()), words.data());
    said_ = ::testing::internal::GetCapturedStdout() + ::testing::internal::GetCapturedStderr();
    return code;
  }
  static int Tell(const Arguments& arguments) {
    std::printf("told %s", arguments.Text("WHAT").c_str());
    return kDone;
  }

  static inline std::string said_;
  static inline const std::vector<Command> kCommands = {
      {"box show", "Shows.", "slipway box show x", {{"WHAT", "", "What."}}, Tell},
      {"box diff", "Compares.", "slipway box diff x", {}, Tell},
      {"tell", "Tells.", "slipway tell", {{"WHAT", "", "What."}}, Tell}};
};

TEST_F(RunProgramTest, AVerbIsPartOfTheCommand) {
  EXPECT_EQ(Run({"box", "show", "this"}), kDone);
  EXPECT_EQ(said_, "told this");
  EXPECT_EQ(Run({"tell", "show"}), kDone);
  EXPECT_EQ(said_, "told show");
}

TEST_F(RunProgramTest, AGroupShowsItsVerbs) {
  for (const std::vector<const char*>& words :
       {std::vector{"box", "--help"}, {"help", "box"}, {"box", "help"}}) {
    EXPECT_EQ(Run(words), kDone);
    EXPECT_THAT(said_, HasSubstr("Usage: slipway box show|diff …"));
    EXPECT_THAT(said_, ::testing::Not(HasSubstr("Tells.")));
  }
  EXPECT_EQ(Run({"box"}), kBadUsage);
  EXPECT_THAT(said_, HasSubstr("box diff"));
  EXPECT_EQ(Run({"help", "box", "diff"}), kDone);
  EXPECT_THAT(said_, HasSubstr("Usage: slipway box diff [options]"));
}

TEST_F(RunProgramTest, AVerbThatIsNoneIsNamed) {
  EXPECT_EQ(Run({"box", "sign", "x"}), kBadUsage);
  EXPECT_EQ(said_, "slipway: unknown command \"box sign\": box knows show, diff.\n");
  EXPECT_EQ(Run({"box", "shwo"}), kBadUsage);
  EXPECT_THAT(said_, HasSubstr("did you mean \"show\"?"));
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
