#include "io/digest_memory.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <filesystem>

#include "io/checksum.h"
#include "io/durable_write.h"

namespace slipway::io {
namespace {

constexpr std::string_view kHead = "slipway digests 1";
constexpr uint64_t kMaxFileBytes = 256 * DigestMemory::kMostFiles;

int64_t RealNow() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
}

/// Up to `separator`, which is taken too.
std::string_view Take(std::string_view& rest, char separator) {
  const size_t end = std::min(rest.find(separator), rest.size());
  const std::string_view taken = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return taken;
}

template <typename T>
bool TakeNumber(std::string_view& rest, T& value) {
  const std::string_view word = Take(rest, ' ');
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  return error == std::errc() && end == word.data() + word.size();
}

}  // namespace

DigestMemory::DigestMemory(std::string path, NowNs now)
    : path_(std::move(path)), now_(now ? std::move(now) : RealNow) {}

StatusOr<DigestedBytes> DigestMemory::Read(const File& file, uint64_t max_bytes) {
  const FileFacts& facts = file.facts();
  const bool large = facts.size_bytes >= kLeastBytes;
  const auto known = large ? Find(facts) : std::nullopt;
  if (known) {
    ASSIGN_OR_RETURN(Bytes bytes, file.ReadAll(max_bytes));
    if (Checksum(bytes.span()) == known->checksum)
      return DigestedBytes{std::move(bytes), known->sha256};
    std::string sha256 = Sha256Hex(bytes.span());
    return DigestedBytes{std::move(bytes), std::move(sha256)};
  }
  const bool settled = std::max(facts.modified_ns, facts.changed_ns) <= now_() - kSettledNs;
  Sha256 digest;
  ASSIGN_OR_RETURN(Bytes bytes, file.ReadAll(max_bytes, &digest));
  DigestedBytes read{std::move(bytes), digest.HexDigest()};
  if (!large || !settled) return read;
  const auto now = FactsOf(file.fd(), file.name());
  if (now.ok() && *now == facts) Add({facts, Checksum(read.bytes.span()), read.sha256});
  return read;
}

std::optional<DigestMemory::Known> DigestMemory::Find(const FileFacts& facts) {
  MutexLock lock(mutex_);
  Load();
  const auto entry = entries_.find({facts.device, facts.inode});
  if (entry == entries_.end() || entry->second.known.facts != facts) return std::nullopt;
  entry->second.last_use = ++uses_;
  return entry->second.known;
}

void DigestMemory::Add(Known known) {
  MutexLock lock(mutex_);
  Load();
  Put(std::move(known));
  changed_ = true;
}

void DigestMemory::Put(Known known) {
  const Key key{known.facts.device, known.facts.inode};
  entries_[key] = {std::move(known), ++uses_};
}

void DigestMemory::Load() {
  if (std::exchange(loaded_, true)) return;
  const auto file = File::Open(path_);
  if (!file.ok()) return;
  const auto bytes = file->ReadAll(kMaxFileBytes);
  if (!bytes.ok()) return;
  std::string_view rest = bytes->text();
  if (Take(rest, '\n') != kHead) return;
  while (!rest.empty() && entries_.size() < kMostFiles)
    if (auto known = Parse(Take(rest, '\n'))) Put(*std::move(known));
}

std::optional<DigestMemory::Known> DigestMemory::Parse(std::string_view line) {
  Known known{.facts = {.kind = FileFacts::Kind::kRegular}};
  FileFacts& facts = known.facts;
  const bool good = TakeNumber(line, facts.device) && TakeNumber(line, facts.inode) &&
                    TakeNumber(line, facts.size_bytes) && TakeNumber(line, facts.modified_ns) &&
                    TakeNumber(line, facts.changed_ns) && TakeNumber(line, known.checksum);
  known.sha256 = line;
  return good && IsSha256Hex(known.sha256) ? std::optional(std::move(known)) : std::nullopt;
}

std::string DigestMemory::Render(const Known& known) {
  const FileFacts& facts = known.facts;
  return fmt::format("{} {} {} {} {} {} {}\n", facts.device, facts.inode, facts.size_bytes,
                     facts.modified_ns, facts.changed_ns, known.checksum, known.sha256);
}

std::vector<const DigestMemory::Entry*> DigestMemory::ByUse() const {
  std::vector<const Entry*> all;
  for (const auto& [key, entry] : entries_) all.push_back(&entry);
  std::ranges::sort(all, {}, &Entry::last_use);
  return all;
}

Status DigestMemory::Save() {
  std::string text(kHead);
  text += '\n';
  {
    MutexLock lock(mutex_);
    if (!std::exchange(changed_, false)) return OkStatus();
    std::vector<const Entry*> all = ByUse();
    const size_t skipped = all.size() - std::min(all.size(), kMostFiles);
    for (const Entry* entry : std::span(all).subspan(skipped)) text += Render(entry->known);
  }
  std::error_code error;
  std::filesystem::create_directories(std::filesystem::path(path_).parent_path(), error);
  if (error) return Error(Reason::kIo, "{}: {}", path_, error.message());
  return WriteDurably(path_, text);
}

}  // namespace slipway::io
