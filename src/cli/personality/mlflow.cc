// Source: mlflow/mlflow, mlflow/models/cli.py and mlflow/utils/cli_args.py: `mlflow models serve`.
#include <fmt/format.h>

#include "cli/personality/models.h"
#include "cli/personality/personality.h"
#include "repository/foreign/mlflow_store.h"

namespace slipway::cli {
namespace {

constexpr std::string_view kNoPython = "there is no Python environment";
constexpr std::string_view kImageFolder = "/opt/ml/model";  // of `mlflow models build-docker`

const OptionRule kMlflowOptions[] = {
    {"--model-uri", Takes::kText, Kept{}, "-m"},
    {"--host", Takes::kText, Kept{}, "-h"},
    {"--port", Takes::kNumber, Kept{}, "-p"},
    {"--timeout", Takes::kNumber, Sets{"models.request_timeout", "s"}, "-t"},
    {"--workers", Takes::kNumber, NoEffect{"one process uses every processor"}, "-w"},
    {"--env-manager", Takes::kText, NoEffect{kNoPython, "local"}},
    {"--no-conda", Takes::kNothing, Kept{}},
    {"--install-mlflow", Takes::kNothing, NoEffect{kNoPython}},
    {"--enable-mlserver", Takes::kNothing, Kept{}},  // its protocol is always there
};

constexpr std::pair<std::string_view, std::string_view> kMlflowVariables[] = {
    {"MLFLOW_HOST", "--host"},
    {"MLFLOW_PORT", "--port"},
    {"MLFLOW_SCORING_SERVER_REQUEST_TIMEOUT", "--timeout"},
    {"MLFLOW_MODELS_WORKERS", "--workers"},
};

class Mlflow {
 public:
  Mlflow(const Invocation& invocation, Translation& out) : invocation_(invocation), out_(out) {}

  void Run() {
    std::span<const std::string> words = invocation_.words;
    if (!words.empty() && words[0] == "--version")
      return out_.Refuse(words[0], kVersionServesNothing);
    // The image has no words, and serves what is mounted.
    const bool image = words.empty() || words[0].starts_with('-');
    if (!image && (words.size() < 2 || words[0] != "models" || words[1] != "serve"))
      return out_.Refuse(words[0], "expected: models serve --model-uri FOLDER");
    for (const auto& [variable, option] : kMlflowVariables)
      if (std::string value = invocation_.Variable(variable); !value.empty())
        ApplyOption(*FindRule(kMlflowOptions, option), std::move(value), variable, variables_,
                    out_);
    given_ = ReadOptions(kMlflowOptions, image ? words : words.subspan(2), out_);
    if (!image && !given_.Has("--model-uri")) return out_.Refuse("--model-uri", "is missing");
    TakeModel();
    const bool mounted = !given_.Has("--model-uri");
    out_.ListenAt(Value("--host", mounted ? "0.0.0.0" : "127.0.0.1"),
                  Value("--port", mounted ? "8080" : "5000"),
                  given_.Where("--port", variables_.Has("--port") ? "MLFLOW_PORT" : "--as mlflow"));
    if (!given_.Has("--enable-mlserver")) return;
    for (const std::string_view setting : {"dialects.metrics", "dialects.open_inference"})
      out_.Set(setting, "mlserver", "--enable-mlserver");
  }

 private:
  std::string Value(std::string_view option, std::string_view otherwise) const {
    return given_.Text(option, variables_.Text(option, otherwise));
  }

  void TakeModel() {
    std::string uri = given_.Text("--model-uri", kImageFolder);
    if (uri.starts_with("file://")) uri.erase(0, 7);
    const auto where = given_.Where("--model-uri", kImageFolder);
    if (repository::IsMlflowUri(uri)) {
      const auto place = repository::LocateInMlflowStore(Store(), uri);
      if (!place.ok()) return out_.Refuse(where, MessageOf(place.status()));
      return TakeFolder(*place, repository::NameOfMlflowUri(uri), where);
    }
    if (uri.find(":/") != std::string::npos)
      return out_.Refuse(
          "--model-uri",
          fmt::format("expected a folder, got \"{}\": download it first, with mlflow "
                      "artifacts download -u URI -d FOLDER",
                      uri));
    while (uri.size() > 1 && uri.ends_with('/')) uri.pop_back();
    TakeFolder(uri, repository::NameOfFolder(uri), where);
  }

  /// Where `mlflow` keeps runs and models; a server's address leads nowhere.
  std::string Store() const {
    std::string store = invocation_.Variable("MLFLOW_TRACKING_URI");
    if (store.starts_with("file://")) store.erase(0, 7);
    return store.empty() ? "mlruns" : store;
  }

  void TakeFolder(const std::string& folder, std::string name, std::string_view where) {
    auto model = repository::ReadMlflowModel(folder, std::move(name));
    if (!model.ok()) return out_.Refuse(where, MessageOf(model.status()));
    TakeModels(std::vector{*std::move(model)}, where, out_);
  }

  const Invocation& invocation_;
  Translation& out_;
  GivenOptions given_;
  GivenOptions variables_;
};

}  // namespace

Personality MlflowPersonality() {
  return {"mlflow", {"mlflow"}, kMlflowOptions, [](const Invocation& invocation, Translation& out) {
            Mlflow(invocation, out).Run();
          }};
}

}  // namespace slipway::cli
