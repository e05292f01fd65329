#include "client/first_answers.h"

namespace slipway::client {

bool FirstAnswers::Agrees(std::string_view body) {
  if (latest_ != nullptr && *latest_ == body) return true;
  const StatusOr<std::string> version = version_in_(body);
  if (!version.ok()) return false;
  auto found = firsts_.find(*version);
  if (found == firsts_.end()) {
    if (firsts_.size() == kMaxVersions) return false;
    found = firsts_.emplace(*version, body).first;
  }
  if (found->second != body) return false;
  latest_ = &found->second;
  return true;
}

}  // namespace slipway::client
