#include "server/config_docs.h"

#include <fmt/format.h>

#include "server/config_schema.h"

namespace slipway::server {
namespace {

constexpr std::string_view kIntroduction = R"(# Configuration

<!-- Generated from src/server/config_schema.cc: `slipway config-reference > docs/configuration.md` -->

Every field can be given in a file (`slipway serve --config slipway.yaml`, or `SLIPWAY_CONFIG`), as an
environment variable, or as a flag. **Precedence: flag, then environment variable, then file, then
default.** A list given in one place replaces the whole list of the places below it. Relative paths start
at the folder that the server is started in.

- `slipway serve --check` prints the effective configuration with where each value came from, and serves
  nothing. What it prints is itself a valid file. It refuses model files without bytes and, where nothing can
  come later (`models.control: none`), names of models, versions and aliases that are not there; a server warns of these.
- Unknown and mistyped keys are refused with file, line, column and the nearest right word; so are
  duplicate keys, anchors, aliases and unknown `SLIPWAY_` variables.
- `SIGHUP` reads file and environment again. Fields marked *live* change at once; a change of any other
  field is logged as needing a restart. A configuration with a mistake changes nothing.

Forms: **bytes** are whole numbers with `KiB`, `MiB`, `GiB` or `TiB` (none: bytes); **durations** are whole
numbers with `ms`, `s` or `min`; **lists** are YAML lists, repeated flags, or comma-separated in a variable.
)";

constexpr std::string_view kExample = R"(
## Example

```yaml
models:
  paths: [/srv/models]
  control: poll
  poll_interval: 5s
http:
  listen: ["0.0.0.0:8080"]
  control_listen: ["unix:/run/slipway/control.sock"]
  public_inference: true
limits:
  max_body: 16MiB
log:
  format: json
```
)";

constexpr std::string_view kTableHead =
    "| key | flag | variable | type | default | reload | meaning |\n"
    "|---|---|---|---|---|---|---|\n";

std::string Row(const Field& field) {
  const bool positional = field.flag == "MODEL";
  std::string type = field.type_name();
  if (!field.unit.empty()) type += fmt::format(", {}", field.unit);
  if (const std::string range = field.range(); !range.empty()) type += fmt::format(", {}", range);
  const std::string standard =
      field.path == "data_folder" ? "see right" : fmt::format("`{}`", ToYaml(field, Config{}));
  return fmt::format("| `{}` | `{}{}` | `{}` | {} | {} | {} | {} |\n", field.path, field.flag,
                     positional ? " …" : "", field.variable(), type, standard,
                     field.live ? "live" : "", field.doc);
}

}  // namespace

std::string ConfigReference() {
  std::string text(kIntroduction);
  std::string_view section = "none";
  for (const Field& field : Schema()) {
    const size_t dot = field.path.find('.');
    const auto own = dot == std::string_view::npos ? std::string_view() : field.path.substr(0, dot);
    if (own != section) {
      section = own;
      text += fmt::format("\n## {}\n\n", section.empty() ? "At the top" : section);
      text += kTableHead;
    }
    text += Row(field);
  }
  text += kExample;
  return text;
}

}  // namespace slipway::server
