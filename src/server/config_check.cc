// Rules between fields, and of texts whose form a type cannot say.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "repository/choices.h"
#include "server/config_loader.h"
#include "server/listen_address.h"

namespace slipway::server {
namespace {

class Checker {
 public:
  explicit Checker(EffectiveConfig& effective) : effective_(effective), config_(effective.config) {}

  std::vector<std::string> Run() && {
    CheckModels();
    CheckListeners();
    CheckPublicModels();
    CheckPeersAndOrigins();
    CheckRoute("azureml.liveness_route", config_.azureml.liveness_route);
    CheckRoute("azureml.readiness_route", config_.azureml.readiness_route);
    CheckRoute("azureml.scoring_route", config_.azureml.scoring_route);
    CheckSharedMemory();
    CheckTls();
    CheckRoute("vertex.health_route", config_.vertex.health_route);
    CheckRoute("vertex.predict_route", config_.vertex.predict_route);
    return std::move(problems_);
  }

 private:
  void Problem(std::string_view path, std::string_view what) {
    const auto index = static_cast<size_t>(FindField(path) - Schema().data());
    const Origin& origin = effective_.origins[index];
    problems_.push_back(server::Problem(origin, path, what));
  }

  void CheckModels() {
    if (config_.models.paths.empty())
      Problem("models.paths",
              "expected a model or a folder of models, as in: slipway serve examples/models");
    for (const std::string& path : config_.models.paths)
      if (path.empty()) Problem("models.paths", "expected a path, got \"\"");
    repository::Choices choices;
    for (const std::string& text : config_.models.versions)
      if (const Status fine = choices.AddVersions(text); !fine.ok())
        Problem("models.versions", MessageOf(fine));
    for (const std::string& text : config_.models.aliases)
      if (const Status fine = choices.AddAlias(text); !fine.ok())
        Problem("models.aliases", MessageOf(fine));
    for (const std::string& text : config_.models.answers)
      if (const Status fine = choices.AddAnswer(text); !fine.ok())
        Problem("models.answers", MessageOf(fine));
    for (const std::string& root : config_.models.allowed_roots)
      if (!root.starts_with('/'))
        Problem("models.roots", fmt::format("expected an absolute path, got \"{}\"", root));
  }

  void CheckListeners() {
    if (config_.http.listen.empty()) Problem("http.listen", "expected at least one address");
    std::set<std::string> taken;
    CheckOpenListeners("http.listen", config_.http.listen, taken);
    CheckOpenListeners("http.grpc_listen", config_.http.grpc_listen, taken);
    for (std::string& text : config_.http.control_listen)
      if (!NormaliseAndCheckLoopback("http.control_listen", text, taken))
        Problem("http.control_listen",
                fmt::format("{} is reachable from other machines and callers have no identities "
                            "yet: control takes 127.0.0.1:PORT, [::1]:PORT or unix:/path",
                            text));
  }

  void CheckPublicModels() {
    const auto is_sagemaker = [](std::string_view address) {
      return address.ends_with("=sagemaker");
    };
    if (config_.http.public_models && config_.dialects.models != ModelsDialect::kSagemaker &&
        std::ranges::none_of(config_.http.listen, is_sagemaker) &&
        std::ranges::none_of(config_.http.grpc_listen, is_sagemaker))
      Problem("http.public_models",
              "has no effect without dialects.models=sagemaker or an address that ends in "
              "=sagemaker");
  }

  void CheckOpenListeners(std::string_view path, std::vector<std::string>& addresses,
                          std::set<std::string>& taken) {
    for (std::string& text : addresses) {
      const bool reachable = !NormaliseAndCheckLoopback(path, text, taken);
      if (reachable && !config_.http.public_inference)
        Problem(path,
                fmt::format("{} is reachable from other machines and callers have no identities "
                            "yet: add --public-inference to open inference, health and metadata to "
                            "all of them (control stays closed), or listen on 127.0.0.1",
                            text));
    }
  }

  /// True when only this machine reaches the address, and when it is refused for another reason.
  bool NormaliseAndCheckLoopback(std::string_view path, std::string& text,
                                 std::set<std::string>& taken) {
    const StatusOr<ListenAddress> address = ParseListenAddress(text);
    if (!address.ok()) {
      Problem(path, MessageOf(address.status()));
      return true;
    }
    text = address->text;
    if (!address->address.ends_with(":0") && !taken.insert(address->address).second)
      Problem(path, fmt::format("{} is given twice", address->address));
    if (address->scheme == ListenAddress::Scheme::kHttps && config_.tls.certificate.empty())
      Problem(path, fmt::format("{} needs tls.certificate and tls.key", text));
    return address->loopback;
  }

  void CheckSharedMemory() {
    const SharedMemoryConfig& shared_memory = config_.shared_memory;
    if (!shared_memory.allow && !shared_memory.prefix.empty())
      Problem("shared_memory.prefix", "has no effect without shared_memory.allow");
    if (shared_memory.prefix.find('/') != std::string::npos)
      Problem("shared_memory.prefix",
              fmt::format("expected the beginning of a name, without the slash, got \"{}\"",
                          shared_memory.prefix));
  }

  void CheckTls() {
    const TlsConfig& tls = config_.tls;
    if (!tls.certificate.empty() && tls.key.empty())
      Problem("tls.key", "expected the file of the certificate's private key, got none");
    if (!tls.certificate.empty()) return;
    for (const auto& [path, given] : {std::pair("tls.key", !tls.key.empty()),
                                      std::pair("tls.client_ca", !tls.client_ca.empty())})
      if (given) Problem(path, "has no effect without tls.certificate");
  }

  void CheckPeersAndOrigins() {
    for (const std::string& peer : config_.http.trusted_peers)
      if (const Status status = CheckAddressBlock(peer); !status.ok())
        Problem("http.trusted_peers", MessageOf(status));
    for (const std::string& origin : config_.http.cors_origins) {
      const size_t scheme = origin.find("://");
      const bool has_path =
          scheme != std::string::npos && origin.find('/', scheme + 3) != std::string::npos;
      if (scheme == std::string::npos || scheme == 0 || origin.size() == scheme + 3 || has_path)
        Problem(
            "http.cors_origins",
            fmt::format("expected an origin such as https://console.example, got \"{}\"", origin));
    }
    for (const std::string& host : config_.http.allowed_hosts)
      if (host.empty() || host.find_first_of("/ \t") != std::string::npos)
        Problem("http.allowed_hosts", fmt::format("expected a host name or *, got \"{}\"", host));
  }

  /// A path as the router takes one, or none.
  void CheckRoute(std::string_view path, std::string_view route) {
    constexpr std::ptrdiff_t kMaxSegments = 16;
    const bool plain = std::ranges::all_of(route, [](char c) {
      return c > ' ' && c < '\x7f' && std::string_view("{}?#%").find(c) == std::string_view::npos;
    });
    if (route.empty() ||
        (route.starts_with('/') && plain && std::ranges::count(route, '/') <= kMaxSegments))
      return;
    Problem(path,
            fmt::format("expected a path such as /predict, of at most {} segments, got \"{}\"",
                        kMaxSegments, route));
  }

  EffectiveConfig& effective_;
  Config& config_;
  std::vector<std::string> problems_;
};

}  // namespace

std::string Problem(const Origin& origin, std::string_view path, std::string_view what) {
  switch (origin.source) {
    case Source::kDefault:
      return fmt::format("{}: {}", path, what);
    case Source::kFlag:  // says which
      return fmt::format("{}: {}", origin.where, what);
    default:
      return fmt::format("{}: \"{}\": {}", origin.where, path, what);
  }
}

std::vector<std::string> CheckConfig(EffectiveConfig& effective) {
  return Checker(effective).Run();
}

}  // namespace slipway::server
