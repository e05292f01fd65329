#include "cli/command.h"

#include <cstdio>

namespace slipway::cli {

std::string Arguments::Text(std::string_view name, std::string_view otherwise) const {
  const auto found = values_.find(name);
  return found == values_.end() || found->second.empty() ? std::string(otherwise)
                                                         : found->second.back();
}

std::vector<std::string> Arguments::Texts(std::string_view name) const {
  const auto found = values_.find(name);
  return found == values_.end() ? std::vector<std::string>{} : found->second;
}

Status RefuseEmpty(const Arguments& arguments, const std::vector<Option>& options) {
  for (const Option& option : options)
    for (const std::string& text : arguments.Texts(option.name))
      if (text.empty())
        return Error(Reason::kBadRequest, "{}: expected {}, got nothing", option.name,
                     option.value_name.empty() ? "a name" : option.value_name);
  return OkStatus();
}

Option JsonOption() { return {"--json", "", "Answers in JSON, for machines."}; }

int Fail(std::string_view command, const Status& error, bool usage) {
  const std::string_view message = MessageOf(error);
  std::fprintf(stderr, "slipway %.*s: %.*s\n", static_cast<int>(command.size()), command.data(),
               static_cast<int>(message.size()), message.data());
  return usage ? kBadUsage : kFailed;
}

}  // namespace slipway::cli
