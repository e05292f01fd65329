#include "transport/tls/identity.h"

namespace slipway::tls {

Status Refused(const Pem& file) {
  return Error(Reason::kBadRequest, "{}: {}", file.name, TakeError());
}

Status UseIdentity(const Identity& identity, const Pem& certificate, const Pem& key,
                   SSL_CTX* context) {
  if (SSL_CTX_use_certificate(context, identity.chain.front().get()) != 1)
    return Refused(certificate);
  for (size_t i = 1; i < identity.chain.size(); ++i)
    if (SSL_CTX_add1_chain_cert(context, identity.chain[i].get()) != 1) return Refused(certificate);
  if (SSL_CTX_use_PrivateKey(context, identity.key.get()) != 1) return Refused(key);
  return OkStatus();
}

}  // namespace slipway::tls
