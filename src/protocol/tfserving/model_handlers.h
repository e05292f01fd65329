#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "protocol/tfserving/routes.h"
#include "transport/http/exchange.h"

namespace slipway::tfserving {

/// @param version  a number or alias; "" = all. Of a model newest first.
/// @return kNotFound, kLoading.
StatusOr<std::vector<lifecycle::VersionStatus>> FindVersions(const lifecycle::ServingTable& table,
                                                             std::string_view model,
                                                             std::string_view version);

/// Appends what is told of a model, or of one version (a number or alias) of it.
/// @param need_ready  a model that is not is an error, as with KServe's own servers
/// @return kNotFound, kLoading saying why.
Status TellStatus(const lifecycle::ServingTable& table, std::string_view model,
                  std::string_view version, bool need_ready, std::string& out);

/// What is told about models. Handlers of one object may run on every I/O thread at once.
class ModelHandlers {
 public:
  explicit ModelHandlers(const Services& services)
      : infer_(services.infer), kserve_(services.kserve) {}

  void List(http::Exchange& exchange) const;
  void ModelStatus(http::Exchange& exchange) const;
  void Metadata(http::Exchange& exchange) const;

 private:
  routing::InferService& infer_;
  const bool kserve_;
};

}  // namespace slipway::tfserving
