#include "repository/stamp.h"

#include <algorithm>
#include <utility>

namespace slipway::repository {
namespace {

constexpr size_t kMaxFiles = 10'000;
constexpr int kMaxDepth = 16;

struct Level {
  io::Folder folder;
  std::string prefix;
  int depth = 0;
};

}  // namespace

void Stamp::Mix(uint64_t word) {
  for (int shift = 0; shift < 64; shift += 8) {
    value_ = (value_ ^ (word >> shift & 0xff)) * 0x100000001b3;
  }
}

void Stamp::Add(std::string_view name, const io::FileFacts& facts) {
  for (const char c : name) Mix(static_cast<unsigned char>(c));
  Mix(~uint64_t{0});  // names end
  Mix(facts.size_bytes);
  Mix(static_cast<uint64_t>(facts.modified_ns));
  Mix(static_cast<uint64_t>(facts.changed_ns));
  Mix(facts.device);
  Mix(facts.inode);
}

StatusOr<uint64_t> StampOfFolder(io::Folder folder) {
  Stamp stamp;
  size_t files = 0;
  std::vector<Level> open;
  open.push_back({std::move(folder), "", 0});
  while (!open.empty()) {
    const Level level = std::move(open.back());
    open.pop_back();
    ASSIGN_OR_RETURN(const auto names, level.folder.List(kMaxFiles));
    for (const std::string& name : names) {
      if (name.starts_with('.')) continue;
      if (++files > kMaxFiles || level.depth > kMaxDepth) {
        return Error(Reason::kTooLarge, "\"{}\": expected at most {} files, {} levels deep",
                     level.folder.path(), kMaxFiles, kMaxDepth);
      }
      const auto found = level.folder.Stat(name);
      if (!found.ok()) {
        // A link that leads out counts by its name: whoever opens the version says what is wrong.
        if (ReasonOf(found.status()) != Reason::kBadModel) return found.status();
        stamp.Add(name, {});
        continue;
      }
      if (!*found) continue;  // gone since, or a link to nowhere
      const io::FileFacts& facts = **found;
      if (facts.kind == io::FileFacts::Kind::kFolder) {
        ASSIGN_OR_RETURN(io::Folder inner, level.folder.OpenFolder(name));
        open.push_back({std::move(inner), level.prefix + name + "/", level.depth + 1});
      } else {
        stamp.Add(level.prefix + name, facts);
      }
    }
  }
  return stamp.value();
}

StatusOr<uint64_t> StampOfFile(const io::Folder& folder, const std::string& name,
                               const std::vector<std::string>& names) {
  const std::string stem = name.substr(0, name.rfind('.')) + ".";
  Stamp stamp;
  for (auto at = std::lower_bound(names.begin(), names.end(), stem);
       at != names.end() && at->starts_with(stem); ++at) {
    const std::string& neighbour = *at;
    const auto facts = folder.Stat(neighbour);
    if (neighbour == name) RETURN_IF_ERROR(facts.status());
    if (facts.ok() && *facts) stamp.Add(neighbour, **facts);
  }
  return stamp.value();
}

}  // namespace slipway::repository
