#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "cli/program.h"

namespace slipway::cli {
namespace {

using ::testing::HasSubstr;

/// What bash offers for the words, of which the last is being typed.
std::string OfferedByBash(const std::string& words) {
  const std::string file = ::testing::TempDir() + "slipway_completion_test.bash";
  std::ofstream(file)
      << CompletionScript("bash", Commands()) << "\nCOMP_WORDS=(" << words
      << ")\nCOMP_CWORD=$((${#COMP_WORDS[@]}-1))\n_slipway\necho \"${COMPREPLY[@]}\"\n";
  std::FILE* pipe = popen(("bash " + file + " 2>&1").c_str(), "r");
  char text[4096];
  const size_t size = std::fread(text, 1, sizeof(text), pipe);
  pclose(pipe);
  std::remove(file.c_str());
  return std::string(text, size);
}

TEST(CompletionTest, BashOffersCommandsOptionsAndWords) {
  EXPECT_EQ(OfferedByBash("slipway pre"), "predict\n");
  EXPECT_EQ(OfferedByBash("slipway inspect --v"), "--verify\n");
  EXPECT_EQ(OfferedByBash("slipway serve --model-control p"), "poll\n");
  EXPECT_EQ(OfferedByBash("slipway serve --as tr"), "triton\n");
  EXPECT_EQ(OfferedByBash("slipway completion z"), "zsh\n");
  EXPECT_EQ(OfferedByBash("slipway bun"), "bundle\n");
  EXPECT_EQ(OfferedByBash("slipway bundle s"), "show\n");
  EXPECT_EQ(OfferedByBash("slipway bundle pack --lic"), "--licence\n");
  EXPECT_THAT(OfferedByBash("slipway serve --max-b"), HasSubstr("--max-body"));
}

TEST(CompletionTest, EveryShellKnowsEveryVisibleOption) {
  for (const std::string_view shell : {"bash", "zsh", "fish"}) {
    const std::string script = CompletionScript(shell, Commands());
    for (const Command& command : Commands()) {
      if (command.hidden) {
        EXPECT_EQ(script.find(command.name), std::string::npos) << command.name;
        continue;
      }
      for (const Option& option : command.options) {
        if (option.is_positional()) continue;
        EXPECT_THAT(script, HasSubstr(option.name.substr(2))) << shell;
      }
    }
  }
}

}  // namespace
}  // namespace slipway::cli
