#include "pipeline/fit_watch.h"

#include "io/durable_write.h"
#include "io/file.h"

namespace slipway::pipeline {
namespace {

constexpr std::string_view kMagic = "slipway checkpoint 1\n";
constexpr uint64_t kMaxBytes = uint64_t{4} << 30;

}  // namespace

StatusOr<std::string> ReadCheckpoint(const std::string& path, const std::string& training) {
  const auto file = io::File::Open(path);
  if (!file.ok() && ReasonOf(file.status()) == Reason::kNotFound) return std::string();
  RETURN_IF_ERROR(file.status());
  ASSIGN_OR_RETURN(const io::Bytes bytes, file->ReadAll(kMaxBytes));
  std::string_view text = bytes.text();
  if (!text.starts_with(kMagic))
    return Error(Reason::kBadRequest, "{}: this is no checkpoint of a training", path);
  text.remove_prefix(kMagic.size());
  const size_t end = text.find('\n');
  if (end == std::string_view::npos || text.substr(0, end) != training)
    return Error(Reason::kBadRequest,
                 "{}: this checkpoint is of a training with other data or options: remove it, or "
                 "name another file",
                 path);
  return std::string(text.substr(end + 1));
}

Status WriteCheckpoint(const std::string& path, const Checkpoint& checkpoint) {
  return io::WriteDurably(path,
                          fmt::format("{}{}\n{}", kMagic, checkpoint.training, checkpoint.state));
}

FitWatch::FitWatch(Options options) : options_(std::move(options)), saved_(SteadyClock().Now()) {}

bool FitWatch::Report(const train::Progress& progress) {
  if (options_.progress) options_.progress(progress.share);
  stopped_ = stopped_ || (options_.should_stop && options_.should_stop());
  return !stopped_;
}

bool FitWatch::WantsCheckpoint() {
  return !options_.checkpoint.empty() && SteadyClock().Now() - saved_ >= options_.every;
}

Status FitWatch::SaveCheckpoint(std::string state) {
  RETURN_IF_ERROR(WriteCheckpoint(options_.checkpoint, {options_.training, std::move(state)}));
  saved_ = SteadyClock().Now();
  return OkStatus();
}

}  // namespace slipway::pipeline
