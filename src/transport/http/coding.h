#pragma once
// Content codings: gzip and deflate, both ways.

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "transport/http/body_buffer.h"

struct z_stream_s;

namespace slipway::http {

struct BodyPart;
struct Response;

enum class Coding : uint8_t { kIdentity, kGzip, kDeflate };
std::string_view NameOf(Coding coding);

/// @return kUnsupportedCoding naming a Content-Encoding that is not read here.
StatusOr<Coding> ParseContentEncoding(std::string_view value);

/// The coding that Accept-Encoding prefers, gzip before deflate at equal weight; identity when it
/// weighs more or nothing else is acceptable.
Coding NegotiateCoding(std::string_view accept_encoding);

/// Decompresses a body as it arrives. "deflate" may come with or without the zlib wrapper, as
/// clients disagree about it.
class Inflater {
 public:
  static StatusOr<std::unique_ptr<Inflater>> Create(Coding coding);
  ~Inflater();

  /// Appends what `in` decompresses to.
  /// @return kBadRequest for a malformed stream or bytes after its end; kTooLarge once more than
  ///         `max_bytes` would come out; kOverloaded when the buffer cannot grow.
  Status Feed(std::string_view in, size_t max_bytes, BodyBuffer& out);

  /// The stream's own end, with its checksum, has been seen.
  bool done() const { return done_; }

 private:
  explicit Inflater(Coding coding);
  Status Init(unsigned char first);

  Coding coding_;
  std::unique_ptr<z_stream_s> stream_;
  bool done_ = false;
};

/// Compresses `body` and `parts` into `body`, when they are at least 1 KiB and get smaller.
/// @param level  1 (fast) … 9 (small). @return whether it did. Threads: any.
bool CompressBody(Coding coding, int level, std::string& body, std::vector<BodyPart>& parts);

/// Compresses body and parts into `response.body` and adds the header lines, when `accept_encoding`
/// asks for it and it is worth it: at least 1 KiB of text or JSON. An answer with binary parts is
/// left alone unless the client names one coding only: clients that list all they know did not ask.
/// So is one whose lines say no-transform.
/// Threads: any.
void CompressResponse(std::string_view accept_encoding, Response& response);

}  // namespace slipway::http
