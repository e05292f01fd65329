#include <algorithm>
#include <charconv>
#include <set>

#include "io/beneath.h"
#include "io/byte_source.h"
#include "io/digest.h"
#include "io/tar.h"
#include "io/tar_header.h"

namespace slipway::io {
namespace {

using Kind = TarHeader::Kind;

constexpr uint64_t kMaxExtensionBytes = 64 << 10;  // of a pax header or a long name

Status Refuse(std::string_view entry, std::string_view rule) {
  return Error(Reason::kBadModel, "archive entry \"{}\": {}", entry.substr(0, 200), rule);
}

std::string_view WordFor(Kind kind) {
  switch (kind) {
    case Kind::kFile:
      return "file";
    case Kind::kFolder:
      return "folder";
    case Kind::kHardLink:
      return "hard link";
    case Kind::kSymbolicLink:
    case Kind::kGnuLongLink:
      return "symbolic link";
    case Kind::kCharacterDevice:
    case Kind::kBlockDevice:
      return "device";
    case Kind::kFifo:
      return "FIFO";
    case Kind::kGnuSparse:
      return "sparse file";
    case Kind::kPax:
    case Kind::kPaxGlobal:
    case Kind::kGnuLongName:
    case Kind::kOther:
      break;
  }
  return "special file";
}

}  // namespace

bool LooksLikeTar(std::string_view start) {
  if (start.starts_with("\x1f\x8b")) return true;
  return start.size() >= 262 && start.substr(257, 5) == "ustar";
}

struct TarReader::State {
  StatusOr<std::optional<TarHeader>> NextHeader();
  StatusOr<std::string> ReadExtension(const TarHeader& header);
  Status ApplyPax(const TarHeader& header);
  Status ReadExactly(std::span<std::byte> out);
  Status SkipContent();
  StatusOr<std::string> CheckedName(const TarHeader& header);
  Status CheckUnique(const std::string& name);
  Status Charge(const TarHeader& header);

  std::unique_ptr<ByteSource> source;
  uint64_t archive_bytes = 0;
  TarLimits limits;
  std::set<std::string, std::less<>> names;
  size_t entries = 0;
  uint64_t total_bytes = 0;
  TarReader::Entry current;
  uint64_t rest_bytes = 0;  // of current, content and padding not read yet

  // What extension headers said of the next entry.
  std::optional<std::string> long_name;
  std::optional<uint64_t> long_size;
};

Status TarReader::State::ReadExactly(std::span<std::byte> out) {
  ASSIGN_OR_RETURN(const size_t got, source->Read(out));
  if (got == out.size()) return OkStatus();
  return Error(Reason::kBadModel, "archive is cut after entry \"{}\"",
               std::string_view(current.name).substr(0, 200));
}

Status TarReader::State::SkipContent() {
  std::vector<std::byte> sink(std::min<uint64_t>(rest_bytes, kHashedAtOnce));
  while (rest_bytes > 0) {
    const auto chunk = std::span(sink).first(std::min<uint64_t>(rest_bytes, sink.size()));
    RETURN_IF_ERROR(ReadExactly(chunk));
    rest_bytes -= chunk.size();
  }
  return OkStatus();
}

StatusOr<std::string> TarReader::State::ReadExtension(const TarHeader& header) {
  if (header.size_bytes > kMaxExtensionBytes) {
    return Error(Reason::kBadModel, "archive: a header of {} bytes, expected at most {}",
                 header.size_bytes, kMaxExtensionBytes);
  }
  RETURN_IF_ERROR(Charge(header));
  std::string content((header.size_bytes + kTarBlockBytes - 1) / kTarBlockBytes * kTarBlockBytes,
                      '\0');
  RETURN_IF_ERROR(ReadExactly(std::as_writable_bytes(std::span(content))));
  content.resize(header.size_bytes);
  return content;
}

Status TarReader::State::ApplyPax(const TarHeader& header) {
  ASSIGN_OR_RETURN(const std::string content, ReadExtension(header));
  ASSIGN_OR_RETURN(const auto records, ParsePaxRecords(content));
  for (const auto& [key, value] : records) {
    if (key.starts_with("GNU.sparse.")) return Refuse(value, "is a sparse file");
    if (key != "path" && key != "size") continue;
    if (header.kind == Kind::kPaxGlobal)
      return Refuse(value, "a global header sets names or sizes");
    if (key == "path") {
      long_name = value;
      continue;
    }
    uint64_t size = 0;
    const auto [stop, error] = std::from_chars(value.data(), value.data() + value.size(), size);
    if (error != std::errc() || stop != value.data() + value.size()) {
      return Refuse(value, "a size that is no number");
    }
    long_size = size;
  }
  return OkStatus();
}

// The next header of an entry, with what extension headers before it said put in.
StatusOr<std::optional<TarHeader>> TarReader::State::NextHeader() {
  long_name.reset();
  long_size.reset();
  while (true) {
    TarBlock block;
    RETURN_IF_ERROR(ReadExactly(std::as_writable_bytes(std::span(block))));
    if (IsEndBlock(block)) return std::optional<TarHeader>();
    if (++entries > limits.max_entries) {
      return Error(Reason::kBadModel, "archive: expected at most {} entries, got more",
                   limits.max_entries);
    }
    ASSIGN_OR_RETURN(TarHeader header, ParseTarHeader(block));
    if (header.kind == Kind::kPax || header.kind == Kind::kPaxGlobal) {
      RETURN_IF_ERROR(ApplyPax(header));
    } else if (header.kind == Kind::kGnuLongName) {
      ASSIGN_OR_RETURN(std::string name, ReadExtension(header));
      name.resize(std::min(name.find('\0'), name.size()));
      long_name = std::move(name);
    } else {
      if (long_name) header.name = *long_name;
      if (long_size) header.size_bytes = *long_size;
      return std::optional(std::move(header));
    }
  }
}

StatusOr<std::string> TarReader::State::CheckedName(const TarHeader& header) {
  std::string_view name = header.name;
  const bool folder = header.kind == Kind::kFolder;
  if (folder && name.ends_with('/')) name.remove_suffix(1);
  if (folder && name == ".") return std::string();
  if (name.starts_with("./")) name.remove_prefix(2);
  if (const Status status = CheckRelativeName(name); !status.ok()) {
    return Annotate(status, "archive entry");
  }
  return std::string(name);
}

// "a" and "a/b" cannot both be files.
Status TarReader::State::CheckUnique(const std::string& name) {
  if (!names.insert(name).second) return Refuse(name, "the name occurs twice");
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

// Counts an entry, or an extension header, against the limits before it is read.
Status TarReader::State::Charge(const TarHeader& header) {
  const uint64_t size = header.size_bytes;
  if (size > limits.max_total_bytes || total_bytes > limits.max_total_bytes - size) {
    return Refuse(header.name, fmt::format("expected at most {} bytes in total, got more",
                                           limits.max_total_bytes));
  }
  total_bytes += size;
  if (total_bytes / limits.max_ratio > archive_bytes) {
    return Refuse(header.name, fmt::format("expands to more than {} times the archive's {} bytes",
                                           limits.max_ratio, archive_bytes));
  }
  return OkStatus();
}

TarReader::TarReader(std::unique_ptr<State> state) : state_(std::move(state)) {}
TarReader::TarReader(TarReader&&) noexcept = default;
TarReader& TarReader::operator=(TarReader&&) noexcept = default;
TarReader::~TarReader() = default;

StatusOr<TarReader> TarReader::Open(File file, const TarLimits& limits) {
  auto state = std::make_unique<State>();
  state->archive_bytes = file.size_bytes();
  state->limits = limits;
  ASSIGN_OR_RETURN(state->source, OpenSource(std::move(file)));
  return TarReader(std::move(state));
}

StatusOr<std::optional<TarReader::Entry>> TarReader::Next() {
  State& s = *state_;
  while (true) {
    RETURN_IF_ERROR(s.SkipContent());
    ASSIGN_OR_RETURN(const std::optional<TarHeader> header, s.NextHeader());
    if (!header) return std::optional<Entry>();
    ASSIGN_OR_RETURN(std::string name, s.CheckedName(*header));
    if (header->kind == Kind::kFolder && header->size_bytes == 0) continue;
    if (header->kind != Kind::kFile) {
      return Refuse(name, fmt::format("is a {}", WordFor(header->kind)));
    }
    RETURN_IF_ERROR(s.CheckUnique(name));
    RETURN_IF_ERROR(s.Charge(*header));
    s.current = {std::move(name), header->size_bytes};
    s.rest_bytes = (header->size_bytes + kTarBlockBytes - 1) / kTarBlockBytes * kTarBlockBytes;
    return std::optional(s.current);
  }
}

StatusOr<Bytes> TarReader::ReadContent(Sha256* digest) {
  State& s = *state_;
  ASSIGN_OR_RETURN(Bytes bytes, Bytes::Allocate(s.current.size_bytes, s.current.name));
  const std::span<std::byte> out = bytes.writable();
  for (size_t at = 0; at < out.size(); at += kHashedAtOnce) {
    const auto chunk = out.subspan(at, std::min(kHashedAtOnce, out.size() - at));
    RETURN_IF_ERROR(s.ReadExactly(chunk));
    s.rest_bytes -= chunk.size();
    if (digest) digest->Update(chunk);
  }
  return bytes;
}

}  // namespace slipway::io
