#pragma once
// What a listener shows to its clients and asks of them.

#include <memory>
#include <string>
#include <vector>

#include "base/status.h"
#include "transport/tls/certificate.h"

namespace slipway::tls {

struct ContextOptions {
  Pem certificate;                     // the server's own, then who issued it
  Pem key;                             // of the first
  Pem client_authorities;              // empty text: clients are asked for no certificate
  bool client_may_be_unknown = false;  // asked for a certificate, and served without one too
  bool only_tls13 = false;
  bool offer_http2 = false;  // by ALPN, before http/1.1
};

/// Immutable. Threads: any. A connection keeps what it began with; keys of session tickets are the
/// context's own and die with it.
class Context {
 public:
  /// @return kBadRequest, a sentence that names the file.
  static StatusOr<std::shared_ptr<const Context>> Create(const ContextOptions& options,
                                                         WallTime now);

  /// Of the server's certificate.
  WallTime not_after() const { return not_after_; }
  /// Why clients may refuse the certificate.
  const std::vector<std::string>& warnings() const { return warnings_; }
  SSL_CTX* get() const { return context_.get(); }

 private:
  Context(ContextPtr context, Identity identity)
      : context_(std::move(context)),
        not_after_(identity.not_after),
        warnings_(std::move(identity.warnings)) {}

  ContextPtr context_;
  WallTime not_after_;
  std::vector<std::string> warnings_;
};

}  // namespace slipway::tls
