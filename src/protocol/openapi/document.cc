#include "protocol/openapi/document.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <vector>

#include "base/check.h"
#include "text/json_writer.h"
#include "transport/http/ascii.h"

namespace slipway::openapi {
namespace {

using http::Answer;
using http::BodyForm;
using http::Route;

struct Meaning {
  int status;
  std::string_view text;
};
constexpr Meaning kRefusals[] = {
    {400, "Malformed, or it does not fit the model"},
    {403, "Host, Origin or the server's configuration forbid it"},
    {404, "No such model, version or alias"},
    {408, "The body came too slowly"},
    {409, "A model of that name is loaded"},
    {413, "The body is over its limit, or the run needs more memory than one may take"},
    {414, "The URL is over its limit"},
    {415, "A content coding or content type that is not taken"},
    {417, "An expectation that is not known"},
    {422, "The model is bad or needs what is not supported"},
    {431, "The head is over its limit"},
    {500, "The server failed; its log has the detail under the request id"},
    {501, "Known, not offered"},
    {503, "Not now: loading, draining or overloaded"},
    {504, "The request's deadline has passed"},
    {507, "The model does not fit into memory"},
};

constexpr std::string_view kDescription =
    "Models served over HTTP. GET routes answer HEAD too, every route answers OPTIONS, and another "
    "method on a known path is 405 with Allow.";

/// "get_v2_models_model_ready"
std::string OperationId(const Route& route) {
  std::string id;
  bool gap = true;
  for (const char c : fmt::format("{} {}", NameOf(route.method), route.pattern)) {
    const bool word = http::IsDigit(c) || (http::ToLower(c) >= 'a' && http::ToLower(c) <= 'z');
    if (word) id += http::ToLower(c);
    if (!word && !gap) id += '_';
    gap = !word;
  }
  if (id.ends_with('_')) id.pop_back();
  return id;
}

/// How a route's refusals may look.
std::vector<std::string_view> ErrorsOf(std::string_view own) {
  if (own == http::kErrorSchema) return {own};
  return {own, http::kErrorSchema};
}

std::vector<std::string_view> PathParameters(std::string_view pattern) {
  std::vector<std::string_view> names;
  for (size_t open = 0; (open = pattern.find('{', open)) != std::string_view::npos; ++open)
    names.push_back(pattern.substr(open + 1, pattern.find('}', open) - open - 1));
  return names;
}

class DocumentWriter {
 public:
  DocumentWriter(const ComponentTable& components, std::string& out)
      : components_(components), json_(out) {}

  void Write(std::span<const Route> routes, uint8_t offered, std::string_view version);

 private:
  void WriteTags();
  void WriteOperation(const Route& route);
  void WriteParameters(const Route& route);
  void WriteRequest(const Route& route);
  void WriteResponses(const Route& route);
  void WriteAnswer(const Answer& answer, std::span<const std::string_view> errors);
  void WriteForm(const BodyForm& form, std::span<const std::string_view> others = {});
  void WriteRefusal(const Meaning& refusal, std::string_view error);
  void WriteComponents();
  void Reference(std::string_view section, std::string_view name);

  const ComponentTable& components_;
  JsonWriter json_;
  std::map<std::string_view, std::vector<const Route*>> paths_;
  std::set<std::string_view> errors_;  // that the routes have
};

void DocumentWriter::Write(std::span<const Route> routes, uint8_t offered,
                           std::string_view version) {
  for (const Route& route : routes)
    if (!route.is_grpc && (http::Bit(route.access) & offered))
      paths_[route.pattern].push_back(&route);
  json_.BeginObject().Key("openapi").String("3.1.0").Key("info").BeginObject();
  json_.Key("title").String("Slipway").Key("version").String(version);
  json_.Key("description").String(kDescription).EndObject();
  WriteTags();
  json_.Key("paths").BeginObject();
  for (const auto& [pattern, methods] : paths_) {
    json_.Key(pattern).BeginObject();
    for (const Route* route : methods) WriteOperation(*route);
    json_.EndObject();
  }
  json_.EndObject();
  WriteComponents();
  json_.EndObject();
}

void DocumentWriter::WriteTags() {
  std::set<std::string_view> tags;
  for (const auto& [pattern, methods] : paths_)
    for (const Route* route : methods)
      tags.insert(route->contract.dialects.begin(), route->contract.dialects.end());
  json_.Key("tags").BeginArray();
  for (const std::string_view tag : tags) json_.BeginObject().Key("name").String(tag).EndObject();
  json_.EndArray();
}

void DocumentWriter::WriteOperation(const Route& route) {
  const http::Contract& contract = route.contract;
  SLIPWAY_CHECK(!contract.dialects.empty() && !route.summary.empty() &&
                    (!contract.gives.empty() || !contract.refuses.empty()),
                "every route for HTTP says whose it is, what it is for and what it answers");
  std::string method(NameOf(route.method));
  std::ranges::transform(method, method.begin(), http::ToLower);
  json_.Key(method).BeginObject().Key("operationId").String(OperationId(route));
  json_.Key("summary").String(route.summary).Key("tags").BeginArray();
  for (const std::string_view dialect : contract.dialects) json_.String(dialect);
  json_.EndArray();
  WriteParameters(route);
  WriteRequest(route);
  WriteResponses(route);
  json_.EndObject();
}

void DocumentWriter::WriteParameters(const Route& route) {
  json_.Key("parameters").BeginArray();
  for (const std::string_view name : PathParameters(route.pattern)) Reference("parameters", name);
  for (const std::string_view name : route.contract.parameters) Reference("parameters", name);
  json_.EndArray();
}

void DocumentWriter::WriteRequest(const Route& route) {
  const http::Contract& contract = route.contract;
  if (contract.takes.empty()) return;
  json_.Key("requestBody").BeginObject();
  json_.Key("required").Bool(!contract.body_is_optional).Key("content").BeginObject();
  for (const BodyForm& form : contract.takes) WriteForm(form);
  json_.EndObject().EndObject();
}

void DocumentWriter::WriteResponses(const Route& route) {
  const http::Contract& contract = route.contract;
  std::set<int> refused(http::kEveryRouteRefuses.begin(), http::kEveryRouteRefuses.end());
  refused.insert(contract.refuses.begin(), contract.refuses.end());
  errors_.insert(contract.error);
  const std::vector<std::string_view> errors = ErrorsOf(contract.error);
  json_.Key("responses").BeginObject();
  for (const Answer& answer : contract.gives) {
    json_.Key(std::to_string(answer.status));
    const bool refused_too = refused.erase(answer.status) > 0;
    WriteAnswer(answer, std::span(errors).first(refused_too ? errors.size() : 0));
  }
  for (const int status : refused) {
    json_.Key(std::to_string(status));
    SLIPWAY_CHECK(std::ranges::find(kRefusals, status, &Meaning::status) != std::end(kRefusals),
                  "the meaning of every refusal is known");
    json_.BeginObject().Key("$ref");
    json_.String(fmt::format("#/components/responses/{}{}", contract.error, status)).EndObject();
  }
  json_.EndObject();
}

void DocumentWriter::WriteAnswer(const Answer& answer, std::span<const std::string_view> errors) {
  json_.BeginObject().Key("description").String(answer.status == 200 ? "Done" : "Not now");
  json_.Key("headers").BeginObject().Key("X-Request-Id");
  Reference("headers", "X-Request-Id");
  for (const std::string_view name : answer.headers) {
    json_.Key(name);
    Reference("headers", name);
  }
  json_.EndObject();
  if (!answer.forms.empty()) {
    json_.Key("content").BeginObject();
    for (const BodyForm& form : answer.forms) WriteForm(form, errors);
    json_.EndObject();
  }
  json_.EndObject();
}

void DocumentWriter::WriteForm(const BodyForm& form, std::span<const std::string_view> others) {
  json_.Key(form.type).BeginObject().Key("schema");
  if (form.schema.empty()) {
    json_.BeginObject().EndObject();
  } else if (others.empty()) {
    Reference("schemas", form.schema);
  } else {
    json_.BeginObject().Key("anyOf").BeginArray();
    Reference("schemas", form.schema);
    for (const std::string_view other : others) Reference("schemas", other);
    json_.EndArray().EndObject();
  }
  json_.EndObject();
}

void DocumentWriter::WriteRefusal(const Meaning& refusal, std::string_view error) {
  json_.Key(fmt::format("{}{}", error, refusal.status)).BeginObject();
  json_.Key("description").String(refusal.text);
  json_.Key("headers").BeginObject().Key("X-Request-Id");
  Reference("headers", "X-Request-Id");
  if (refusal.status == 503) {
    json_.Key("Retry-After");
    Reference("headers", "Retry-After");
  }
  json_.EndObject().Key("content").BeginObject();
  const std::vector<std::string_view> errors = ErrorsOf(error);
  WriteForm({http::kJsonType, error}, std::span(errors).subspan(1));
  json_.EndObject().EndObject();
}

void DocumentWriter::WriteComponents() {
  json_.Key("components").BeginObject();
  for (const auto& [name, section] : components_.sections()) {
    json_.Key(name).BeginObject();
    for (const auto& [key, value] : section) json_.Key(key).Raw(value);
    json_.EndObject();
  }
  json_.Key("responses").BeginObject();
  for (const std::string_view error : errors_)
    for (const Meaning& refusal : kRefusals) WriteRefusal(refusal, error);
  json_.EndObject().EndObject();
}

void DocumentWriter::Reference(std::string_view section, std::string_view name) {
  SLIPWAY_CHECK(components_.Has(section, name), "what a contract names is described");
  json_.BeginObject().Key("$ref");
  json_.String(fmt::format("#/components/{}/{}", section, name)).EndObject();
}

}  // namespace

std::string WriteDocument(std::span<const Route> routes, uint8_t offered,
                          const ComponentTable& components, std::string_view version) {
  std::string out;
  DocumentWriter(components, out).Write(routes, offered, version);
  return out;
}

}  // namespace slipway::openapi
