#pragma once
// Certificates and keys as operators keep them in files, read and checked.

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "transport/tls/openssl.h"

namespace slipway::tls {

using WallTime = std::chrono::system_clock::time_point;

/// A file's content, and its name for messages.
struct Pem {
  std::string name;
  std::string text;
};

/// What a server proves itself with.
struct Identity {
  std::vector<CertificatePtr> chain;  // the server's own first, then who issued it
  KeyPtr key;
  WallTime not_after;                 // of the server's own
  std::vector<std::string> warnings;  // clients may refuse it for these
};

/// @return kBadRequest, a sentence that names the file, when the certificate or key is no PEM, is
///   encrypted, weak, expired at `now` or not yet valid, or the two do not belong together.
StatusOr<Identity> ReadIdentity(const Pem& certificate, const Pem& key, WallTime now);

/// All of a file. kBadRequest when there is none, or one cannot be read.
StatusOr<std::vector<CertificatePtr>> ReadCertificates(const Pem& file);

}  // namespace slipway::tls
