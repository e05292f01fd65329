#pragma once
// OpenSSL's way to the socket of a session.

#include "transport/tls/openssl.h"

namespace slipway::tls {

class Session;

struct SocketBio {
  /// Borrows `session`. Null when there is no memory.
  static BioPtr Create(Session& session);

 private:
  static const BIO_METHOD* Method();
  static int Read(BIO* bio, char* out, int size);
  static int Write(BIO* bio, const char* bytes, int size);
  static long Control(BIO* bio, int command, long number, void* pointer);
};

}  // namespace slipway::tls
