#include "pipeline/checkpoint.h"

#include <fmt/format.h>

#include "io/durable_write.h"
#include "io/file.h"
#include "text/json_fields.h"
#include "text/json_writer.h"

namespace slipway::pipeline {
namespace {

constexpr std::string_view kMagic = "slipway checkpoint 2\n";
constexpr std::string_view kFit = "fit ";  // before the last part; other lines are JSON
constexpr uint64_t kMaxBytes = uint64_t{4} << 30;
constexpr size_t kMaxFolds = 10'000;

std::string KeyOf(const train::Recipe& recipe, size_t max_rows) {
  return fmt::format("{} of {} rows", train::NameOf(recipe), max_rows);
}

std::string ToLine(std::string_view key, const train::Trial& trial) {
  std::string line;
  JsonWriter json(line);
  json.BeginObject().Key("trial").String(key).Key("scores").BeginArray();
  for (const double score : trial.scores) json.Double(score);
  json.EndArray()
      .Key("rows")
      .Uint(trial.rows)
      .Key("model_bytes")
      .Uint(trial.model_bytes)
      .Key("nanoseconds")
      .Int(trial.time.count())
      .EndObject();
  return line;
}

Status FromLine(std::string_view line, std::string& key, train::Trial& trial) {
  JsonReader reader(line);
  RETURN_IF_ERROR(ReadObject(reader, [&](std::string_view field) -> StatusOr<bool> {
    if (field == "trial") return Consumed(reader.ReadString(&key));
    if (field == "scores")
      return Consumed(ReadArray(reader, kMaxFolds,
                                [&] { return reader.ReadDouble(&trial.scores.emplace_back()); }));
    if (field == "rows") return Consumed(reader.ReadUint64(&trial.rows));
    if (field == "model_bytes") return Consumed(reader.ReadUint64(&trial.model_bytes));
    if (field != "nanoseconds") return false;
    int64_t nanoseconds = 0;
    RETURN_IF_ERROR(reader.ReadInt64(&nanoseconds));
    trial.time = Duration(nanoseconds);
    return true;
  }));
  return reader.End();
}

}  // namespace

StatusOr<Checkpoint> Checkpoint::Open(std::string path, std::string training, Duration every) {
  Checkpoint checkpoint;
  checkpoint.path_ = std::move(path);
  checkpoint.training_ = std::move(training);
  checkpoint.every_ = every;
  checkpoint.saved_ = SteadyClock().Now();
  const auto file = io::File::Open(checkpoint.path_);
  if (!file.ok() && ReasonOf(file.status()) == Reason::kNotFound) return checkpoint;
  RETURN_IF_ERROR(file.status());
  ASSIGN_OR_RETURN(const io::Bytes bytes, file->ReadAll(kMaxBytes));
  const Status read = checkpoint.Read(bytes.text());
  if (!read.ok()) return Annotate(read, checkpoint.path_);
  checkpoint.resumed_ = true;
  return checkpoint;
}

Status Checkpoint::Read(std::string_view text) {
  if (!text.starts_with(kMagic))
    return Error(Reason::kBadRequest, "this is no checkpoint of a training");
  text.remove_prefix(kMagic.size());
  bool named = false;
  size_t number = 1;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    if (end == std::string_view::npos)
      return Error(Reason::kBadRequest, "the checkpoint ends within a line");
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end + 1);
    ++number;
    if (!named) {
      if (line != training_) break;
      named = true;
    } else if (line.starts_with(kFit)) {
      fitted_ = line.substr(kFit.size());
      state_ = text;
      return OkStatus();
    } else {
      const Status read = ReadTrial(line);
      if (!read.ok())
        return Error(Reason::kBadRequest, "line {}: {}: remove the file, or name another", number,
                     MessageOf(read));
    }
  }
  if (named) return OkStatus();
  return Error(Reason::kBadRequest,
               "this checkpoint is of a training with other data or options: remove it, or name "
               "another file");
}

Status Checkpoint::ReadTrial(std::string_view line) {
  std::string key;
  train::Trial trial;
  RETURN_IF_ERROR(FromLine(line, key, trial));
  if (trial.scores.empty()) return Error(Reason::kBadRequest, "a trial without scores");
  trials_[key] = line;
  return OkStatus();
}

std::optional<train::Trial> Checkpoint::Recall(const train::Recipe& recipe, size_t max_rows) const {
  const auto found = trials_.find(KeyOf(recipe, max_rows));
  if (found == trials_.end()) return std::nullopt;
  std::string key;
  train::Trial trial;
  trial.recipe = recipe;
  if (!FromLine(found->second, key, trial).ok()) return std::nullopt;
  train::Summarise(trial);
  return trial;
}

Status Checkpoint::Remember(const train::Trial& trial, size_t max_rows) {
  if (!is_kept() || !trial.ok()) return OkStatus();
  const std::string key = KeyOf(trial.recipe, max_rows);
  trials_[key] = ToLine(key, trial);
  return IsDue() ? Write() : OkStatus();
}

std::string_view Checkpoint::StateOf(const train::Recipe& recipe) const {
  return fitted_ == train::NameOf(recipe) ? std::string_view(state_) : std::string_view();
}

Status Checkpoint::SaveState(const train::Recipe& recipe, std::string state) {
  fitted_ = train::NameOf(recipe);
  state_ = std::move(state);
  return Write();
}

Status Checkpoint::Write() {
  std::string text = fmt::format("{}{}\n", kMagic, training_);
  for (const auto& [key, line] : trials_) text += line + '\n';
  if (!fitted_.empty()) text += fmt::format("{}{}\n{}", kFit, fitted_, state_);
  RETURN_IF_ERROR(io::WriteDurably(path_, text));
  saved_ = SteadyClock().Now();
  return OkStatus();
}

}  // namespace slipway::pipeline
