#pragma once
// The pages of a column chunk, unpacked, one after the other.

#include <memory>
#include <string_view>
#include <vector>

#include "data/parquet/footer.h"
#include "data/parquet/unpack.h"

namespace slipway::data::parquet {

class ThriftReader;

/// What all columns of a file read with. Threads: one at a time.
struct PageSource {
  /// Of all pages and dictionaries that are held at once.
  static constexpr uint64_t kMaxHeldBytes = uint64_t{2} << 30;

  explicit PageSource(const io::File& from) : file(from) {}

  const io::File& file;
  Unpacker unpacker;
  std::vector<char> packed;  // the page at hand
  uint64_t held_bytes = 0;
  uint64_t unpacked_bytes = 0;  // so far
};

/// Memory that counts as held, with room before it (RowBatch::kLookBehind) and behind.
class HeldBytes {
 public:
  HeldBytes() = default;
  HeldBytes(HeldBytes&& other) noexcept { *this = std::move(other); }
  HeldBytes& operator=(HeldBytes&& other) noexcept;
  ~HeldBytes() { Free(); }

  /// Makes room for `size` bytes, whatever they are. @return kTooLarge.
  Status Allocate(PageSource& source, size_t size);
  void Free();

  char* data() { return bytes_.get() + kBefore; }
  size_t size() const { return size_; }

 private:
  static constexpr size_t kBefore = 32, kBehind = 16;

  std::unique_ptr<char[]> bytes_;
  size_t size_ = 0;
  uint64_t* held_ = nullptr;
};

/// Of parquet.thrift.
enum class Encoding : int32_t {
  kPlain = 0,
  kPlainDictionary = 2,
  kRuns = 3,
  kBitPacked = 4,
  kDelta = 5,
  kDeltaLength = 6,
  kDeltaBytes = 7,
  kDictionary = 8,
  kSplit = 9
};

struct Page {
  bool is_dictionary = false;
  uint32_t values = 0;  // missing ones too
  Encoding encoding = Encoding::kPlain;
  std::string_view levels;  // definition levels as runs; empty where the column has none
  std::string_view data;
  HeldBytes bytes;  // that levels and data lie in
};

class PageReader {
 public:
  static constexpr int64_t kMaxPageBytes = int64_t{256} << 20;

  PageReader() = default;
  /// @param source  must outlive the reader.
  PageReader(PageSource& source, const Chunk& chunk, bool nullable)
      : source_(&source), chunk_(chunk), nullable_(nullable), at_(chunk.begin) {}

  /// @param page  overwritten.
  /// @return false behind the last page; kBadRequest "page at byte 4: …"; kUnsupported; kTooLarge.
  StatusOr<bool> Next(Page& page);

 private:
  struct Header;
  StatusOr<Header> ReadHeader();
  StatusOr<bool> ReadPage(Page& page);
  Status ReadBytes(char* out, size_t size);
  Status ReadBody(const Header& header, Page& page);
  /// Sets levels and data apart.
  Status Divide(const Header& header, Page& page) const;

  PageSource* source_ = nullptr;
  Chunk chunk_;
  bool nullable_ = false;
  uint64_t at_ = 0;  // of the file
};

}  // namespace slipway::data::parquet
