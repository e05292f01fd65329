// Source: pallets/flask, src/flask/cli.py: options of `flask run`, and the variables that Click
// makes of them (auto_envvar_prefix "FLASK").
#include <absl/strings/ascii.h>
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "cli/personality/personality.h"

namespace slipway::cli {
namespace {

constexpr std::string_view kNoApplication = "the application does not run, /predict is Slipway's";
constexpr std::string_view kOwnThreads = "--io-threads says how many there are";
constexpr std::string_view kNoDebugger = "there is no debugger, --log-level=debug tells more";
constexpr std::string_view kOwnFiles = "models are what is looked at";

const OptionRule kFlaskOptions[] = {
    {"--host", Takes::kText, Kept{}, "-h"},
    {"--port", Takes::kNumber, Kept{}, "-p"},
    {"--app", Takes::kText, NoEffect{kNoApplication}, "-A"},
    {"--env-file", Takes::kText, NoEffect{kNoApplication}, "-e"},
    {"--cert", Takes::kText, Kept{}},
    {"--key", Takes::kText, Sets{"tls.key"}},
    {"--debug", Takes::kNothing, Kept{}},
    {"--no-debug", Takes::kNothing, Kept{}},
    {"--reload", Takes::kNothing, Kept{}},
    {"--no-reload", Takes::kNothing, Kept{}},
    {"--debugger", Takes::kNothing, NoEffect{kNoDebugger}},
    {"--no-debugger", Takes::kNothing, Kept{}},
    {"--with-threads", Takes::kNothing, Kept{}},
    {"--without-threads", Takes::kNothing, NoEffect{kOwnThreads}},
    {"--extra-files", Takes::kText, NoEffect{kOwnFiles}},
    {"--exclude-patterns", Takes::kText, NoEffect{kOwnFiles}},
};

/// Options with a value.
constexpr std::pair<std::string_view, std::string_view> kFlaskVariables[] = {
    {"FLASK_APP", "--app"},
    {"FLASK_ENV_FILE", "--env-file"},
    {"FLASK_RUN_HOST", "--host"},
    {"FLASK_RUN_PORT", "--port"},
    {"FLASK_RUN_CERT", "--cert"},
    {"FLASK_RUN_KEY", "--key"},
    {"FLASK_RUN_EXTRA_FILES", "--extra-files"},
    {"FLASK_RUN_EXCLUDE_PATTERNS", "--exclude-patterns"},
};

struct Switch {
  std::string_view variable, on, off;
};
/// The first of a switch that is set counts.
constexpr Switch kSwitches[] = {
    {"FLASK_RUN_DEBUG", "--debug", "--no-debug"},
    {"FLASK_DEBUG", "--debug", "--no-debug"},
    {"FLASK_RUN_RELOAD", "--reload", "--no-reload"},
    {"FLASK_RUN_DEBUGGER", "--debugger", "--no-debugger"},
    {"FLASK_RUN_WITH_THREADS", "--with-threads", "--without-threads"},
};

/// What Flask and Click take for off.
bool IsOff(const std::string& text) {
  constexpr std::string_view kOff[] = {"0", "false", "f", "no", "n", "off"};
  return std::ranges::find(kOff, absl::AsciiStrToLower(text)) != std::end(kOff);
}

/// What the program does beside `run`; tells or lists things and serves nothing.
bool IsOtherCommand(std::string_view word) {
  return word == "shell" || word == "routes" || word == "--version";
}

class Flask {
 public:
  Flask(const Invocation& invocation, Translation& out) : invocation_(invocation), out_(out) {}

  void Run() {
    ReadVariables();
    std::vector<std::string> words(invocation_.words.begin(), invocation_.words.end());
    if (!words.empty() && IsOtherCommand(words.front()))
      return out_.Refuse(words.front(), words.front() == "--version"
                                            ? kVersionServesNothing
                                            : "expected: run, or its options");
    std::erase(words, "run");
    given_ = ReadOptions(kFlaskOptions, words, out_);
    out_.ListenAt(Value("--host", "127.0.0.1"), Value("--port", "5000"),
                  Where("--port", Where("--host", "--as flask")));
    TakeCertificate();
    TakeReload();
  }

 private:
  void ReadVariables() {
    for (const auto& [variable, option] : kFlaskVariables)
      if (std::string value = invocation_.Variable(variable); !value.empty())
        Read(variable, option, std::move(value));
    for (const auto& [variable, on, off] : kSwitches)
      if (const std::string value = invocation_.Variable(variable);
          !value.empty() && !variables_.Has(on) && !variables_.Has(off))
        Read(variable, IsOff(value) ? off : on, "true");
  }
  void Read(std::string_view variable, std::string_view option, std::string value) {
    ApplyOption(*FindRule(kFlaskOptions, option), std::move(value), variable, variables_, out_);
    if (variables_.Has(option)) said_by_[option] = variable;
  }
  std::string Value(std::string_view option, std::string_view otherwise = "") const {
    return given_.Text(option, variables_.Text(option, otherwise));
  }
  /// The option that was given, or the variable in its place.
  std::string_view Where(std::string_view option, std::string_view otherwise = "") const {
    const auto variable = said_by_.find(option);
    return given_.Where(option, variable == said_by_.end() ? otherwise : variable->second);
  }

  void TakeCertificate() {
    const std::string file = Value("--cert");
    if (file.empty()) return;
    if (file == "adhoc")
      out_.Refuse(Where("--cert"),
                  "expected a certificate's file, got \"adhoc\": none is made up here");
    else
      out_.Set("tls.certificate", file, Where("--cert"));
  }

  /// Debugging reloads, unless reloading is off.
  void TakeReload() {
    const std::string_view debugs = WhatTurnsOn("--debug", "--no-debug");
    if (!debugs.empty())
      out_.Note(debugs, "looks for new models at most: --log-level=debug tells more");
    const std::string_view reloads = WhatTurnsOn("--reload", "--no-reload");
    if (!reloads.empty())
      out_.Set("models.control", "poll", reloads);
    else if (!debugs.empty() && Where("--no-reload").empty())
      out_.Set("models.control", "poll", debugs);
  }

  /// "" where nothing does. What is given goes before variables.
  std::string_view WhatTurnsOn(std::string_view on, std::string_view off) const {
    return given_.Has(off) && !given_.Has(on) ? "" : Where(on);
  }

  const Invocation& invocation_;
  Translation& out_;
  GivenOptions given_;
  GivenOptions variables_;
  std::map<std::string_view, std::string_view> said_by_;  // option → variable
};

}  // namespace

Personality FlaskPersonality() {
  return {"flask", {"flask"}, kFlaskOptions, [](const Invocation& invocation, Translation& out) {
            Flask(invocation, out).Run();
          }};
}

}  // namespace slipway::cli
