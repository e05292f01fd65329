#pragma once
// What another server's words come to in Slipway's settings.

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "server/config_sources.h"

namespace slipway::cli {

/// Gathers settings, notes and refusals. `where` is always the other server's own word for it:
/// "--http-port", "config.properties: job_queue_size", "MODEL_NAME".
class Translation {
 public:
  /// Field `path` is `text`; a later value replaces an earlier one.
  void Set(std::string_view path, std::string text, std::string_view where);
  /// One more text of the list at `path`.
  void Add(std::string_view path, std::string text, std::string_view where);
  /// An address, in the form of http.listen, for HTTP and gRPC; the same one twice is one. Once an
  /// address is not this machine's alone, inference is public there, as with the other server.
  void Listen(std::string address, std::string_view where);
  /// The same of a host and a port, 1 to 65535; another port is refused.
  /// @param scheme  "http://", "https://" or ""
  void ListenAt(std::string_view host, std::string_view port, std::string_view where,
                std::string_view scheme = "");
  /// What is given, and without the effect it had there.
  void Note(std::string_view where, std::string_view why);
  /// What is given, and cannot be honoured.
  void Refuse(std::string_view where, std::string_view why);
  /// Refuses `path` when it leads elsewhere than to a folder, "s3://bucket/model".
  /// @param instead  what to do then
  bool RefusesUri(std::string_view path, std::string_view where, std::string_view instead);
  /// A word that is Slipway's own, or nobody's.
  void Leave(std::string word) { rest_.push_back(std::move(word)); }

  bool Sets(std::string_view path) const;
  /// The last text of the field; "" when it is not set.
  std::string Text(std::string_view path) const;
  const std::vector<server::Setting>& settings() const { return settings_; }
  const std::vector<std::string>& notes() const { return notes_; }
  /// The words that are left for `slipway serve`, in order.
  const std::vector<std::string>& rest() const { return rest_; }
  /// kBadRequest with a line for each refusal.
  Status problem() const;

 private:
  server::Setting& At(std::string_view path, std::string_view where);

  std::vector<server::Setting> settings_;
  std::vector<std::string> notes_;
  std::vector<std::string> refusals_;
  std::vector<std::string> rest_;
};

}  // namespace slipway::cli
