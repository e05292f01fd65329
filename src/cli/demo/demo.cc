// `slipway demo`: the commands that a person would type, run one after the other on real data.

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <optional>

#include "cli/commands.h"
#include "cli/demo/own_process.h"
#include "cli/demo/penguins.h"
#include "io/durable_write.h"

namespace slipway::cli {
namespace {

constexpr std::chrono::seconds kServerPatience(30);

constexpr std::string_view kReleaseGate =
    "# What a model of the penguins' sex has to show before anybody is served by it.\n"
    "accuracy >= 0.80\n"
    "roc_auc >= 0.90\n"
    "size_mb <= 5\n";
constexpr std::string_view kStrictGate =
    "# The same for each species: a good average must not hide a bad part.\n"
    "accuracy >= 0.80\n"
    "recall(female)[species=Gentoo] >= 0.999\n"
    "recall(female)[species=Chinstrap] >= 0.999\n"
    "recall(female)[species=Adelie] >= 0.999\n";
constexpr std::string_view kNewRows =
    "species,island,bill_length_mm,bill_depth_mm,flipper_length_mm,body_mass_g\n"
    "Adelie,Dream,39.5,16.7,178,3250\n"
    "Gentoo,Biscoe,50.0,16.3,230,5700\n";

struct Scene {
  std::string_view before;         // said first
  std::vector<std::string> words;  // of the command
  int expected = kDone;            // exit code
};

/// The part before the model is served.
std::vector<Scene> Scenes() {
  const std::vector<std::string> judge = {"evaluate",   "penguins.slipway", "penguins.csv",
                                          "--held-out", "--slices",         "species"};
  const auto with = [&](std::vector<std::string> more) {
    std::vector<std::string> words = judge;
    words.insert(words.end(), more.begin(), more.end());
    return words;
  };
  return {
      {"1. Train. 344 penguins of three species were measured near Palmer Station, Antarctica "
       "(penguins.csv). "
       "What sex has a penguin?",
       {"train", "penguins.csv", "--target", "sex", "--drop", "year", "--clean",
        "drop-missing-target", "--model", "boosting", "--test-share", "0.3", "-o",
        "penguins.slipway"}},
      {"2. Evaluate it on the penguins that it has not seen, and let a gate decide. release.gate "
       "asks for a good "
       "average.",
       with({"--gate", "release.gate", "--html", "report.html"})},
      {"3. A stricter gate asks for every species alone. It says no, and which part of the "
       "penguins is why.",
       with({"--gate", "strict.gate"}), kFailed},
      {"4. What was made: one file with the model, what it takes, where it comes from; and beside "
       "it what was found out of it.",
       {"bundle", "show", "penguins.slipway"}},
  };
}

void Say(std::string_view text) {
  fmt::print("\n{}\n\n", text);
  std::fflush(stdout);
}

void ShowCommand(const std::vector<std::string>& words) {
  fmt::print("$ slipway {}\n", fmt::join(words, " "));
  std::fflush(stdout);
}

Status Play(const Scene& scene, const std::string& folder) {
  Say(scene.before);
  ShowCommand(scene.words);
  ASSIGN_OR_RETURN(OwnProcess process,
                   OwnProcess::Start(scene.words, folder, OwnProcess::Output::kShared));
  if (const int code = process.Wait(); code != scene.expected)
    return Error(Reason::kInternal, "slipway {} ended with code {}, {} was expected",
                 scene.words.front(), code, scene.expected);
  return OkStatus();
}

/// "http://127.0.0.1:40123" out of the server's announcement.
StatusOr<std::string> AddressOf(OwnProcess& server) {
  for (;;) {
    ASSIGN_OR_RETURN(const std::string line, server.ReadLine(kServerPatience));
    const size_t begin = line.find("http://");
    if (begin != std::string::npos) return line.substr(begin, line.find(',', begin) - begin);
  }
}

Status ServeAndAsk(const std::string& folder) {
  Say("5. Serve it, and ask about two penguins that nobody has measured yet (new.csv).");
  const std::vector<std::string> serve = {"serve",  "penguins.slipway", "--http", "127.0.0.1:0",
                                          "--grpc", "127.0.0.1:0",      "--data", "server"};
  ShowCommand(serve);
  const auto begun = std::chrono::steady_clock::now();
  auto server = OwnProcess::Start(serve, folder, OwnProcess::Output::kKept);
  if (!server.ok()) return server.status();
  const auto address = AddressOf(*server);
  if (!address.ok()) return Annotate(address.status(), "slipway serve");
  fmt::print("Slipway serves on {}, {} ms after its start\n\n", *address,
             std::chrono::duration_cast<std::chrono::milliseconds>(
                 std::chrono::steady_clock::now() - begun)
                 .count());
  return Play({"", {"predict", *address + "/v2/models/penguins", "--input", "new.csv"}}, folder);
}

Status WriteFile(const std::string& path, std::string_view content) {
  return io::WriteDurably(path, content, io::DurableFile::Existing::kRefuse);
}

Status PlayAll(const std::string& folder) {
  RETURN_IF_ERROR(WriteFile(folder + "/penguins.csv", PenguinRows()));
  RETURN_IF_ERROR(WriteFile(folder + "/release.gate", kReleaseGate));
  RETURN_IF_ERROR(WriteFile(folder + "/strict.gate", kStrictGate));
  RETURN_IF_ERROR(WriteFile(folder + "/new.csv", kNewRows));
  for (const Scene& scene : Scenes()) RETURN_IF_ERROR(Play(scene, folder));
  RETURN_IF_ERROR(ServeAndAsk(folder));
  return OkStatus();
}

/// A new folder for the demo's files.
StatusOr<std::string> MakeFolder(const Arguments& arguments) {
  std::error_code error;
  if (arguments.Has("--folder")) {
    const std::string folder = arguments.Text("--folder");
    if (!std::filesystem::create_directory(folder, error))
      return Error(Reason::kAlreadyExists, "--folder {}: {}", folder,
                   error ? error.message() : "it is there already; name a new one");
    return folder;
  }
  std::string pattern = std::filesystem::temp_directory_path(error) / "slipway-demo-XXXXXX";
  if (error || mkdtemp(pattern.data()) == nullptr)
    return Error(Reason::kIo, "cannot make a folder {}", pattern);
  return pattern;
}

int RunDemo(const Arguments& arguments) {
  const auto folder = MakeFolder(arguments);
  if (!folder.ok()) return Fail("demo", folder.status());
  const bool kept = arguments.Has("--folder");
  const Status played = PlayAll(*folder);
  if (!kept) {
    std::error_code ignored;  // a folder below /tmp that stays is no failure of the demo
    std::filesystem::remove_all(*folder, ignored);
  }
  if (!played.ok()) return Fail("demo", played);
  if (kept)
    Say(fmt::format("All of it lies in {}; report.html is made for a browser.", *folder));
  else
    Say("Every figure above was measured just now. slipway demo --folder DIR keeps the files.");
  return kDone;
}

}  // namespace

Command DemoCommand() {
  return {"demo",
          "Trains, judges, gates, packs and serves a model of real data, live.",
          "slipway demo --folder penguins",
          {{"--folder", "DIR",
            "Keeps the files, in a new folder; otherwise they are removed in the end."}},
          RunDemo};
}

}  // namespace slipway::cli
