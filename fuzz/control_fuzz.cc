// The bodies of requests about models: a registration with TorchServe or SageMaker, and the Open
// Inference Protocol's index, load and unload; TensorFlow Serving's configuration. The first byte
// chooses. A model that is registered or configured is an entry of a repository; what the others
// accept is nothing, or an object.

#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "protocol/dialect/model_registration.h"
#include "protocol/openinference/repository_reader.h"
#include "protocol/tfserving/reload_message.h"

namespace slipway {
namespace {

const dialect::Repository kRepositories[] = {{"/models"}, {"/more/7", "wine"}};

void CheckEntry(std::string_view model) {
  SLIPWAY_CHECK(!model.empty() && model.find('/') == model.npos && model != "." && model != "..",
                "a model that is registered is an entry of a repository");
}

void Register(std::string_view body) {
  const auto registration = dialect::ReadRegistration(body);
  if (!registration.ok()) return;
  const auto model = dialect::ModelToLoad(*registration, kRepositories, lifecycle::ServingTable());
  if (model.ok()) CheckEntry(*model);
}

void Configure(std::string_view message) {
  const auto models = tfserving::ReadReloadRequest(message, kRepositories);
  if (!models.ok()) return;
  for (const lifecycle::WantedModel& model : *models) {
    CheckEntry(model.name);
    for (const auto& [alias, number] : model.aliases)
      SLIPWAY_CHECK(IsAlias(alias) && number.value > 0, "a label is an alias of a version");
  }
}

bool Accepts(int reader, std::string_view body) {
  switch (reader) {
    case 1:
      return openinference::ReadIndexRequest(body).ok();
    case 2:
      return openinference::ReadLoadRequest(body).ok();
    default:
      return openinference::ReadUnloadRequest(body).ok();
  }
}

}  // namespace

void FuzzControl(int reader, std::string_view body) {
  if (reader == 0) return Register(body);
  if (reader == 4) return Configure(body);
  SLIPWAY_CHECK(!Accepts(reader, body) || openinference::ReadSettings(body).ok(),
                "what is accepted is nothing, or an object");
}

}  // namespace slipway

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  slipway::FuzzControl(data[0] % 5, {reinterpret_cast<const char*>(data) + 1, size - 1});
  return 0;
}
