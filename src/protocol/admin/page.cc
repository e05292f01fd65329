#include "protocol/admin/page.h"

#include <fmt/core.h>
#include <openssl/sha.h>

#include <algorithm>

#include "protocol/admin/html.h"
#include "protocol/admin/page_style.h"
#include "text/base64.h"

namespace slipway::admin {
namespace {

constexpr size_t kMaxLabelsShown = 6;

/// A hull on a slipway; drawn here, so nothing is fetched.
constexpr Markup kMark =
    "<svg viewBox=\"0 0 16 16\" aria-hidden=\"true\">"
    "<path d=\"M1 7h14l-2.5 4h-9zM8 1v5H4zM1 13h14v2H1z\"></path></svg>";
constexpr Markup kIcon =
    "<link rel=\"icon\" href=\"data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' "
    "viewBox='0 0 16 16'%3E%3Cpath fill='%230b6bcb' d='M1 7h14l-2.5 4h-9zM8 1v5H4zM1 "
    "13h14v2H1z'/%3E"
    "%3C/svg%3E\">\n";

Markup ClassOfState(std::string_view state) {
  if (state == "READY" || state == "ready") return "good";
  if (state == "LOADING" || state == "UNLOADING" || state == "starting" || state == "draining")
    return "busy";
  return "bad";
}

std::string Lower(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return lower;
}

/// "310 µs", "1.25 ms": three digits and a unit.
std::string ShowDuration(double ns) {
  if (ns < 1e3) return fmt::format("{:.0f} ns", ns);
  if (ns < 1e6) return fmt::format("{:.3g} µs", ns / 1e3);
  if (ns < 1e9) return fmt::format("{:.3g} ms", ns / 1e6);
  return fmt::format("{:.3g} s", ns / 1e9);
}

/// "98,231"
std::string ShowCount(uint64_t count) {
  std::string digits = std::to_string(count);
  for (size_t at = digits.size(); at > 3;) digits.insert(at -= 3, 1, ',');
  return digits;
}

std::string Counted(uint64_t count, std::string_view noun) {
  return fmt::format("{} {}{}", ShowCount(count), noun, count == 1 ? "" : "s");
}

void WriteChip(HtmlWriter& html, Markup css_class, std::string_view text) {
  html.Raw("<span class=\"chip ").Raw(css_class).Raw("\">").Text(text).Raw("</span>\n");
}

std::string Note(const TensorSpec& spec) {
  if (spec.optional) return "optional";
  std::string note;
  for (size_t i = 0; i < std::min(spec.labels.size(), kMaxLabelsShown); ++i)
    note.append(i == 0 ? "" : ", ").append(spec.labels[i]);
  if (spec.labels.size() > kMaxLabelsShown)
    note += fmt::format(", … {} in all", spec.labels.size());
  return note;
}

void WriteTensors(HtmlWriter& html, std::string_view kind, const std::vector<TensorSpec>& specs) {
  for (const TensorSpec& spec : specs)
    html.Raw("<tr><td class=\"kind\">")
        .Text(kind)
        .Raw("</td><td>")
        .Text(spec.name)
        .Raw("</td><td>")
        .Text(NameOf(spec.dtype))
        .Raw("</td><td>")
        .Text(ToString(spec.shape))
        .Raw("</td><td>")
        .Text(Note(spec))
        .Raw("</td></tr>\n");
}

void WriteSignature(HtmlWriter& html, const Signature& signature) {
  html.Raw(
      "<table>\n<thead><tr><th></th><th>name</th><th>datatype</th><th>shape</th><th></th></tr>"
      "</thead>\n<tbody>\n");
  WriteTensors(html, "input", signature.inputs);
  WriteTensors(html, "output", signature.outputs);
  html.Raw("</tbody>\n</table>\n");
}

void WriteTraffic(HtmlWriter& html, const PageTraffic& traffic) {
  html.Raw("<span class=\"quiet push\">").Text(Counted(traffic.succeeded, "request"));
  if (traffic.failed > 0) html.Text(fmt::format(" · {} failed", ShowCount(traffic.failed)));
  if (traffic.p99_ns > 0)
    html.Text(fmt::format(" · p50 {} · p99 {}", ShowDuration(traffic.p50_ns),
                          ShowDuration(traffic.p99_ns)));
  html.Raw("</span>\n");
}

void WriteHeadline(HtmlWriter& html, const PageVersion& version) {
  html.Raw("<div class=\"line\"><h3>version ").Text(version.version).Raw("</h3>\n");
  WriteChip(html, ClassOfState(version.state), Lower(version.state));
  for (const std::string& alias : version.aliases) WriteChip(html, "alias", alias);
  if (!version.platform.empty())
    html.Raw("<span class=\"quiet\" title=\"")
        .Text(version.digest)
        .Raw("\">")
        .Text(version.platform)
        .Raw("</span>\n");
  if (version.traffic) WriteTraffic(html, *version.traffic);
  html.Raw("</div>\n");
}

void WriteDetails(HtmlWriter& html, const PageVersion& version) {
  if (version.signature) WriteSignature(html, *version.signature);
  if (!version.curl.empty())
    html.Raw("<pre tabindex=\"0\"><code>").Text(version.curl).Raw("</code></pre>\n");
}

/// @param open  the newest version that is served shows what it takes; older ones on demand.
void WriteVersion(HtmlWriter& html, const PageVersion& version, bool open) {
  html.Raw("<section class=\"version\">\n");
  WriteHeadline(html, version);
  if (!version.reason.empty()) html.Raw("<p class=\"reason\">").Text(version.reason).Raw("</p>\n");
  if (open) {
    WriteDetails(html, version);
  } else if (version.signature || !version.curl.empty()) {
    html.Raw("<details><summary>inputs, outputs and a request</summary>\n");
    WriteDetails(html, version);
    html.Raw("</details>\n");
  }
  html.Raw("</section>\n");
}

void WriteModel(HtmlWriter& html, const PageModel& model) {
  html.Raw("<article class=\"model\">\n<h2>").Text(model.name).Raw("</h2>\n");
  if (!model.description.empty())
    html.Raw("<p class=\"description\">").Text(model.description).Raw("</p>\n");
  if (!model.problem.empty()) html.Raw("<p class=\"reason\">").Text(model.problem).Raw("</p>\n");
  bool opened = false;
  for (const PageVersion& version : model.versions) {
    const bool open = version.signature.has_value() && !opened;
    WriteVersion(html, version, open);
    opened = opened || open;
  }
  html.Raw("</article>\n");
}

void WriteHeader(HtmlWriter& html, const PageData& data) {
  html.Raw("<header>\n<h1>").Raw(kMark).Raw("Slipway</h1>\n");
  WriteChip(html, ClassOfState(data.status), data.status);
  html.Raw("<span class=\"about\">")
      .Text(data.server_version)
      .Raw(" · ")
      .Text(data.engine)
      .Raw("</span>\n<nav>\n");
  for (const PageLink& link : data.links)
    html.Raw("<a href=\"").Text(link.href).Raw("\">").Text(link.label).Raw("</a>\n");
  html.Raw("</nav>\n</header>\n");
}

void WriteSummary(HtmlWriter& html, const PageData& data) {
  size_t ready = 0;
  size_t versions = 0;
  for (const PageModel& model : data.models) {
    versions += model.versions.size();
    ready += static_cast<size_t>(
        std::count_if(model.versions.begin(), model.versions.end(),
                      [](const PageVersion& version) { return version.state == "READY"; }));
  }
  html.Raw("<p class=\"summary\">")
      .Text(fmt::format("{}, {} of {} ready", Counted(data.models.size(), "model"), ready,
                        Counted(versions, "version")))
      .Raw("</p>\n");
}

}  // namespace

std::string RenderPage(const PageData& data) {
  std::string page;
  page.reserve(8192 + data.models.size() * 4096);
  HtmlWriter html(page);
  html.Raw(
          "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
          "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
          "<title>Slipway</title>\n")
      .Raw(kIcon)
      .Raw("<style>");
  page += kPageStyle;
  html.Raw("</style>\n</head>\n<body>\n<div class=\"page\">\n");
  WriteHeader(html, data);
  html.Raw("<main>\n");
  if (data.models.empty()) {
    html.Raw("<p class=\"model empty\">No models are served here yet.</p>\n");
  } else {
    WriteSummary(html, data);
    for (const PageModel& model : data.models) WriteModel(html, model);
  }
  html.Raw("</main>\n</div>\n</body>\n</html>\n");
  return page;
}

std::string PageSecurityPolicy() {
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(kPageStyle.data()), kPageStyle.size(), digest);
  const std::string_view bytes(reinterpret_cast<const char*>(digest), sizeof(digest));
  return fmt::format(
      "default-src 'none'; style-src 'sha256-{}'; img-src data:; base-uri 'none'; "
      "form-action 'none'; frame-ancestors 'none'",
      EncodeBase64(bytes));
}

}  // namespace slipway::admin
