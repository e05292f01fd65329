#include "cli/personality/translation.h"

#include <fmt/format.h>

#include <algorithm>

#include "server/config_value.h"
#include "server/listen_address.h"

namespace slipway::cli {

server::Setting& Translation::At(std::string_view path, std::string_view where) {
  const server::Field* field = server::FindField(path);
  const auto known = std::find_if(settings_.begin(), settings_.end(),
                                  [&](const auto& setting) { return setting.field == field; });
  if (known != settings_.end()) return *known;
  const bool is_list = std::holds_alternative<server::ListField>(field->type);
  return settings_.emplace_back(
      server::Setting{field, {{}, is_list}, server::Source::kFlag, std::string(where)});
}

void Translation::Set(std::string_view path, std::string text, std::string_view where) {
  server::Setting& setting = At(path, where);
  setting.value.texts = {std::move(text)};
  setting.where = where;
}

void Translation::Add(std::string_view path, std::string text, std::string_view where) {
  server::Setting& setting = At(path, where);
  if (!setting.value.texts.empty() && !setting.where.ends_with(where))
    setting.where += fmt::format(", {}", where);
  setting.value.texts.push_back(std::move(text));
}

void Translation::Listen(std::string address, std::string_view where) {
  if (Sets("http.listen")) {
    const auto& known = At("http.listen", where).value.texts;
    if (std::find(known.begin(), known.end(), address) != known.end()) return;
  }
  const auto parsed = server::ParseListenAddress(address);
  if (parsed.ok() && !parsed->loopback) Set("http.public_inference", "true", where);
  Add("http.listen", std::move(address), where);
}

void Translation::ListenAt(std::string_view host, std::string_view port, std::string_view where,
                           std::string_view scheme) {
  const auto number = server::ParseInteger(port);
  if (!number.ok() || *number < 1 || *number > 65535)
    return Refuse(where, fmt::format("expected a port, 1 to 65535, got \"{}\"", port));
  const bool bare_v6 = host.find(':') != std::string_view::npos && !host.starts_with('[');
  Listen(fmt::format(fmt::runtime(bare_v6 ? "{}[{}]:{}" : "{}{}:{}"), scheme, host, *number),
         where);
}

void Translation::Note(std::string_view where, std::string_view why) {
  notes_.push_back(fmt::format("{} {}", where, why));
}

void Translation::Refuse(std::string_view where, std::string_view why) {
  refusals_.push_back(fmt::format("{}: {}", where, why));
}

bool Translation::RefusesUri(std::string_view path, std::string_view where,
                             std::string_view instead) {
  if (path.find("://") == path.npos) return false;
  Refuse(where, fmt::format("expected a folder, got \"{}\": {}", path, instead));
  return true;
}

bool Translation::Sets(std::string_view path) const {
  return std::any_of(settings_.begin(), settings_.end(),
                     [&](const auto& setting) { return setting.field->path == path; });
}

std::string Translation::Text(std::string_view path) const {
  for (const server::Setting& setting : settings_)
    if (setting.field->path == path) return setting.value.texts.back();
  return "";
}

Status Translation::problem() const {
  return refusals_.empty() ? OkStatus()
                           : Error(Reason::kBadRequest, "{}", fmt::join(refusals_, "\n"));
}

}  // namespace slipway::cli
