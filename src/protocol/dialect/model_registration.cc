#include "protocol/dialect/model_registration.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <vector>

#include "text/json_reader.h"
#include "text/json_writer.h"
#include "transport/http/query.h"

namespace slipway::dialect {
namespace {

constexpr std::string_view kUnpacked = "model";  // beneath the model's folder, SageMaker's layout
constexpr std::string_view kFileScheme = "file://";
constexpr std::string_view kSuffixes[] = {".onnx", ".mar"};  // of files that hold one model

StatusOr<int64_t> NumberIn(std::string_view query, std::string_view name, int64_t otherwise) {
  ASSIGN_OR_RETURN(const auto text, http::QueryValue(query, name));
  if (!text) return otherwise;
  int64_t value;
  const char* const end = text->data() + text->size();
  const auto result = std::from_chars(text->data(), end, value);
  return result.ec == std::errc() && result.ptr == end && value >= 0 ? value : otherwise;
}

std::string_view WithoutPrefix(std::string_view text, std::string_view prefix) {
  return text.starts_with(prefix) ? text.substr(prefix.size()) : text;
}

bool Has(std::span<const Repository> repositories, const std::filesystem::path& path) {
  return std::ranges::find(repositories, path.string(), &Repository::path) != repositories.end();
}

}  // namespace

StatusOr<Page> ReadPage(std::string_view query) {
  ASSIGN_OR_RETURN(const int64_t limit, NumberIn(query, "limit", kPageModels));
  ASSIGN_OR_RETURN(const int64_t first, NumberIn(query, "next_page_token", 0));
  return Page{limit, first};
}

void WriteModelPage(const lifecycle::ServingTable& table, Page page, std::string& out) {
  const int64_t limit = page.limit < 1 || page.limit > kPageModels ? kPageModels : page.limit;
  std::vector<std::string_view> names;
  for (const auto& [name, model] : table.models)
    if (!model->ready.empty()) names.push_back(name);
  std::ranges::sort(names);
  const auto all = static_cast<int64_t>(names.size());
  const int64_t begin = std::clamp<int64_t>(page.first, 0, all), end = std::min(begin + limit, all);
  JsonWriter json(out);
  json.BeginObject().Key("models").BeginArray();
  for (int64_t i = begin; i < end; ++i) {
    std::string model;
    WriteModel(names[static_cast<size_t>(i)], model);
    json.Raw(model);
  }
  json.EndArray();
  if (end < all) json.Key("nextPageToken").String(std::to_string(end));
  json.EndObject();
}

void WriteModel(std::string_view name, std::string& out) {
  JsonWriter(out)
      .BeginObject()
      .Key("modelName")
      .String(name)
      .Key("modelUrl")
      .String(name)
      .EndObject();
}

StatusOr<Registration> ReadRegistration(std::string_view body) {
  Registration registration;
  JsonReader json(body);
  RETURN_IF_ERROR(json.BeginObject());
  for (std::string_view key;;) {
    ASSIGN_OR_RETURN(const bool more, json.NextKey(&key));
    if (!more) break;
    if (key != "model_name" && key != "url") {
      RETURN_IF_ERROR(json.Skip());
      continue;
    }
    std::string& to = key == "url" ? registration.url : registration.model_name;
    std::string_view text;
    RETURN_IF_ERROR(json.ReadString(&text));
    to = text;
  }
  RETURN_IF_ERROR(json.End());
  return registration;
}

StatusOr<std::string> ModelAt(std::string_view url, std::string_view field,
                              std::span<const Repository> repositories) {
  const std::string_view place = WithoutPrefix(url, kFileScheme);
  const std::filesystem::path path(place);
  std::filesystem::path normal = (path / "").lexically_normal().parent_path();
  if (path.is_absolute() && normal.filename() == kUnpacked &&
      Has(repositories, normal.parent_path().parent_path()))
    normal = normal.parent_path();
  // A model that was given to the server on its own is its own repository.
  const auto given = std::ranges::find(repositories, normal.string(), &Repository::path);
  const bool is_given = given != repositories.end();
  const bool is_name = path.is_relative() && !normal.has_parent_path();
  const bool climbs = std::ranges::find(path, "..") != path.end();
  if (climbs || normal.empty() || place.find("://") != place.npos ||
      !(is_name || is_given || Has(repositories, normal.parent_path())))
    return Error(Reason::kForbidden,
                 "{} \"{}\": expected a model of this server's repositories, by its name or path",
                 field, url.substr(0, 256));
  if (is_given && !given->model.empty()) return given->model;
  std::string name = normal.filename().string();
  for (const std::string_view suffix : kSuffixes)
    if (name.ends_with(suffix)) name.resize(name.size() - suffix.size());
  RETURN_IF_ERROR(ModelName::Parse(name).status());
  return name;
}

StatusOr<std::string> ModelToLoad(const Registration& registration,
                                  std::span<const Repository> repositories,
                                  const lifecycle::ServingTable& table) {
  if (registration.url.empty()) return Error(Reason::kBadRequest, "Parameter url is required.");
  ASSIGN_OR_RETURN(std::string name, ModelAt(registration.url, "url", repositories));
  if (!registration.model_name.empty() && registration.model_name != name)
    return Error(
        Reason::kBadRequest,
        "model_name \"{}\": expected \"{}\", the name that the model has in its repository",
        registration.model_name.substr(0, 256), name);
  const auto found = table.models.find(name);
  if (found != table.models.end() && !found->second->ready.empty())
    return Error(Reason::kAlreadyExists, "model \"{}\" is registered already", name);
  return name;
}

}  // namespace slipway::dialect
