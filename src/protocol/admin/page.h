#pragma once
// The page at "/": which models are here, in which state, what they take and give, and a curl line
// for each. One HTML document without scripts or anything from elsewhere.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tensor/signature.h"

namespace slipway::admin {

struct PageTraffic {
  uint64_t succeeded = 0;
  uint64_t failed = 0;
  double p50_ns = 0;  // not shown when 0
  double p99_ns = 0;
};

struct PageVersion {
  std::string version;
  std::string state;        // as the repository index spells it: "READY", "UNAVAILABLE", …
  std::string reason = {};  // why it is not served; "" when it is
  std::vector<std::string> aliases = {};
  std::string platform = {};                // "onnxruntime_onnx"; "" when not loaded
  std::string digest = {};                  // "sha256:…"; "" when not loaded
  std::optional<Signature> signature = {};  // nullopt when not loaded
  std::string curl = {};  // a line for the shell (SampleCommand); "" when there is none
  std::optional<PageTraffic> traffic = {};
};

struct PageModel {
  std::string name;
  std::string description = {};
  std::string problem = {};                // the model as a whole cannot be served
  std::vector<PageVersion> versions = {};  // in the order shown: newest first
};

struct PageLink {
  std::string label;
  std::string href;
};

struct PageData {
  std::string server_version;
  std::string engine;  // "onnxruntime 1.30.0"
  std::string status;  // one word: "ready", "starting", "draining"
  std::vector<PageLink> links = {{"Metrics", "/metrics"}, {"API", "/v2"}};
  std::vector<PageModel> models = {};
};

/// The document. Every text of `data` is escaped, wherever it comes from.
/// Cost: linear in the text; nothing is kept. Threads: any.
std::string RenderPage(const PageData& data);

/// The Content-Security-Policy to send with it: nothing may run or be loaded, and of styles only
/// the page's own, by its digest.
std::string PageSecurityPolicy();

}  // namespace slipway::admin
