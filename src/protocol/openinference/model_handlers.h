#pragma once
#include "protocol/openinference/routes.h"
#include "transport/http/exchange.h"

namespace slipway::openinference {

/// What is told about the server and its models, and the model repository. Handlers of one object
/// may run on every I/O thread at once.
class ModelHandlers {
 public:
  explicit ModelHandlers(const Services& services) : services_(services) {}

  void Live(http::Exchange& exchange) const;
  void Ready(http::Exchange& exchange) const;
  void Server(http::Exchange& exchange) const;
  void List(http::Exchange& exchange) const;
  void Metadata(http::Exchange& exchange) const;
  void ModelReady(http::Exchange& exchange) const;
  void Config(http::Exchange& exchange) const;
  void Statistics(http::Exchange& exchange) const;
  void Index(http::Exchange& exchange) const;
  void LogSettings(http::Exchange& exchange) const;
  void ChangeLogSettings(http::Exchange& exchange) const;
  void TraceSettings(http::Exchange& exchange) const;
  void ChangeTraceSettings(http::Exchange& exchange) const;
  void Load(http::Exchange& exchange) const;
  void Unload(http::Exchange& exchange) const;

 private:
  /// What this I/O thread sees; valid until it asks again.
  const lifecycle::ServingTable& TableFor(const http::Exchange& exchange) const;

  const Services services_;
};

}  // namespace slipway::openinference
