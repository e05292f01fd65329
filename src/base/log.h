#pragma once
// The process log: one JSON object a line, or a human line. A message is a fact in plain words;
// what varies goes into fields. Values are escaped, so a model's name cannot forge a line.

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>

namespace slipway::log {

enum class Level { kDebug, kInfo, kWarn, kError };
enum class Format { kHuman, kJson };

struct Field {
  std::string_view key;
  std::variant<std::string_view, int64_t, double, bool> value;

  Field(std::string_view k, std::string_view v) : key(k), value(v) {}
  Field(std::string_view k, const std::string& v) : key(k), value(std::string_view(v)) {}
  Field(std::string_view k, const char* v) : key(k), value(std::string_view(v)) {}
  Field(std::string_view k, bool v) : key(k), value(v) {}
  Field(std::string_view k, double v) : key(k), value(v) {}
  template <typename Int>
    requires std::is_integral_v<Int>
  Field(std::string_view k, Int v) : key(k), value(static_cast<int64_t>(v)) {}
};

/// Once at start, before other threads. Writes to stderr.
void Configure(Format format, Level level);

/// Threads: any. Signals raise and lower the level at run time (server/signals).
void SetLevel(Level level);
Level GetLevel();
inline bool Enabled(Level level) { return level >= GetLevel(); }

void Write(Level level, std::string_view message, std::initializer_list<Field> fields = {});

inline void Debug(std::string_view m, std::initializer_list<Field> f = {}) {
  if (Enabled(Level::kDebug)) Write(Level::kDebug, m, f);
}
inline void Info(std::string_view m, std::initializer_list<Field> f = {}) {
  if (Enabled(Level::kInfo)) Write(Level::kInfo, m, f);
}
inline void Warn(std::string_view m, std::initializer_list<Field> f = {}) {
  if (Enabled(Level::kWarn)) Write(Level::kWarn, m, f);
}
inline void Error(std::string_view m, std::initializer_list<Field> f = {}) {
  Write(Level::kError, m, f);
}

/// The line `Write` would emit for this moment, without the newline. For tests.
std::string Render(Format format, Level level, std::string_view message,
                   std::initializer_list<Field> fields, int64_t unix_micros);

}  // namespace slipway::log
