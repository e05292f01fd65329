#pragma once
// Certificates made in memory, for tests.

#include <string>

#include "transport/tls/context.h"

namespace slipway::tls {

struct Made {
  std::string certificate, key;  // PEM

  ContextOptions options() const {
    return {.certificate = {"server.pem", certificate}, .key = {"server.key", key}};
  }
};

/// Self-signed "CN=test" with a key on P-256, valid from a minute before `around` to a minute
/// after. @param dns  name that it is for, "" = none
Made MakeCertificate(WallTime around, const std::string& dns = "");

}  // namespace slipway::tls
