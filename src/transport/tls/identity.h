#pragma once
// Who we are in a handshake, on either side of it.

#include "base/status.h"
#include "transport/tls/certificate.h"
#include "transport/tls/openssl.h"

namespace slipway::tls {

/// What OpenSSL has against the content of `file`, taken from its queue: kBadRequest.
Status Refused(const Pem& file);

/// Has `context` show the chain and sign with the key.
/// @param certificate, key  what `identity` was read from. @return kBadRequest naming one of them.
Status UseIdentity(const Identity& identity, const Pem& certificate, const Pem& key,
                   SSL_CTX* context);

}  // namespace slipway::tls
