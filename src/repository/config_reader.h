#pragma once
// Typed reading of one message of text format, and the sentences in which a field is refused.

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "repository/text_format.h"

namespace slipway::repository {

/// How a field of a message is dealt with.
struct FieldRule {
  std::string_view name;
  bool repeated = false;
  std::function<Status(const TextField&)> read;  // null: not supported, whatever it says
};

class ConfigReader {
 public:
  explicit ConfigReader(std::string_view file) : file_(file) {}

  /// Reads the fields of a message by `rules`. `where` names the message: "in \"input\"", or "".
  Status ReadMessage(const std::vector<TextField>& fields, std::string_view where,
                     std::span<const FieldRule> rules) const;

  Status ReadString(const TextField& field, std::string* out) const;
  Status ReadBool(const TextField& field, bool* out) const;
  Status ReadInt(const TextField& field, int64_t min, int64_t max, int64_t* out) const;
  Status ReadWord(const TextField& field, std::string* out) const;
  /// The fields of a message value.
  StatusOr<const std::vector<TextField>*> Message(const TextField& field) const;

  /// A bool that may only say `value`, because that is how it is.
  std::function<Status(const TextField&)> Only(bool value) const;
  /// A word that may only be one of these.
  std::function<Status(const TextField&)> OnlyWords(std::vector<std::string_view> words) const;
  /// Any string or number: a name without effect.
  static Status Ignore(const TextField&) { return OkStatus(); }

  Status Bad(const TextField& field, std::string_view message) const;
  Status Unsupported(const TextField& field, std::string_view what) const;

 private:
  std::string_view file_;
};

}  // namespace slipway::repository
