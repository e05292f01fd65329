#include "lifecycle/verified_store.h"

#include <charconv>
#include <filesystem>
#include <fstream>

#include "io/digest.h"
#include "io/durable_write.h"

namespace slipway::lifecycle {
namespace {

/// "threads 2 of 8": what was found best where runs may use eight processors.
std::optional<int> ReadThreads(std::string_view line, int processors) {
  constexpr std::string_view kWord = "threads ";
  if (!line.starts_with(kWord)) return std::nullopt;
  int threads = 0;
  const char* end = line.data() + line.size();
  const auto [rest, error] = std::from_chars(line.data() + kWord.size(), end, threads);
  const bool good = error == std::errc() && threads >= 1 && threads <= processors &&
                    std::string_view(rest, end) == fmt::format(" of {}", processors);
  return good ? std::optional(threads) : std::nullopt;
}

}  // namespace

VerifiedStore::VerifiedStore(std::string folder, std::string runtime, int processors,
                             const std::string& processor)
    : folder_(std::move(folder)),
      runtime_(std::move(runtime) + "\n" + processor),
      processors_(processors) {}

std::string VerifiedStore::PathOf(const std::string& digest) const {
  return folder_ + "/" + io::Sha256Hex(digest + "\n" + runtime_);
}

std::optional<Verified> VerifiedStore::Find(const std::string& digest) const {
  std::error_code ignored;
  if (folder_.empty() || !std::filesystem::is_regular_file(PathOf(digest), ignored))
    return std::nullopt;
  Verified found;
  std::ifstream file(PathOf(digest));
  for (std::string line; !found.threads && std::getline(file, line);)
    found.threads = ReadThreads(line, processors_);
  return found;
}

Status VerifiedStore::Add(const std::string& digest, const Verified& verified) const {
  if (folder_.empty()) return OkStatus();
  std::error_code error;
  std::filesystem::create_directories(folder_, error);
  if (error) return Error(Reason::kIo, "{}: {}", folder_, error.message());
  std::string text = digest + "\n" + runtime_ + "\n";
  if (verified.threads) text += fmt::format("threads {} of {}\n", *verified.threads, processors_);
  return io::WriteDurably(PathOf(digest), text);
}

}  // namespace slipway::lifecycle
