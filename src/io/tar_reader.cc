#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <set>

#include "io/archive.h"
#include "io/beneath.h"
#include "io/errno_error.h"

namespace slipway::io {
namespace {

constexpr size_t kReadBytes = size_t{256} << 10;
constexpr size_t kHashBytes = size_t{1} << 20;

Status Refuse(std::string_view entry, std::string_view rule) {
  return Error(Reason::kBadModel, "archive entry \"{}\": {}", entry.substr(0, 200), rule);
}

std::string_view KindOf(archive_entry* entry) {
  if (archive_entry_hardlink(entry)) return "hard link";
  switch (archive_entry_filetype(entry)) {
    case AE_IFREG: return "";
    case AE_IFDIR: return "folder";
    case AE_IFLNK: return "symbolic link";
    case AE_IFIFO: return "FIFO";
    case AE_IFCHR:
    case AE_IFBLK: return "device";
    default: return "special file";
  }
}

}  // namespace

bool LooksLikeTar(std::string_view start) {
  if (start.starts_with("\x1f\x8b")) return true;
  return start.size() >= 262 && start.substr(257, 5) == "ustar";
}

struct TarReader::State {
  State(File f, const TarLimits& l) : file(std::move(f)), limits(l) {}
  ~State() { archive_read_free(reader); }

  Status LibraryError() const;
  StatusOr<std::string> CheckedName(archive_entry* entry);
  Status CheckUnique(const std::string& name);
  Status CheckSize(archive_entry* entry, std::string_view name);

  File file;
  TarLimits limits;
  archive* reader = archive_read_new();
  uint64_t offset = 0;                // of the next read of `file`
  std::array<std::byte, kReadBytes> buffer;
  std::set<std::string, std::less<>> names;
  size_t entries = 0;
  uint64_t total_bytes = 0;
  TarReader::Entry current;
  Status read_error;                  // of the file; libarchive only hears that there was one

  static la_ssize_t Read(archive* reader, void* state, const void** out);
};

la_ssize_t TarReader::State::Read(archive* reader, void* opaque, const void** out) {
  auto* state = static_cast<State*>(opaque);
  const StatusOr<size_t> got = state->file.ReadAt(state->offset, state->buffer);
  if (!got.ok()) {
    state->read_error = got.status();
    archive_set_error(reader, EIO, "read failed");
    return -1;
  }
  state->offset += *got;
  *out = state->buffer.data();
  return static_cast<la_ssize_t>(*got);
}

Status TarReader::State::LibraryError() const {
  RETURN_IF_ERROR(read_error);
  const char* text = archive_error_string(reader);
  return Error(Reason::kBadModel, "archive damaged after entry \"{}\": {}",
               std::string_view(current.name).substr(0, 200), text ? text : "no reason given");
}

StatusOr<std::string> TarReader::State::CheckedName(archive_entry* entry) {
  const char* raw = archive_entry_pathname_utf8(entry);
  if (!raw) raw = archive_entry_pathname(entry);
  if (!raw) return Error(Reason::kBadModel, "archive entry {}: its name is not UTF-8", entries);
  std::string_view name(raw);
  const bool folder = archive_entry_filetype(entry) == AE_IFDIR;
  if (folder && name.ends_with('/')) name.remove_suffix(1);
  if (name.starts_with("./")) name.remove_prefix(2);
  if (folder && (name.empty() || name == ".")) return std::string();
  if (const Status status = CheckRelativeName(name); !status.ok()) {
    return Annotate(status, "archive entry");
  }
  return std::string(name);
}

// "a" and "a/b" cannot both be files; neighbours in the sorted set tell.
Status TarReader::State::CheckUnique(const std::string& name) {
  const auto [place, fresh] = names.insert(name);
  if (!fresh) return Refuse(name, "the name occurs twice");
  const auto below = names.lower_bound(name + "/");
  if (below != names.end() && below->starts_with(name + "/")) {
    return Refuse(name, "the name is also a folder");
  }
  for (size_t slash = name.find('/'); slash != name.npos; slash = name.find('/', slash + 1)) {
    if (names.contains(std::string_view(name).substr(0, slash))) {
      return Refuse(name, "lies beneath a file");
    }
  }
  return OkStatus();
}

Status TarReader::State::CheckSize(archive_entry* entry, std::string_view name) {
  if (!archive_entry_size_is_set(entry) || archive_entry_size(entry) < 0) {
    return Refuse(name, "has no size");
  }
  const auto size = static_cast<uint64_t>(archive_entry_size(entry));
  if (size > limits.max_total_bytes || total_bytes > limits.max_total_bytes - size) {
    return Refuse(name, fmt::format("expected at most {} bytes in total, got more",
                                    limits.max_total_bytes));
  }
  if ((total_bytes + size) / limits.max_ratio > file.size_bytes()) {
    return Refuse(name, fmt::format("expands to more than {} times the archive's {} bytes",
                                    limits.max_ratio, file.size_bytes()));
  }
  total_bytes += size;
  return OkStatus();
}

TarReader::TarReader(std::unique_ptr<State> state) : state_(std::move(state)) {}
TarReader::TarReader(TarReader&&) noexcept = default;
TarReader& TarReader::operator=(TarReader&&) noexcept = default;
TarReader::~TarReader() = default;

StatusOr<TarReader> TarReader::Open(File file, const TarLimits& limits) {
  auto state = std::make_unique<State>(std::move(file), limits);
  if (!state->reader) return Error(Reason::kTooLarge, "no memory to read an archive");
  archive_read_support_format_tar(state->reader);
  archive_read_support_filter_gzip(state->reader);
  if (archive_read_open(state->reader, state.get(), nullptr, &State::Read, nullptr) != ARCHIVE_OK) {
    return Annotate(state->LibraryError(), fmt::format("\"{}\"", state->file.name()));
  }
  return TarReader(std::move(state));
}

StatusOr<std::optional<TarReader::Entry>> TarReader::Next() {
  State& s = *state_;
  while (true) {
    archive_entry* entry = nullptr;
    const int result = archive_read_next_header(s.reader, &entry);
    if (result == ARCHIVE_EOF) return std::optional<Entry>();
    if (result < ARCHIVE_WARN) return s.LibraryError();
    if (++s.entries > s.limits.max_entries) {
      return Error(Reason::kBadModel, "archive: expected at most {} entries, got more",
                   s.limits.max_entries);
    }
    ASSIGN_OR_RETURN(std::string name, s.CheckedName(entry));
    const std::string_view kind = KindOf(entry);
    if (kind == "folder") continue;
    if (!kind.empty()) return Refuse(name, fmt::format("is a {}", kind));
    if (archive_entry_is_encrypted(entry)) return Refuse(name, "is encrypted");
    if (archive_entry_sparse_count(entry) > 0) return Refuse(name, "is a sparse file");
    RETURN_IF_ERROR(s.CheckUnique(name));
    RETURN_IF_ERROR(s.CheckSize(entry, name));
    s.current = {std::move(name), static_cast<uint64_t>(archive_entry_size(entry))};
    return std::optional(s.current);
  }
}

StatusOr<Bytes> TarReader::ReadContent(Sha256* digest) {
  State& s = *state_;
  ASSIGN_OR_RETURN(Bytes bytes, Bytes::Allocate(s.current.size_bytes, s.current.name));
  const std::span<std::byte> out = bytes.writable();
  for (size_t at = 0; at < out.size();) {
    const auto chunk = out.subspan(at, std::min(kHashBytes, out.size() - at));
    const la_ssize_t got = archive_read_data(s.reader, chunk.data(), chunk.size());
    if (got < 0) return s.LibraryError();
    if (got == 0) return Refuse(s.current.name, "ends before its size");
    if (digest) digest->Update(chunk.first(static_cast<size_t>(got)));
    at += static_cast<size_t>(got);
  }
  return bytes;
}

}  // namespace slipway::io
