#include "cli/personality/personality.h"

namespace slipway::cli {

std::string Invocation::Variable(std::string_view name) const {
  const auto found = environment.find(name);
  return found == environment.end() ? "" : found->second;
}

std::span<const Personality> Personalities() {
  static const std::vector<Personality> all = {
      TritonPersonality(),    TfservingPersonality(), TorchservePersonality(),
      MlserverPersonality(),  MlflowPersonality(),    SklearnserverPersonality(),
      XgbserverPersonality(), LgbserverPersonality(), SagemakerPersonality(),
      VertexPersonality(),    AzuremlPersonality(),   FlaskPersonality()};
  return all;
}

const Personality* FindPersonality(std::string_view name) {
  for (const Personality& personality : Personalities())
    if (personality.name == name) return &personality;
  return nullptr;
}

const Personality* FindPersonalityOfProgram(std::string_view program) {
  const std::string_view base = program.substr(program.rfind('/') + 1);
  for (const Personality& personality : Personalities())
    for (const std::string_view name : personality.programs)
      if (name == base) return &personality;
  return nullptr;
}

namespace {

/// Control is closed off loopback: who asked for it would see 404s.
void NoteControl(Translation& translation) {
  if (translation.Text("models.control") == "explicit" &&
      translation.Sets("http.public_inference") && !translation.Sets("http.public_models"))
    translation.Note("loading and unloading",
                     "is for this machine alone: --control 127.0.0.1:PORT gives it an address");
}

}  // namespace

StatusOr<Translation> Translate(const Personality& personality, const Invocation& invocation) {
  Translation translation;
  personality.translate(invocation, translation);
  RETURN_IF_ERROR(translation.problem());
  NoteControl(translation);
  return translation;
}

}  // namespace slipway::cli
