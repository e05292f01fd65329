#pragma once
// The files behind `tls`: read at start and again when they change, without a connection noticing.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/snapshot.h"
#include "io/file.h"
#include "server/config.h"
#include "telemetry/metrics.h"
#include "transport/http/server.h"

namespace slipway::server {

/// Threads: one at a time, except contexts().
class Certificates {
 public:
  /// Reads all files. @return a sentence that names the file which cannot be served with.
  static StatusOr<std::unique_ptr<Certificates>> Open(const TlsConfig& config, const Clock& clock);

  /// What new connections begin with.
  std::shared_ptr<const Snapshot<tls::Context>> contexts() const { return contexts_; }

  /// Looks whether files have changed since they were read, and if so reloads. Also every half day
  /// without a change, for new keys of session tickets. Called every second or so.
  void Refresh();
  /// Reads all files again. New connections begin with them; when they cannot be served with, the
  /// log says why and everything stays as it was.
  void Reload();

 private:
  Certificates(const TlsConfig& config, const Clock& clock) : config_(config), clock_(clock) {}
  StatusOr<std::shared_ptr<const tls::Context>> Load();
  /// Of certificate, key and client authorities; nullopt where there is none to be opened.
  std::vector<std::optional<io::FileFacts>> Look() const;

  const TlsConfig config_;
  const Clock& clock_;
  std::vector<std::optional<io::FileFacts>> seen_;
  TimePoint loaded_{};
  std::shared_ptr<Snapshot<tls::Context>> contexts_;
};

/// Handshakes by result, and when the certificate expires. Both must outlive scrapes of `registry`.
void AddTlsMetrics(Registry& registry, const TlsConfig& config, const Certificates& certificates,
                   const http::Server& server);

}  // namespace slipway::server
