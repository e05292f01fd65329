#include "cli/personality/models.h"

#include <fmt/format.h>

#include "io/file.h"

namespace slipway::cli {

void TakeModels(const StatusOr<std::vector<repository::ForeignModel>>& models,
                std::string_view where, Translation& out) {
  if (!models.ok()) return out.Refuse(where, MessageOf(models.status()));
  if (models->empty()) return out.Refuse(where, "names no model");
  bool any = false;
  for (const repository::ForeignModel& model : *models) {
    const std::string name = fmt::format("model \"{}\"", model.name);
    for (const std::string& note : model.notes) out.Note(name + ":", note);
    if (!model.problem.ok()) {
      out.Note(name, fmt::format("is not served: {}", MessageOf(model.problem)));
      continue;
    }
    any = true;
    out.Add("models.paths", model.place(), where);
    for (const std::string& text : model.versions) out.Add("models.versions", text, where);
    for (const std::string& text : model.aliases) out.Add("models.aliases", text, where);
  }
  if (any) return;
  for (const repository::ForeignModel& model : *models)
    out.Refuse(where, fmt::format("model \"{}\": {}", model.name, MessageOf(model.problem)));
}

StatusOr<std::string> ReadTextFile(const std::string& path) {
  constexpr uint64_t kMaxBytes = uint64_t{1} << 20;
  ASSIGN_OR_RETURN(const io::File file, io::File::Open(path));
  ASSIGN_OR_RETURN(const io::Bytes bytes, file.ReadAll(kMaxBytes));
  return std::string(bytes.text());
}

}  // namespace slipway::cli
