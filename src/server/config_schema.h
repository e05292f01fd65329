#pragma once
// The one table of configuration fields. A new field is one member in config.h and one row in
// config_schema.cc; file key, flag, environment variable, checks and documentation follow from it.

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/status.h"
#include "server/config.h"

namespace slipway::server {

template <typename T>
using MemberOf = T& (*)(Config&);

struct TextField {
  MemberOf<std::string> member;
};
struct ListField {
  MemberOf<std::vector<std::string>> member;
};
struct BoolField {
  MemberOf<bool> member;
};
struct IntegerField {
  MemberOf<int64_t> member;
  int64_t min, max;
};
struct BytesField {
  MemberOf<size_t> member;
  uint64_t min, max;
};
struct DurationField {
  MemberOf<std::chrono::milliseconds> member;
  std::chrono::milliseconds min, max;
};
struct WordField {
  std::vector<std::string_view> words;  // by enumerator
  size_t (*get)(const Config&);
  void (*set)(Config&, size_t);
};
using FieldType = std::variant<TextField, ListField, BoolField, IntegerField, BytesField,
                               DurationField, WordField>;

struct Field {
  std::string_view path;  // in the file: "limits.max_body"; at most one dot
  std::string_view flag;  // "--max-body"; for the models themselves "MODEL", the positional
  bool live;              // a reload (SIGHUP) may change it
  FieldType type;
  std::string_view unit;  // of the documentation: "threads"; "" where the type says it
  std::string_view doc;   // one sentence

  /// "SLIPWAY_MAX_BODY"
  std::string variable() const;
  /// "bytes", "duration", "whole number", "true or false", "text", "list of texts", "none | poll |
  /// explicit"
  std::string type_name() const;
  /// "1KiB to 1TiB"; "" for types without one.
  std::string range() const;
};

/// A value as written: one text, or a list of them.
struct WrittenValue {
  std::vector<std::string> texts;
  bool is_list = false;
};

/// All fields, in the order of the documentation. Never changes.
std::span<const Field> Schema();

/// The first parts of the paths ("models", "http", …), in order; fields at the top are not among
/// them.
std::span<const std::string_view> Sections();

/// nullptr when there is none.
const Field* FindField(std::string_view path);

/// Checks type and range. kBadRequest `expected between 1KiB and 1TiB, got 12` without the field's
/// name.
Status Set(const Field& field, const WrittenValue& value, Config& config);

/// As `Set` would read it back.
WrittenValue Get(const Field& field, const Config& config);

/// As a YAML value on one line: `64MiB`, `[127.0.0.1:8080, "unix:/run/a b"]`.
std::string ToYaml(const Field& field, const Config& config);

}  // namespace slipway::server
