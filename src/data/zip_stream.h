#pragma once
// Zip archives as a stream, one member after the other, stored or deflated: what numpy.savez
// writes. Sizes are those before each member; the directory at the end is not read. Source:
// PKWARE's APPNOTE.TXT 6.3, sections 4.3 and 4.5.3.

#include <memory>
#include <string>

#include "io/byte_source.h"

namespace slipway::data {

class ZipStream {
 public:
  /// @param archive  must outlive the stream.
  explicit ZipStream(io::ByteSource& archive);
  ~ZipStream();

  /// Goes on to the next member; the one before must have been read to its end.
  /// @return false after the last; kBadRequest; kUnsupported for encryption, other compressions,
  /// and
  ///   members whose size was not known when they were begun.
  StatusOr<bool> Next();
  const std::string& name() const { return name_; }
  /// The member's bytes. kBadRequest when they are cut off or not what their checksum says.
  io::ByteSource& member();

 private:
  class Member;

  io::ByteSource& archive_;
  std::string name_;
  std::unique_ptr<Member> member_;
};

}  // namespace slipway::data
