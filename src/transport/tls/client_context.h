#pragma once
// What a client asks of servers and shows to them.

#include <memory>

#include "base/status.h"
#include "transport/tls/certificate.h"

namespace slipway::tls {

struct ClientOptions {
  Pem authorities;  // that a server's certificate has to come from; empty text: the machine's own
  Pem certificate;  // the client's own, then who issued it; empty text: none is shown
  Pem key;          // of the first
  bool http2 = false;  // asks for h2 by ALPN, else for http/1.1
};

/// Immutable. Threads: any.
class ClientContext {
 public:
  /// @return kBadRequest, a sentence that names the file.
  static StatusOr<std::shared_ptr<const ClientContext>> Create(const ClientOptions& options,
                                                               WallTime now);

  SSL_CTX* get() const { return context_.get(); }

 private:
  explicit ClientContext(ContextPtr context) : context_(std::move(context)) {}

  ContextPtr context_;
};

}  // namespace slipway::tls
