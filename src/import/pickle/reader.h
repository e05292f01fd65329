#pragma once
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "import/pickle/value.h"

namespace slipway::pickle {

struct ReadOptions {
  size_t max_values = 50'000'000;
  size_t max_bytes = size_t{4} << 30;  // unpacked, and of all values together
  int max_depth = 1'000;               // of MARKs
  /// Whether a global may stand in the file; the first that may not refuses it, by module, name
  /// and byte offset. Empty: all may stand (they are data; `inspect --pickle` looks at anything).
  std::function<bool(std::string_view module, std::string_view name)> allowed;
};

/// A global that a file names, and where first.
struct GlobalUse {
  std::string module, name;
  size_t offset = 0;  // of its opcode in the unpacked stream
  size_t uses = 0;
};

/// One pickle, or a file that holds the same values, read. Threads: const methods from any thread.
class Document {
 public:
  virtual ~Document() = default;
  virtual Value root() const = 0;
  virtual const std::vector<GlobalUse>& globals() const = 0;    // in the order of their offsets
  virtual std::string_view format() const { return "pickle"; }  // or "skops"
  virtual int protocol() const = 0;                             // 0 where the file does not say
  virtual size_t size_bytes() const = 0;                        // unpacked
  virtual std::string_view packing() const = 0;  // "", "zlib", "gzip", "bz2", "xz", "lzma", "lz4"
};

/// The bytes that the values of a file of `file_bytes` may take: small files stay small in memory
/// whatever they say.
size_t Allowance(size_t file_bytes, size_t max_bytes);

/// Reads a pickle of protocol 0 to 5 or a joblib file, packed or not.
/// @param bytes  must outlive the document, whose strings and arrays lie in them.
/// @return kBadModel naming the opcode, its byte offset, expected and got, or the global that is
/// not
///   allowed; kUnsupported for persistent ids, buffers out of band, copyreg extensions, and formats
///   that hold pickles (zip, joblib before 0.10); kTooLarge over a budget.
/// Threads: any. Calls nothing, opens nothing. Cost: linear in the unpacked bytes.
StatusOr<std::unique_ptr<const Document>> Read(std::span<const std::byte> bytes,
                                               const ReadOptions& options = {});

}  // namespace slipway::pickle
