#include "bundle/mar.h"

#include <algorithm>

#include "base/mutex.h"
#include "bundle/json_fields.h"
#include "bundle/manifest.h"
#include "import/import.h"
#include "import/pickle/node.h"
#include "import/pickle/text.h"
#include "import/skops/zip.h"
#include "io/digest.h"

namespace slipway::bundle {
namespace {

constexpr uint64_t kMaxManifest = uint64_t{1} << 20;

std::string Quoted(std::string_view text) { return fmt::format("\"{}\"", pickle::Printable(text)); }

}  // namespace

StatusOr<ArchiveManifest> ParseArchiveManifest(std::string_view json) {
  ArchiveManifest manifest;
  JsonReader reader(json);
  const auto read_model = [&] {
    return ReadObject(reader, [&](std::string_view key) -> StatusOr<bool> {
      if (key != "serializedFile") return false;
      return Consumed(reader.ReadString(&manifest.serialized_file));
    });
  };
  Status read = ReadObject(reader, [&](std::string_view key) -> StatusOr<bool> {
    if (key != "model") return false;
    return Consumed(read_model());
  });
  if (read.ok()) read = reader.End();
  RETURN_IF_ERROR(AsBadModel(read, kArchiveManifest));
  if (manifest.serialized_file.ends_with(".onnx")) return manifest;
  constexpr std::string_view kHow =
      "export it with torch.onnx.export, and archive or serve the .onnx file";
  if (manifest.serialized_file.empty())
    return Error(Reason::kUnsupported,
                 "the archive names no serialized file: its model is Python code, which does not "
                 "run here: {}",
                 kHow);
  return Error(Reason::kUnsupported,
               "the archive's model is {}: only ONNX is served, not TorchScript or a state of "
               "Python's modules: {}",
               Quoted(manifest.serialized_file), kHow);
}

/// The zip unpacks into memory of its own as members are read.
struct MarContent::Archive {
  Archive(io::Bytes whole, skops::Zip opened, size_t budget)
      : bytes(std::move(whole)), heap(0, budget), zip(std::move(opened)) {}

  io::Bytes bytes;
  pickle::Heap heap;
  skops::Zip zip;
  std::string model;  // the member that is the model
  Mutex mutex;        // of zip and heap
};

MarContent::MarContent() = default;
MarContent::~MarContent() = default;

StatusOr<std::unique_ptr<MarContent>> MarContent::Read(const io::File& archive,
                                                       uint64_t max_total_bytes) {
  ASSIGN_OR_RETURN(io::Bytes bytes, archive.ReadAll(max_total_bytes));
  ASSIGN_OR_RETURN(skops::Zip zip, skops::Zip::Open(bytes.span()));
  const uint64_t left = std::min<uint64_t>(max_total_bytes - bytes.size(),
                                           importing::Limits().AllowanceFor(bytes.size()));
  auto content = std::unique_ptr<MarContent>(new MarContent());
  content->archive_ = std::make_unique<Archive>(std::move(bytes), std::move(zip), left);
  if (!content->archive_->zip.Has(kArchiveManifest))
    return Error(Reason::kBadModel, "expected {} in the archive, got none", kArchiveManifest);
  ASSIGN_OR_RETURN(const Piece manifest,
                   content->Read(std::string(kArchiveManifest), kMaxManifest));
  ASSIGN_OR_RETURN(ArchiveManifest said, ParseArchiveManifest(manifest.bytes->text()));
  if (!content->archive_->zip.Has(said.serialized_file))
    return Error(Reason::kBadModel, "{}: the model's file {} is not in the archive",
                 kArchiveManifest, Quoted(said.serialized_file));
  content->archive_->model = std::move(said.serialized_file);
  return content;
}

StatusOr<Piece> MarContent::Read(const std::string& name, uint64_t max_bytes) const {
  const std::string& member = name == kModelName ? archive_->model : name;
  if (!archive_->zip.Has(member))
    return Error(Reason::kNotFound, "{} is not in the archive", Quoted(member));
  const MutexLock lock(archive_->mutex);
  ASSIGN_OR_RETURN(const uint64_t size, archive_->zip.SizeOf(member));
  if (size > max_bytes)
    return Error(Reason::kTooLarge, "{}: expected at most {} bytes, got {}", Quoted(member),
                 max_bytes, size);
  ASSIGN_OR_RETURN(const auto unpacked, archive_->zip.Read(member, archive_->heap));
  ASSIGN_OR_RETURN(io::Bytes bytes,
                   io::Bytes::Allocate(unpacked.size(), pickle::Printable(member)));
  std::ranges::copy(unpacked, bytes.writable().begin());
  const std::string sha256 = io::Sha256Hex(bytes.span());
  return Piece{std::make_shared<io::Bytes>(std::move(bytes)), sha256};
}

StatusOr<uint64_t> MarContent::SizeOf(const std::string& name) const {
  const std::string& member = name == kModelName ? archive_->model : name;
  if (!archive_->zip.Has(member))
    return Error(Reason::kNotFound, "{} is not in the archive", Quoted(member));
  return archive_->zip.SizeOf(member);
}

}  // namespace slipway::bundle
