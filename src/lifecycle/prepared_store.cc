#include "lifecycle/prepared_store.h"

#include <algorithm>
#include <filesystem>
#include <vector>

#include "io/checksum.h"
#include "io/digest.h"
#include "io/durable_write.h"
#include "io/file.h"

namespace slipway::lifecycle {
namespace {

namespace fs = std::filesystem;

constexpr size_t kHeadBytes = 64;  // the form behind it lies on 64 bytes, as the whole does

std::string HeadOf(std::span<const std::byte> form) {
  std::string head =
      fmt::format("slipway prepared 1\n{} bytes\n{:016x}\n", form.size(), io::Checksum(form));
  head.resize(kHeadBytes, '\n');
  return head;
}

}  // namespace

PreparedStore::PreparedStore(std::string folder, std::string runtime, Limits limits,
                             const std::string& processor)
    : folder_(std::move(folder)),
      runtime_(std::move(runtime) + "\n" + processor),
      limits_(limits) {}

std::string PreparedStore::PathOf(const std::string& digest) const {
  return folder_ + "/" + io::Sha256Hex(digest + "\n" + runtime_);
}

std::optional<Buffer> PreparedStore::Find(const std::string& digest) const {
  const std::string path = PathOf(digest);
  const auto file = io::File::Open(path);
  if (!file.ok()) return std::nullopt;
  auto read = file->ReadAll(limits_.model_bytes + kHeadBytes);
  if (!read.ok() || read->size() < kHeadBytes) return std::nullopt;
  const auto bytes = std::make_shared<const io::Bytes>(*std::move(read));
  const auto form = bytes->span().subspan(kHeadBytes);
  if (bytes->text().substr(0, kHeadBytes) != HeadOf(form)) return std::nullopt;
  std::error_code ignored;
  fs::last_write_time(path, fs::file_time_type::clock::now(), ignored);
  return Buffer(form, bytes);
}

Status PreparedStore::CheckSpace(uint64_t bytes) const {
  std::error_code error;
  fs::create_directories(folder_, error);
  if (error) return Error(Reason::kIo, "{}: {}", folder_, error.message());
  const fs::space_info space = fs::space(folder_, error);
  if (error) return Error(Reason::kIo, "{}: {}", folder_, error.message());
  const auto least = static_cast<double>(space.capacity) * limits_.free_share;
  if (static_cast<double>(space.available) - static_cast<double>(bytes) >= least) return OkStatus();
  return Error(Reason::kDiskFull, "{}: {} bytes would leave less than {:.0f} % of the disk free",
               folder_, bytes, 100 * limits_.free_share);
}

void PreparedStore::MakeRoom(uint64_t bytes) const {
  struct Entry {
    fs::path path;
    uint64_t size;
    fs::file_time_type used;
  };
  std::vector<Entry> entries;
  uint64_t total = bytes;
  std::error_code ignored;
  for (const auto& found : fs::directory_iterator(folder_, ignored)) {
    std::error_code gone;
    const Entry entry{found.path(), found.file_size(gone), found.last_write_time(gone)};
    if (gone) continue;
    total += entry.size;
    entries.push_back(entry);
  }
  std::ranges::sort(entries, {}, &Entry::used);
  size_t left = entries.size() + 1;
  for (const Entry& entry : entries) {
    if (total <= limits_.total_bytes && left <= limits_.files) return;
    fs::remove(entry.path, ignored);
    total -= entry.size;
    --left;
  }
}

Status PreparedStore::Write(const std::string& digest, std::span<const std::byte> form) const {
  const uint64_t size = kHeadBytes + form.size();
  if (form.size() > limits_.model_bytes || size > limits_.total_bytes)
    return Error(Reason::kTooLarge, "expected at most {} bytes of a prepared model, got {}",
                 std::min(limits_.model_bytes, limits_.total_bytes - kHeadBytes), form.size());
  RETURN_IF_ERROR(CheckSpace(size));
  MakeRoom(size);
  ASSIGN_OR_RETURN(auto file, io::DurableFile::Create(PathOf(digest)));
  RETURN_IF_ERROR(file.Append(HeadOf(form)));
  RETURN_IF_ERROR(file.Append(form));
  return file.Commit();
}

Status PreparedStore::Refuse(const std::string& digest) const { return Write(digest, {}); }

Status PreparedStore::Put(const std::string& digest, const Buffer& form) const {
  return Write(digest, form.bytes());
}

void PreparedStore::Forget(const std::string& digest) const {
  std::error_code ignored;
  fs::remove(PathOf(digest), ignored);
}

}  // namespace slipway::lifecycle
