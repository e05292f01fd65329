#pragma once
// OpenSSL's objects as values that free themselves, and its errors as text.

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <memory>
#include <string>

namespace slipway::tls {

inline constexpr int kSecurityLevel = 2;  // of OpenSSL: 112 bits

template <auto kFree>
struct FreeWith {
  void operator()(auto* object) const { kFree(object); }
};

using BioPtr = std::unique_ptr<BIO, FreeWith<BIO_free>>;
using CertificatePtr = std::unique_ptr<X509, FreeWith<X509_free>>;
using ContextPtr = std::unique_ptr<SSL_CTX, FreeWith<SSL_CTX_free>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, FreeWith<EVP_PKEY_free>>;
using SslPtr = std::unique_ptr<SSL, FreeWith<SSL_free>>;
using StorePtr = std::unique_ptr<X509_STORE, FreeWith<X509_STORE_free>>;
using StoreContextPtr = std::unique_ptr<X509_STORE_CTX, FreeWith<X509_STORE_CTX_free>>;

/// What this thread's OpenSSL complained of first, in its words; forgotten afterwards.
std::string TakeError();

/// "CN=slipway.example,O=Example" (RFC 4514, UTF-8), at most 512 bytes.
std::string NameText(const X509_NAME* name);

}  // namespace slipway::tls
