// Platforms whose containers are told what to do by the environment. Models are Slipway's own
// words, or lie where the platform puts them. docs/protocols/ has the sources.
#include <fmt/format.h>

#include "cli/personality/personality.h"
#include "repository/foreign/properties.h"

namespace slipway::cli {
namespace {

void Vertex(const Invocation& invocation, Translation& out) {
  for (const std::string& word : invocation.words) out.Leave(word);
  const std::string port = invocation.Variable("AIP_HTTP_PORT");
  out.ListenAt("0.0.0.0", port.empty() ? "8080" : port, "AIP_HTTP_PORT");
  for (const auto& [variable, path] : {std::pair("AIP_HEALTH_ROUTE", "vertex.health_route"),
                                       std::pair("AIP_PREDICT_ROUTE", "vertex.predict_route")})
    if (std::string route = invocation.Variable(variable); !route.empty())
      out.Set(path, std::move(route), variable);
  constexpr std::string_view kUri = "AIP_STORAGE_URI";
  if (std::string uri = invocation.Variable(kUri); uri.find("://") != uri.npos)
    out.Note(kUri, "has no effect: models come with the image or from a volume");
  else if (!uri.empty())
    out.Add("models.paths", std::move(uri), kUri);
}

// Source: azureml-inference-server-http 1.5.1, args.py: options; amlserver.py, config.py:
// variables.
constexpr std::string_view kNoScript = "the script does not run, bodies are rows";

const OptionRule kAzureml[] = {
    {"--port", Takes::kNumber, Kept{}},
    {"--model_dir", Takes::kText, Kept{}},
    {"--entry_script", Takes::kText, NoEffect{kNoScript}},
    {"--worker_count", Takes::kNumber, NoEffect{"one process uses every processor"}},
    {"--health_port", Takes::kNumber, Kept{}},
    {"--appinsights_instrumentation_key", Takes::kText,
     NoEffect{"logs are lines on standard error, metrics are at /metrics"}},
    {"--access_control_allow_origins", Takes::kText, Kept{}},
    {"--config_file", Takes::kText, Refused{"options are read from the command line"}},
};

/// A second address, where the variable asks for one.
void TakeHealthPort(const Invocation& invocation, const GivenOptions& given, Translation& out) {
  constexpr std::string_view kOption = "--health_port", kVariable = "SEPERATE_HEALTH_ENDPOINT";
  if (invocation.Variable(kVariable) == "true")
    out.ListenAt("0.0.0.0", given.Text(kOption, "5000"), given.Where(kOption, kVariable));
  else if (given.Has(kOption))
    out.Note(kOption, fmt::format("has no effect without {}=true", kVariable));
}

void TakeOrigins(const Invocation& invocation, const GivenOptions& given, Translation& out) {
  constexpr std::string_view kOption = "--access_control_allow_origins";
  constexpr std::string_view kVariable = "AML_CORS_ORIGINS";
  const std::string origins = given.Text(kOption, invocation.Variable(kVariable));
  for (std::string& origin : repository::SplitAtCommas(origins))
    out.Add("http.cors_origins", std::move(origin), given.Where(kOption, kVariable));
}

void Azureml(const Invocation& invocation, Translation& out) {
  const GivenOptions given = ReadOptions(kAzureml, invocation.words, out);
  out.ListenAt("0.0.0.0", given.Text("--port", "5001"), given.Where("--port", "--as azureml"));
  TakeHealthPort(invocation, given, out);
  TakeOrigins(invocation, given, out);
  out.Set("azureml.scoring_route", "/score", "--as azureml");
  out.Set("azureml.liveness_route", "/", "--as azureml");
  const std::string folder = given.Text("--model_dir", invocation.Variable("AZUREML_MODEL_DIR"));
  if (!folder.empty())
    out.Add("models.paths", folder, given.Where("--model_dir", "AZUREML_MODEL_DIR"));
  if (!invocation.Variable("AZUREML_ENTRY_SCRIPT").empty())
    out.Note("AZUREML_ENTRY_SCRIPT", fmt::format("has no effect: {}", kNoScript));
}

}  // namespace

Personality VertexPersonality() { return {"vertex", {}, {}, Vertex}; }
Personality AzuremlPersonality() { return {"azureml", {"azmlinfsrv"}, kAzureml, Azureml}; }

}  // namespace slipway::cli
