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

Status Management::CheckUnregister(const Table& table, std::string_view model,
                                   std::string_view version) const {
  if (version.empty()) return OkStatus();
  RETURN_IF_ERROR(Find(table, model, version).status());
  if (table.models.find(model)->second->ready.size() == 1) return OkStatus();
  return Error(Reason::kNotOffered,
               "not offered: one version of several; the model's version_policy says which are "
               "served");
}

void Management::Unregister(const Table& table, std::string_view model, std::string_view version,
                            const Done& done) const {
  if (const Status allowed = CheckUnregister(table, model, version); !allowed.ok())
    return done(allowed);
  services_.models.Unload(std::string(model),
                          [done, name = std::string(model)](const Status& unloaded) {
                            if (!unloaded.ok()) return done(unloaded);
                            done(fmt::format("Model \"{}\" unregistered", name));
                          });
}

Status RefuseSetDefault() {
  return Error(Reason::kNotOffered,
               "not offered: the default version is the newest that is ready; aliases are read "
               "from the repository's aliases.json");
}

}  // namespace slipway::torchserve
