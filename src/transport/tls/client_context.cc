#include "transport/tls/client_context.h"

#include <openssl/crypto.h>
#include <openssl/err.h>

#include "transport/tls/identity.h"
#include "transport/tls/openssl.h"

namespace slipway::tls {
namespace {

// As ALPN lists them: each after its length.
constexpr std::string_view kAskHttp1 = "\x08http/1.1";
constexpr std::string_view kAskHttp2 = "\x02h2";

Status SetAuthorities(SSL_CTX* context, const Pem& file) {
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  if (file.text.empty()) {
    SSL_CTX_set_default_verify_paths(context);
    return OkStatus();
  }
  ASSIGN_OR_RETURN(const auto authorities, ReadCertificates(file));
  for (const CertificatePtr& authority : authorities)
    if (X509_STORE_add_cert(SSL_CTX_get_cert_store(context), authority.get()) != 1)
      return Refused(file);
  return OkStatus();
}

Status SetIdentity(SSL_CTX* context, const ClientOptions& options, WallTime now) {
  if (options.certificate.text.empty()) return OkStatus();
  ASSIGN_OR_RETURN(const Identity identity, ReadIdentity(options.certificate, options.key, now));
  return UseIdentity(identity, options.certificate, options.key, context);
}

}  // namespace

StatusOr<std::shared_ptr<const ClientContext>> ClientContext::Create(const ClientOptions& options,
                                                                     WallTime now) {
  // The machine's openssl.cnf has no say in what is accepted here.
  OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, nullptr);
  ERR_clear_error();
  ContextPtr context(SSL_CTX_new(TLS_client_method()));
  if (context == nullptr) return Error(Reason::kIo, "TLS cannot be set up: {}", TakeError());
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_security_level(context.get(), kSecurityLevel);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_mode(context.get(), SSL_MODE_ENABLE_PARTIAL_WRITE |
                                      SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_NO_AUTO_CHAIN);
  SSL_CTX_set_read_ahead(context.get(), 1);  // a record's head and body by one system call
  const std::string_view protocol = options.http2 ? kAskHttp2 : kAskHttp1;
  SSL_CTX_set_alpn_protos(context.get(), reinterpret_cast<const unsigned char*>(protocol.data()),
                          static_cast<unsigned>(protocol.size()));
  RETURN_IF_ERROR(SetAuthorities(context.get(), options.authorities));
  RETURN_IF_ERROR(SetIdentity(context.get(), options, now));
  return std::shared_ptr<const ClientContext>(new ClientContext(std::move(context)));
}

}  // namespace slipway::tls
