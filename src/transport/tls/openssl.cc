#include "transport/tls/openssl.h"

#include <openssl/err.h>

namespace slipway::tls {
namespace {
constexpr size_t kMaxName = 512;
}

std::string TakeError() {
  const unsigned long error = ERR_peek_error();
  ERR_clear_error();
  if (error == 0) return "unknown error";
  if (const char* reason = ERR_reason_error_string(error)) return reason;
  char text[128];
  ERR_error_string_n(error, text, sizeof(text));
  return text;
}

std::string NameText(const X509_NAME* name) {
  const BioPtr text(BIO_new(BIO_s_mem()));
  X509_NAME_print_ex(text.get(), name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB);
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(text.get(), &bytes);
  return std::string(bytes, std::min(static_cast<size_t>(std::max(size, 0L)), kMaxName));
}

}  // namespace slipway::tls
