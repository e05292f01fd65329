#include <archive.h>
#include <archive_entry.h>

#include <cerrno>

#include "io/archive.h"
#include "io/beneath.h"

namespace slipway::io {

struct TarWriter::State {
  explicit State(DurableFile& file) : out(&file) {}
  ~State() { archive_write_free(writer); }

  /// The status of `result`, a libarchive code.
  Status Check(int result) const {
    if (result >= ARCHIVE_WARN) return OkStatus();
    RETURN_IF_ERROR(write_error);
    const char* text = archive_error_string(writer);
    return Error(Reason::kIo, "archive cannot be written: {}", text ? text : "no reason given");
  }

  Status CheckComplete() const {
    if (missing_bytes == 0) return OkStatus();
    return Error(Reason::kInternal, "archive entry: {} bytes short of its size", missing_bytes);
  }

  static la_ssize_t Write(archive* writer, void* opaque, const void* data, size_t size) {
    auto* state = static_cast<State*>(opaque);
    if (!state->write_error.ok()) return -1;
    state->write_error = state->out->Append({static_cast<const std::byte*>(data), size});
    if (state->write_error.ok()) return static_cast<la_ssize_t>(size);
    archive_set_error(writer, EIO, "write failed");
    return -1;
  }

  DurableFile* out;
  archive* writer = archive_write_new();
  uint64_t missing_bytes = 0;  // of the entry begun
  Status write_error;          // of the file; libarchive only hears that there was one
};

TarWriter::TarWriter(std::unique_ptr<State> state) : state_(std::move(state)) {}
TarWriter::TarWriter(TarWriter&&) noexcept = default;
TarWriter& TarWriter::operator=(TarWriter&&) noexcept = default;
TarWriter::~TarWriter() = default;

StatusOr<TarWriter> TarWriter::Create(DurableFile& out) {
  auto state = std::make_unique<State>(out);
  if (!state->writer) return Error(Reason::kTooLarge, "no memory to write an archive");
  archive_write_set_format_pax_restricted(state->writer);
  RETURN_IF_ERROR(state->Check(
      archive_write_open(state->writer, state.get(), nullptr, &State::Write, nullptr)));
  return TarWriter(std::move(state));
}

Status TarWriter::BeginEntry(std::string_view name, uint64_t size_bytes) {
  RETURN_IF_ERROR(CheckRelativeName(name));
  RETURN_IF_ERROR(state_->CheckComplete());
  const std::unique_ptr<archive_entry, decltype(&archive_entry_free)> entry(archive_entry_new(),
                                                                            &archive_entry_free);
  if (!entry) return Error(Reason::kTooLarge, "no memory to write an archive");
  archive_entry_set_pathname_utf8(entry.get(), std::string(name).c_str());
  archive_entry_set_size(entry.get(), static_cast<la_int64_t>(size_bytes));
  archive_entry_set_filetype(entry.get(), AE_IFREG);
  archive_entry_set_perm(entry.get(), 0644);
  archive_entry_set_mtime(entry.get(), 0, 0);
  state_->missing_bytes = size_bytes;
  return state_->Check(archive_write_header(state_->writer, entry.get()));
}

Status TarWriter::Append(std::span<const std::byte> bytes) {
  if (bytes.size() > state_->missing_bytes) {
    return Error(Reason::kInternal, "archive entry: {} bytes more than its size",
                 bytes.size() - state_->missing_bytes);
  }
  while (!bytes.empty()) {
    const la_ssize_t taken = archive_write_data(state_->writer, bytes.data(), bytes.size());
    RETURN_IF_ERROR(state_->Check(taken < 0 ? ARCHIVE_FATAL : ARCHIVE_OK));
    if (taken == 0) return Error(Reason::kIo, "archive cannot be written: no progress");
    bytes = bytes.subspan(static_cast<size_t>(taken));
    state_->missing_bytes -= static_cast<uint64_t>(taken);
  }
  return OkStatus();
}

Status TarWriter::Finish() {
  RETURN_IF_ERROR(state_->CheckComplete());
  return state_->Check(archive_write_close(state_->writer));
}

}  // namespace slipway::io
