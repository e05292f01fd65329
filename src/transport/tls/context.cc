#include "transport/tls/context.h"

#include <openssl/crypto.h>
#include <openssl/err.h>

#include <string_view>

#include "transport/tls/identity.h"
#include "transport/tls/openssl.h"

namespace slipway::tls {
namespace {

// Forward secrecy and authenticated encryption only; 128 bits first, for they are the faster ones.
constexpr char kTls12Ciphers[] =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
constexpr char kTls13Ciphers[] =
    "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";
constexpr char kGroups[] = "X25519:P-256:P-384";
constexpr long kTicketLifetimeS = 60 * 60;  // then the client's certificate is asked for again
constexpr unsigned char kSessionIdContext[] = "slipway";

// As ALPN lists them: each after its length, in our order.
constexpr std::string_view kOfferHttp1 = "\x08http/1.1\x08http/1.0";
constexpr std::string_view kOfferHttp2 = "\x02h2\x08http/1.1\x08http/1.0";

// A client that offers protocols of which we speak none means another service.
int ChooseProtocol(SSL*, const unsigned char** out, unsigned char* out_size,
                   const unsigned char* offered, unsigned offered_size, void* ours) {
  const auto& list = *static_cast<const std::string_view*>(ours);
  unsigned char* chosen = nullptr;
  const int result =
      SSL_select_next_proto(&chosen, out_size, reinterpret_cast<const unsigned char*>(list.data()),
                            static_cast<unsigned>(list.size()), offered, offered_size);
  *out = chosen;
  return result == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

void SetRules(SSL_CTX* context, const ContextOptions& options) {
  SSL_CTX_set_min_proto_version(context, options.only_tls13 ? TLS1_3_VERSION : TLS1_2_VERSION);
  SSL_CTX_set_security_level(context, kSecurityLevel);
  SSL_CTX_set_cipher_list(context, kTls12Ciphers);
  SSL_CTX_set_ciphersuites(context, kTls13Ciphers);
  SSL_CTX_set1_groups_list(context, kGroups);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                   SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
  // A blocked write is repeated from wherever its bytes are put together then. An idle connection
  // holds no buffers.
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                SSL_MODE_RELEASE_BUFFERS | SSL_MODE_NO_AUTO_CHAIN);
  SSL_CTX_set_read_ahead(context, 1);  // a record's head and body by one system call
  // Sessions are resumed from what the client keeps, in tickets; nothing is kept here.
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_session_id_context(context, kSessionIdContext, sizeof(kSessionIdContext) - 1);
  SSL_CTX_set_timeout(context, kTicketLifetimeS);
  const std::string_view& protocols = options.offer_http2 ? kOfferHttp2 : kOfferHttp1;
  SSL_CTX_set_alpn_select_cb(context, ChooseProtocol, const_cast<std::string_view*>(&protocols));
}

Status SetClients(SSL_CTX* context, const ContextOptions& options) {
  if (options.client_authorities.text.empty()) return OkStatus();
  ASSIGN_OR_RETURN(const auto authorities, ReadCertificates(options.client_authorities));
  for (const CertificatePtr& authority : authorities)
    if (X509_STORE_add_cert(SSL_CTX_get_cert_store(context), authority.get()) != 1 ||
        SSL_CTX_add_client_CA(context, authority.get()) != 1)
      return Refused(options.client_authorities);
  SSL_CTX_set_verify(
      context,
      SSL_VERIFY_PEER | (options.client_may_be_unknown ? 0 : SSL_VERIFY_FAIL_IF_NO_PEER_CERT),
      nullptr);
  return OkStatus();
}

}  // namespace

StatusOr<std::shared_ptr<const Context>> Context::Create(const ContextOptions& options,
                                                         WallTime now) {
  // The machine's openssl.cnf has no say in what is offered here.
  OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, nullptr);
  ERR_clear_error();
  ASSIGN_OR_RETURN(Identity identity, ReadIdentity(options.certificate, options.key, now));
  ContextPtr context(SSL_CTX_new(TLS_server_method()));
  if (context == nullptr) return Error(Reason::kIo, "TLS cannot be set up: {}", TakeError());
  SetRules(context.get(), options);
  RETURN_IF_ERROR(UseIdentity(identity, options.certificate, options.key, context.get()));
  RETURN_IF_ERROR(SetClients(context.get(), options));
  return std::shared_ptr<const Context>(new Context(std::move(context), std::move(identity)));
}

}  // namespace slipway::tls
