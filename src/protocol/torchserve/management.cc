#include "protocol/torchserve/management.h"

#include "protocol/torchserve/description.h"
#include "protocol/torchserve/prediction_handler.h"
#include "routing/resolver.h"

namespace slipway::torchserve {
namespace {

StatusOr<const lifecycle::VersionHandle*> Find(const Management::Table& table,
                                               std::string_view model, std::string_view version) {
  return routing::Resolve(table, model, PlainVersion(version));
}

}  // namespace

Status Management::Describe(const Table& table, std::string_view model, std::string_view version,
                            std::string& out) const {
  const auto entry = table.models.find(model);
  if (version == "all" && entry != table.models.end()) {
    WriteDescriptions(entry->second->ready, services_.queue_size, out);
    return OkStatus();
  }
  ASSIGN_OR_RETURN(const auto* found, Find(table, model, version));
  WriteDescriptions({found, 1}, services_.queue_size, out);
  return OkStatus();
}

void Management::Register(const Table& table, const dialect::Registration& registration,
                          const Done& done) const {
  auto model = dialect::ModelToLoad(registration, services_.repositories, table);
  if (!model.ok()) return done(model.status());
  services_.models.Load(
      *model, [done, &models = services_.models, model = *model](const Status& loaded) {
        if (!loaded.ok()) return done(loaded);
        const auto now = models.table().Get();
        const auto version = routing::Resolve(*now, model, "");
        if (!version.ok()) return done(version.status());
        done(fmt::format("Model \"{}\" Version: {} registered with {} initial workers", model,
                         (**version)->version, (**version)->instances));
      });
}

StatusOr<std::string> Management::Scale(const Table& table, std::string_view model,
                                        std::string_view version, Workers asked) const {
  if (asked.min > asked.max)
    return Error(Reason::kBadRequest, "max_worker cannot be less than min_worker.");
  ASSIGN_OR_RETURN(const auto* found, Find(table, model, version));
  return fmt::format("Workers scaled to {} for model: {}{}{}", (*found)->instances, model,
                     version.empty() ? "" : ", version: ", version);
}

void Management::Unregister(const Table& table, std::string_view model, std::string_view version,
                            const Done& done) const {
  const auto tell = [done](std::string sentence) {
    return [done, sentence = std::move(sentence)](const Status& unloaded) {
      unloaded.ok() ? done(sentence) : done(unloaded);
    };
  };
  if (version.empty())
    return services_.models.Unload(std::string(model),
                                   tell(fmt::format("Model \"{}\" unregistered", model)));
  const auto found = Find(table, model, version);
  if (!found.ok()) return done(found.status());
  const lifecycle::ServedVersion& served = ***found;
  const bool only = table.models.find(model)->second->ready.size() == 1;
  services_.models.UnloadVersion(
      std::string(model), served.number,
      tell(only ? fmt::format("Model \"{}\" unregistered", model)
                : fmt::format("Model \"{}\" Version: {} unregistered", model, served.version)));
}

void Management::SetDefault(const Table& table, std::string_view model, std::string_view version,
                            const Done& done) const {
  if (version.empty()) return done(MakeError(Reason::kBadRequest, "model_version is required"));
  const auto found = Find(table, model, version);
  if (!found.ok()) return done(found.status());
  const lifecycle::ServedVersion& served = ***found;
  services_.models.SetDefault(
      std::string(model), served.number,
      [done,
       sentence = fmt::format("Model \"{}\" Version: {} is the default", model, served.version)](
          const Status& chosen) { chosen.ok() ? done(sentence) : done(chosen); });
}

}  // namespace slipway::torchserve
