#include "transport/tls/certificate.h"

#include <fmt/chrono.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <algorithm>

namespace slipway::tls {
namespace {

constexpr int kMinSecurityBits = 112;  // RSA of 2048 bits, EC of 224, SHA-224
constexpr size_t kMaxCertificates = 1000;

Status Bad(const Pem& file, std::string_view what) {
  ERR_clear_error();
  return Error(Reason::kBadRequest, "{}: {}", file.name, what);
}

BioPtr Open(const Pem& file) {
  return BioPtr(BIO_new_mem_buf(file.text.data(), static_cast<int>(file.text.size())));
}

// Why there is not one PEM object of the wanted kind.
Status NothingFound(const Pem& file, std::string_view wanted, std::string_view form) {
  std::string_view found = "nothing of the kind";
  if (file.text.empty())
    found = "an empty file";
  else if (file.text.starts_with('\x30'))
    found = "DER; openssl can convert it (-inform der -outform pem)";
  else if (file.text.find("PRIVATE KEY-----") != std::string::npos)
    found = "a private key";
  else if (file.text.find("-----BEGIN CERTIFICATE-----") != std::string::npos)
    found = "a certificate";
  return Bad(file, fmt::format("expected {} in PEM form (-----BEGIN {}-----), got {}", wanted, form,
                               found));
}

int RefusePassword(char*, int, int, void* asked) {
  *static_cast<bool*>(asked) = true;
  return -1;
}

// Signatures by keys on other curves are offered by hardly any client, and not in TLS 1.3.
Status CheckCurve(const Pem& file, const EVP_PKEY* key) {
  if (EVP_PKEY_get_base_id(key) != EVP_PKEY_EC) return OkStatus();
  char name[64] = "without a name";
  EVP_PKEY_get_group_name(key, name, sizeof(name), nullptr);
  constexpr std::string_view kCurves[] = {"prime256v1", "secp384r1", "secp521r1"};
  if (std::ranges::find(kCurves, std::string_view(name)) != std::end(kCurves)) return OkStatus();
  return Bad(file, fmt::format("the key is on the curve {}, which clients refuse; expected P-256 "
                               "(prime256v1), P-384 (secp384r1) or P-521 (secp521r1)",
                               name));
}

StatusOr<KeyPtr> ReadKey(const Pem& file) {
  if (file.text.find("PRIVATE KEY-----") == std::string::npos)
    return NothingFound(file, "a private key", "PRIVATE KEY");
  bool encrypted = false;
  ERR_clear_error();
  KeyPtr key(PEM_read_bio_PrivateKey(Open(file).get(), nullptr, RefusePassword, &encrypted));
  if (encrypted)
    return Bad(file,
               "the key is encrypted and nobody is asked for its passphrase; decrypt it with: "
               "openssl pkey -in KEY -out DECRYPTED");
  if (key == nullptr) return Bad(file, fmt::format("the key cannot be read: {}", TakeError()));
  if (EVP_PKEY_get_security_bits(key.get()) < kMinSecurityBits)
    return Bad(file, fmt::format("the key is too weak: {} of {} bits; expected RSA of at least "
                                 "2048 bits or an elliptic curve of at least 256",
                                 EVP_PKEY_get0_type_name(key.get()), EVP_PKEY_get_bits(key.get())));
  RETURN_IF_ERROR(CheckCurve(file, key.get()));
  return key;
}

std::string SubjectOf(const X509* certificate) {
  return NameText(X509_get_subject_name(certificate));
}

WallTime ToWallTime(const ASN1_TIME* time) {
  std::tm utc{};
  ASN1_TIME_to_tm(time, &utc);
  return std::chrono::system_clock::from_time_t(timegm(&utc));
}

Status CheckValidity(const Pem& file, const X509* certificate, WallTime now) {
  const WallTime begin = ToWallTime(X509_get0_notBefore(certificate));
  const WallTime end = ToWallTime(X509_get0_notAfter(certificate));
  constexpr std::string_view kForm = "certificate \"{}\" {} {:%Y-%m-%d %H:%M:%S} UTC";
  if (now > end)
    return Bad(file, fmt::format(kForm, SubjectOf(certificate), "expired at",
                                 fmt::gmtime(std::chrono::system_clock::to_time_t(end))));
  if (now < begin)
    return Bad(file, fmt::format(kForm, SubjectOf(certificate), "is not valid before",
                                 fmt::gmtime(std::chrono::system_clock::to_time_t(begin))));
  return OkStatus();
}

bool IsSelfSigned(X509* certificate) {
  return (X509_get_extension_flags(certificate) & EXFLAG_SS) != 0;
}

Status CheckSignature(const Pem& file, X509* certificate) {
  int digest = 0, bits = 0;
  if (IsSelfSigned(certificate) ||  // nobody checks that one
      X509_get_signature_info(certificate, &digest, nullptr, &bits, nullptr) == 0 ||
      bits >= kMinSecurityBits)
    return OkStatus();
  return Bad(file, fmt::format("certificate \"{}\" is signed with {}, which clients refuse",
                               SubjectOf(certificate), OBJ_nid2sn(digest)));
}

/// True when the machine's own store of authorities has the issuer.
bool MachineKnowsIssuerOf(X509* certificate) {
  const StorePtr store(X509_STORE_new());
  X509_STORE_set_default_paths(store.get());
  const StoreContextPtr lookup(X509_STORE_CTX_new());
  X509_STORE_CTX_init(lookup.get(), store.get(), certificate, nullptr);
  X509* issuer = nullptr;
  const bool found = X509_STORE_CTX_get1_issuer(&issuer, lookup.get(), certificate) == 1;
  X509_free(issuer);
  ERR_clear_error();
  return found;
}

std::vector<std::string> CheckChain(const Pem& file, const std::vector<CertificatePtr>& chain) {
  std::vector<std::string> warnings;
  for (size_t i = 0; i + 1 < chain.size(); ++i)
    if (X509_check_issued(chain[i + 1].get(), chain[i].get()) != X509_V_OK)
      warnings.push_back(fmt::format("{}: certificate {} (\"{}\") did not issue the one before it",
                                     file.name, i + 2, SubjectOf(chain[i + 1].get())));
  X509* const last = chain.back().get();
  if (!IsSelfSigned(last) && !MachineKnowsIssuerOf(last))
    warnings.push_back(fmt::format(
        "{}: the chain ends with \"{}\", whose issuer \"{}\" this machine does not know: clients "
        "that do not know it either will refuse the certificate; when it is an intermediate "
        "authority, append its certificate",
        file.name, SubjectOf(last), NameText(X509_get_issuer_name(last))));
  return warnings;
}

}  // namespace

StatusOr<std::vector<CertificatePtr>> ReadCertificates(const Pem& file) {
  std::vector<CertificatePtr> certificates;
  const BioPtr bytes = Open(file);
  ERR_clear_error();
  while (X509* next = PEM_read_bio_X509(bytes.get(), nullptr, nullptr, nullptr)) {
    certificates.emplace_back(next);
    if (certificates.size() > kMaxCertificates)
      return Bad(file, fmt::format("at most {} certificates are read", kMaxCertificates));
  }
  const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  if (!at_end)
    return Bad(file, fmt::format("certificate {} cannot be read: {}", certificates.size() + 1,
                                 TakeError()));
  ERR_clear_error();
  if (certificates.empty()) return NothingFound(file, "certificates", "CERTIFICATE");
  return certificates;
}

StatusOr<Identity> ReadIdentity(const Pem& certificate, const Pem& key, WallTime now) {
  Identity identity;
  ASSIGN_OR_RETURN(identity.chain, ReadCertificates(certificate));
  ASSIGN_OR_RETURN(identity.key, ReadKey(key));
  X509* const own = identity.chain.front().get();
  if (X509_check_private_key(own, identity.key.get()) != 1)
    return Bad(key, fmt::format("the key does not belong to certificate \"{}\", the first of {}",
                                SubjectOf(own), certificate.name));
  for (const CertificatePtr& each : identity.chain) {
    RETURN_IF_ERROR(CheckValidity(certificate, each.get(), now));
    RETURN_IF_ERROR(CheckSignature(certificate, each.get()));
  }
  identity.not_after = ToWallTime(X509_get0_notAfter(own));
  identity.warnings = CheckChain(certificate, identity.chain);
  return identity;
}
}  // namespace slipway::tls
