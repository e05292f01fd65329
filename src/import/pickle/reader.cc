#include "import/pickle/reader.h"

#include <algorithm>

#include "base/utf8.h"
#include "import/pickle/globals.h"
#include "import/pickle/machine.h"
#include "import/pickle/packing.h"

namespace slipway::pickle {

size_t Allowance(size_t file_bytes, size_t max_bytes) {
  // What an empty list costs, an opcode of one byte, is the most that a byte may ask for; a copy of
  // the stream and a little more may be made besides.
  constexpr size_t kPerByte = 128, kBase = size_t{1} << 20;
  if (file_bytes > max_bytes / kPerByte) return max_bytes;
  return std::min(max_bytes, kBase + kPerByte * file_bytes);
}

namespace {

class PickleDocument final : public Document {
 public:
  PickleDocument(const ReadOptions& options, Packing packing, std::vector<std::byte> unpacked)
      : packing_(packing), unpacked_(std::move(unpacked)), globals_(options) {}

  Status Run(std::span<const std::byte> packed, const ReadOptions& options) {
    const auto stream = packing_ == Packing::kNone ? packed : std::span(std::as_const(unpacked_));
    size_bytes_ = stream.size();
    heap_ = std::make_unique<Heap>(options.max_values, Allowance(stream.size(), options.max_bytes));
    Cursor cursor(stream);
    Machine machine(cursor, *heap_, globals_, options.max_depth, Machine::Arrays::kInStream);
    ASSIGN_OR_RETURN(root_, machine.Run());
    protocol_ = machine.protocol();
    if (cursor.left() > 0)
      return Error(Reason::kBadModel,
                   "STOP at byte {}: expected the end of the file, got {} bytes more",
                   cursor.offset() - 1, cursor.left());
    return OkStatus();
  }

  Value root() const override { return Value(root_); }
  const std::vector<GlobalUse>& globals() const override { return globals_.uses(); }
  int protocol() const override { return protocol_; }
  size_t size_bytes() const override { return size_bytes_; }
  std::string_view packing() const override { return PackingName(packing_); }

 private:
  const Packing packing_;
  const std::vector<std::byte> unpacked_;
  std::unique_ptr<Heap> heap_;
  GlobalTable globals_;
  const Node* root_ = nullptr;
  int protocol_ = 0;
  size_t size_bytes_ = 0;
};

/// What a file holds that starts with `start` and somewhere says `says`.
struct Foreign {
  std::string_view start, says;
  std::string_view message;
};
constexpr std::string_view kZip = "PK\x03\x04";
constexpr Foreign kForeign[] = {
    {kZip, "schema.json", "a skops file, no pickle"},
    {kZip, "data.pkl", "a PyTorch file, which is not read; export the model to ONNX"},
    {kZip, ".npy", "a file of numpy.savez, no model"},
    {kZip, "", "a zip archive, no pickle"},
    {"ZF0x", "",
     "a compressed file of joblib before 0.10; load the model there and dump it again with a newer "
     "joblib"},
    {"\x28\xb5\x2f\xfd", "",
     "compressed with zstd; dump the model with zlib, gzip, bz2, xz, lzma or lz4"},
    {"\x93NUMPY", "", "a file of numpy.save, no model"},
    {"\x89HDF\r\n", "", "an HDF5 file, no pickle"},
};

Status RefuseForeign(std::span<const std::byte> bytes) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (text.empty()) return Error(Reason::kBadModel, "expected a pickle, got an empty file");
  for (const Foreign& foreign : kForeign)
    if (text.starts_with(foreign.start) && text.find(foreign.says) != text.npos)
      return MakeError(Reason::kUnsupported, foreign.message);
  return OkStatus();
}

/// Printable, as far as it is looked at. Pickles of protocol 0 are, too.
bool IsText(std::string_view text) {
  constexpr size_t kLooked = 4096;
  const bool cut = text.size() > kLooked;
  text = text.substr(0, kLooked);
  while (cut && !text.empty() && static_cast<unsigned char>(text.back()) >= 0x80)
    text.remove_suffix(1);  // a character may be cut in two
  return IsValidUtf8(text) && std::ranges::none_of(text, [](char c) {
           return (c >= 0 && c < ' ' && c != '\t' && c != '\r' && c != '\n') || c == '\x7f';
         });
}

/// A text that begins like something else is told by its first words.
Status ExplainText(const Status& status, std::span<const std::byte> bytes) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (status.ok() || ReasonOf(status) != Reason::kBadModel || !IsText(text)) return status;
  constexpr size_t kShown = 40;
  size_t end = std::min(text.find_first_of("\r\n"), std::min(text.size(), kShown));
  while (end > 0 && end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80)
    --end;
  return Error(Reason::kBadModel, "a text that begins with \"{}\", no pickle ({})",
               text.substr(0, end), MessageOf(status));
}

StatusOr<std::unique_ptr<const Document>> ReadPacked(std::span<const std::byte> bytes,
                                                     const ReadOptions& options) {
  const Packing packing = RecognisePacking(bytes);
  std::vector<std::byte> unpacked;
  if (packing != Packing::kNone) {
    ASSIGN_OR_RETURN(unpacked, Unpack(packing, bytes, {.max_bytes = options.max_bytes}));
    RETURN_IF_ERROR(RefuseForeign(unpacked));
  }
  auto document = std::make_unique<PickleDocument>(options, packing, std::move(unpacked));
  RETURN_IF_ERROR(document->Run(bytes, options));
  return document;
}

}  // namespace

StatusOr<std::unique_ptr<const Document>> Read(std::span<const std::byte> bytes,
                                               const ReadOptions& options) {
  RETURN_IF_ERROR(RefuseForeign(bytes));
  auto document = ReadPacked(bytes, options);
  if (!document.ok()) return ExplainText(document.status(), bytes);
  return document;
}

}  // namespace slipway::pickle
