// Platforms whose containers are told what to do by the environment, and Flask. Models are
// Slipway's own words, or lie where the platform puts them. docs/protocols/ has the sources.
#include <fmt/format.h>

#include "cli/personality/personality.h"

namespace slipway::cli {
namespace {

constexpr std::string_view kCodeDoesNotRun =
    "has no effect: code of a model does not run, bodies are rows and tensors (docs/dialects.md)";

void NoteCode(const Invocation& invocation, std::initializer_list<std::string_view> variables,
              Translation& out) {
  for (const std::string_view variable : variables)
    if (!invocation.Variable(variable).empty()) out.Note(variable, kCodeDoesNotRun);
}

void LeaveAll(std::span<const std::string> words, Translation& out) {
  for (const std::string& word : words) out.Leave(word);
}

void ListenAnywhere(const Invocation& invocation, std::string_view variable,
                    std::string_view otherwise, Translation& out) {
  const std::string port = invocation.Variable(variable);
  out.Listen(AddressOf("0.0.0.0", port.empty() ? otherwise : port), variable);
}

void Sagemaker(const Invocation& invocation, Translation& out) {
  std::span<const std::string> words = invocation.words;
  if (!words.empty() && words[0] == "serve") words = words.subspan(1);
  LeaveAll(words, out);
  ListenAnywhere(invocation, "SAGEMAKER_BIND_TO_PORT", "8080", out);
  if (invocation.Variable("SAGEMAKER_MULTI_MODEL") == "true") {
    out.Set("dialects.models", "sagemaker", "SAGEMAKER_MULTI_MODEL");
    out.Set("models.control", "explicit", "SAGEMAKER_MULTI_MODEL");
    out.Add("models.paths", "/opt/ml/models", "SAGEMAKER_MULTI_MODEL");
  } else {
    out.Add("models.paths", "/opt/ml/model", "--as sagemaker");
  }
  for (const std::string_view variable :
       {"SAGEMAKER_TRITON_DEFAULT_MODEL_NAME", "SAGEMAKER_TFS_DEFAULT_MODEL_NAME"})
    if (std::string model = invocation.Variable(variable); !model.empty())
      out.Set("models.default_model", std::move(model), variable);
  NoteCode(invocation, {"SAGEMAKER_PROGRAM", "SAGEMAKER_SUBMIT_DIRECTORY"}, out);
  for (const std::string_view variable :
       {"SAGEMAKER_MODEL_SERVER_WORKERS", "SAGEMAKER_TRITON_THREAD_COUNT",
        "SAGEMAKER_SAFE_PORT_RANGE"})
    if (!invocation.Variable(variable).empty())
      out.Note(variable, "has no effect: one process on one port uses every processor");
}

void Vertex(const Invocation& invocation, Translation& out) {
  LeaveAll(invocation.words, out);
  ListenAnywhere(invocation, "AIP_HTTP_PORT", "8080", out);
  for (const auto& [variable, path] : {std::pair("AIP_HEALTH_ROUTE", "vertex.health_route"),
                                       std::pair("AIP_PREDICT_ROUTE", "vertex.predict_route")})
    if (std::string route = invocation.Variable(variable); !route.empty())
      out.Set(path, std::move(route), variable);
  if (const std::string uri = invocation.Variable("AIP_STORAGE_URI"); uri.find("://") != uri.npos)
    out.Note("AIP_STORAGE_URI", "has no effect: models come with the image or from a volume");
}

const OptionRule kAzureml[] = {
    {"--port", Takes::kNumber, Kept{}},
    {"--model_dir", Takes::kText, Kept{}},
    {"--entry_script", Takes::kText, NoEffect{"the script does not run, bodies are rows"}},
    {"--config_file", Takes::kText, Refused{"options are read from the command line"}},
};

void Azureml(const Invocation& invocation, Translation& out) {
  const GivenOptions given = ReadOptions(kAzureml, invocation.words, out);
  out.Listen(AddressOf("0.0.0.0", given.Text("--port", "5001")),
             given.Where("--port", "--as azureml"));
  out.Set("azureml.scoring_route", "/score", "--as azureml");
  out.Set("azureml.liveness_route", "/", "--as azureml");
  const std::string folder = given.Text("--model_dir", invocation.Variable("AZUREML_MODEL_DIR"));
  if (!folder.empty())
    out.Add("models.paths", folder, given.Where("--model_dir", "AZUREML_MODEL_DIR"));
  NoteCode(invocation, {"AZUREML_ENTRY_SCRIPT"}, out);
}

const OptionRule kFlask[] = {
    {"--host", Takes::kText, Kept{}, "-h"},
    {"--port", Takes::kNumber, Kept{}, "-p"},
    {"--app", Takes::kText, NoEffect{"the application does not run, /predict is Slipway's"}, "-A"},
    {"--cert", Takes::kText, Sets{"tls.certificate"}},
    {"--key", Takes::kText, Sets{"tls.key"}},
    {"--debug", Takes::kNothing, NoEffect{"--log-level=debug tells more"}},
    {"--no-debug", Takes::kNothing, Kept{}},
    {"--reload", Takes::kNothing, Kept{}},
    {"--no-reload", Takes::kNothing, Kept{}},
    {"--with-threads", Takes::kNothing, Kept{}},
    {"--without-threads", Takes::kNothing, NoEffect{"--io-threads says how many there are"}},
};

void Flask(const Invocation& invocation, Translation& out) {
  std::vector<std::string> words(invocation.words.begin(), invocation.words.end());
  std::erase(words, "run");
  const GivenOptions given = ReadOptions(kFlask, words, out);
  const std::string host = invocation.Variable("FLASK_RUN_HOST");
  const std::string port = invocation.Variable("FLASK_RUN_PORT");
  out.Listen(AddressOf(given.Text("--host", host.empty() ? "127.0.0.1" : host),
                       given.Text("--port", port.empty() ? "5000" : port)),
             given.Where("--port", port.empty() ? "--as flask" : "FLASK_RUN_PORT"));
  if (given.Has("--reload")) out.Set("models.control", "poll", "--reload");
  NoteCode(invocation, {"FLASK_APP"}, out);
}

}  // namespace

Personality SagemakerPersonality() { return {"sagemaker", {"serve"}, {}, Sagemaker}; }
Personality VertexPersonality() { return {"vertex", {}, {}, Vertex}; }
Personality AzuremlPersonality() { return {"azureml", {"azmlinfsrv"}, kAzureml, Azureml}; }
Personality FlaskPersonality() { return {"flask", {"flask"}, kFlask, Flask}; }

}  // namespace slipway::cli
