// Other servers' configuration files: any text is models, properties or a refusal.
#include <cstdint>
#include <string_view>

#include "repository/choices.h"
#include "repository/foreign/foreign_model.h"
#include "repository/foreign/properties.h"
#include "text/yaml_tree.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace slipway;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto models = repository::ReadTfservingModels(text, "models.config");
  if (models.ok())
    for (const repository::ForeignModel& model : *models) {
      repository::Choices choices;
      for (const std::string& versions : model.versions) (void)choices.AddVersions(versions).ok();
      for (const std::string& alias : model.aliases)
        if (!choices.AddAlias(alias).ok() && model.problem.ok()) __builtin_trap();
    }
  for (const repository::Property& property : repository::ParseProperties(text))
    (void)repository::SplitAtCommas(property.value);
  (void)repository::ParsePlace(text);
  (void)ParseYaml(text, "MLmodel").ok();
  return 0;
}
