#include "cli/server_target.h"

#include <chrono>

#include "io/file.h"

namespace slipway::cli {
namespace {

constexpr uint64_t kMaxPemBytes = 4u << 20;

/// The file that the option names; empty when it was not given.
StatusOr<tls::Pem> ReadPem(const Arguments& arguments, std::string_view option) {
  const std::string path = arguments.Text(option);
  if (path.empty()) return tls::Pem{};
  const auto file = io::File::Open(path);
  if (!file.ok()) return Annotate(file.status(), option);
  const auto bytes = file->ReadAll(kMaxPemBytes);
  if (!bytes.ok()) return Annotate(bytes.status(), option);
  return tls::Pem{fmt::format("{} {}", option, path), std::string(bytes->text())};
}

StatusOr<std::shared_ptr<const tls::ClientContext>> ReadTls(const Arguments& arguments,
                                                            bool http2) {
  tls::ClientOptions options{.authorities = {}, .certificate = {}, .key = {}, .http2 = http2};
  ASSIGN_OR_RETURN(options.authorities, ReadPem(arguments, "--tls-ca"));
  ASSIGN_OR_RETURN(options.certificate, ReadPem(arguments, "--tls-certificate"));
  ASSIGN_OR_RETURN(options.key, ReadPem(arguments, "--tls-key"));
  if (arguments.Has("--tls-certificate") != arguments.Has("--tls-key"))
    return Error(Reason::kBadRequest, "--tls-certificate and --tls-key need each other");
  return tls::ClientContext::Create(options, std::chrono::system_clock::now());
}

}  // namespace

std::vector<Option> TargetOptions() {
  return {{.name = "--protocol",
           .value_name = "WORD",
           .help = "What is spoken at http://, https:// and unix: addresses; http by default. "
                   "grpc:// and grpcs:// say it themselves.",
           .words = {"http", "grpc"}},
          {"--tls-ca", "FILE",
           "Authorities that a server's certificate has to come from, PEM; the machine's own by "
           "default."},
          {"--tls-certificate", "FILE",
           "Certificate to show to servers that ask for one, PEM, issuers after it."},
          {"--tls-key", "FILE", "Its key, PEM."}};
}

StatusOr<client::Target> ReadTarget(std::string_view url, const Arguments& arguments) {
  client::Target target;
  ASSIGN_OR_RETURN(target.endpoint, client::Endpoint::Parse(url));
  client::Endpoint& endpoint = target.endpoint;
  if (arguments.Text("--protocol") == "grpc") endpoint.protocol = client::Protocol::kGrpc;
  if (arguments.Text("--protocol") == "http" && url.starts_with("grpc"))
    return Error(Reason::kBadRequest, "--protocol http: \"{}\" says gRPC", url);
  if (endpoint.tls) {
    ASSIGN_OR_RETURN(target.tls, ReadTls(arguments, endpoint.protocol == client::Protocol::kGrpc));
    return target;
  }
  for (const char* option : {"--tls-ca", "--tls-certificate", "--tls-key"})
    if (arguments.Has(option))
      return Error(Reason::kBadRequest,
                   "{}: \"{}\" is spoken to without TLS; use https:// or "
                   "grpcs://",
                   option, url);
  return target;
}

}  // namespace slipway::cli
