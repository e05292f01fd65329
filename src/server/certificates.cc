#include "server/certificates.h"

#include <fmt/chrono.h>

#include "base/log.h"

namespace slipway::server {
namespace {

constexpr uint64_t kMaxFileBytes = 4u << 20;
constexpr auto kTicketKeyLifetime = std::chrono::hours(12);
constexpr auto kExpiresSoon = std::chrono::hours(24 * 14);

/// @param role  "certificate", "key", …
StatusOr<tls::Pem> ReadPem(std::string_view role, const std::string& path) {
  tls::Pem pem{fmt::format("tls {} {}", role, path), {}};
  const auto named = [&](const Status& status) {
    return MakeError(Reason::kBadRequest, fmt::format("tls {}: {}", role, MessageOf(status)));
  };
  const auto file = io::File::Open(path);
  if (!file.ok()) return named(file.status());
  const auto bytes = file->ReadAll(kMaxFileBytes);
  if (!bytes.ok()) return named(bytes.status());
  pem.text = bytes->text();
  return pem;
}

std::string DateOf(tls::WallTime time) {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(time)));
}

void Announce(const tls::Context& context) {
  for (const std::string& warning : context.warnings()) log::Warn(warning);
  const bool soon = context.not_after() < std::chrono::system_clock::now() + kExpiresSoon;
  log::Write(soon ? log::Level::kWarn : log::Level::kInfo,
             soon ? "the certificate expires soon" : "certificate loaded",
             {{"expires", DateOf(context.not_after())}});
}

}  // namespace

StatusOr<std::unique_ptr<Certificates>> Certificates::Open(const TlsConfig& config,
                                                           const Clock& clock) {
  std::unique_ptr<Certificates> certificates(new Certificates(config, clock));
  ASSIGN_OR_RETURN(auto context, certificates->Load());
  Announce(*context);
  certificates->contexts_ = std::make_shared<Snapshot<tls::Context>>(std::move(context));
  return certificates;
}

StatusOr<std::shared_ptr<const tls::Context>> Certificates::Load() {
  // First, so that what changes while it is read is seen as changed.
  seen_ = Look();
  loaded_ = clock_.Now();
  tls::ContextOptions options;
  ASSIGN_OR_RETURN(options.certificate, ReadPem("certificate", config_.certificate));
  ASSIGN_OR_RETURN(options.key, ReadPem("key", config_.key));
  if (!config_.client_ca.empty()) {
    ASSIGN_OR_RETURN(options.client_authorities, ReadPem("client_ca", config_.client_ca));
  }
  options.client_may_be_unknown = config_.client_certificate == ClientCertificate::kOptional;
  options.only_tls13 = config_.min_version == TlsVersion::k13;
  options.offer_http2 = true;
  return tls::Context::Create(options, std::chrono::system_clock::now());
}

std::vector<std::optional<io::FileFacts>> Certificates::Look() const {
  std::vector<std::optional<io::FileFacts>> facts;
  for (const std::string* path : {&config_.certificate, &config_.key, &config_.client_ca}) {
    const auto file = io::File::Open(*path);
    facts.push_back(file.ok() ? std::optional(file->facts()) : std::nullopt);
  }
  return facts;
}

void Certificates::Refresh() {
  const bool keys_are_old = clock_.Now() - loaded_ > kTicketKeyLifetime;
  if (keys_are_old || Look() != seen_) Reload();
}

void Certificates::Reload() {
  auto context = Load();
  if (!context.ok()) {
    log::Error("certificate not reloaded, the one before stays in use",
               {{"error", MessageOf(context.status())}});
    return;
  }
  Announce(**context);
  contexts_->Replace(*std::move(context));
}

void AddTlsMetrics(Registry& registry, const TlsConfig& config, const Certificates& certificates,
                   const http::Server& server) {
  registry.AddCollector([file = config.certificate, &certificates, &server](MetricSink& sink) {
    const auto handshakes = server.stats().handshakes;
    for (size_t i = 0; i < handshakes.size(); ++i)
      sink.AddCounter("slipway_tls_handshakes_total", "TLS handshakes by how they ended.",
                      {{"result", std::string(tls::NameOf(static_cast<tls::Outcome>(i)))}},
                      static_cast<double>(handshakes[i]));
    const auto expiry = certificates.contexts()->Get()->not_after().time_since_epoch();
    sink.AddGauge("slipway_tls_certificate_expiry_timestamp_seconds",
                  "When the certificate in use expires, Unix time.", {{"file", file}},
                  std::chrono::duration<double>(expiry).count());
  });
}

}  // namespace slipway::server
