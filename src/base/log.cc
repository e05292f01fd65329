#include "base/log.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <chrono>
#include <memory>

#include "base/utf8.h"

namespace slipway::log {
namespace {

std::atomic<Level> g_level{Level::kInfo};
std::atomic<Format> g_format{Format::kHuman};

spdlog::logger& Sink() {
  static const auto logger = [] {
    auto made = std::make_shared<spdlog::logger>("slipway",
                                                 std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_pattern("%v");
    made->set_level(spdlog::level::trace);
    made->flush_on(spdlog::level::trace);
    return made;
  }();
  return *logger;
}

constexpr std::string_view LevelName(Level level) {
  switch (level) {
    case Level::kDebug:
      return "debug";
    case Level::kInfo:
      return "info";
    case Level::kWarn:
      return "warn";
    case Level::kError:
      return "error";
  }
  return "error";
}

void AppendQuoted(fmt::memory_buffer& out, std::string_view text) {
  const bool utf8 = IsValidUtf8(text);
  out.push_back('"');
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.push_back(c);
    } else if (byte < 0x20 || byte == 0x7f || (byte >= 0x80 && !utf8)) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", byte);
    } else {
      out.push_back(c);
    }
  }
  out.push_back('"');
}

bool IsPlainWord(std::string_view text) {
  if (text.empty()) return false;
  for (const char c : text)
    if (c <= ' ' || c == '"' || c == '\\' || c == '=' || static_cast<unsigned char>(c) >= 0x7f)
      return false;
  return true;
}

void AppendValue(fmt::memory_buffer& out, const Field& field, bool quote_always) {
  std::visit(
      [&](const auto& value) {
        using T = std::decay_t<decltype(value)>;
        if constexpr (std::is_same_v<T, std::string_view>) {
          if (!quote_always && IsPlainWord(value))
            out.append(value.begin(), value.end());
          else
            AppendQuoted(out, value);
        } else {
          fmt::format_to(std::back_inserter(out), "{}", value);
        }
      },
      field.value);
}

}  // namespace

void Configure(Format format, Level level) {
  g_format = format;
  g_level = level;
  Sink();
}

void SetLevel(Level level) { g_level = level; }
Level GetLevel() { return g_level.load(std::memory_order_relaxed); }

std::string Render(Format format, Level level, std::string_view message,
                   std::initializer_list<Field> fields, int64_t unix_micros) {
  fmt::memory_buffer out;
  const std::time_t seconds = unix_micros / 1'000'000;
  const auto stamp =
      fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:06}Z", fmt::gmtime(seconds), unix_micros % 1'000'000);
  const auto name = LevelName(level);
  if (format == Format::kJson) {
    fmt::format_to(std::back_inserter(out),
                   "{{\"time\":\"{}\",\"level\":\"{}\",\"message\":", stamp, name);
    AppendQuoted(out, message);
    for (const Field& field : fields) {
      out.push_back(',');
      AppendQuoted(out, field.key);
      out.push_back(':');
      AppendValue(out, field, true);
    }
    out.push_back('}');
  } else {
    fmt::format_to(std::back_inserter(out), "{} {:<5} {}", stamp, name, message);
    for (const Field& field : fields) {
      fmt::format_to(std::back_inserter(out), " {}=", field.key);
      AppendValue(out, field, false);
    }
  }
  return fmt::to_string(out);
}

void Write(Level level, std::string_view message, std::initializer_list<Field> fields) {
  const auto now = std::chrono::duration_cast<std::chrono::microseconds>(
      std::chrono::system_clock::now().time_since_epoch());
  const auto line = Render(g_format, level, message, fields, now.count());
  Sink().log(spdlog::level::info, spdlog::string_view_t(line.data(), line.size()));
}

}  // namespace slipway::log
