#pragma once
// What TorchServe's management API and SageMaker's multi-model containers, which took it over, have
// in common: pages of models, and models that are loaded by their place.

#include <span>
#include <string>
#include <string_view>

#include "base/status.h"
#include "lifecycle/serving_table.h"

namespace slipway::dialect {

/// Models of one page, at most and when the query does not say.
inline constexpr int64_t kPageModels = 100;

/// Which models are asked for. What makes no sense is passed over, as TorchServe does: a limit out
/// of 1 to kPageModels is kPageModels, a negative place the first.
struct Page {
  int64_t limit = kPageModels;
  int64_t first = 0;
};

/// What a query has in limit and next_page_token.
/// @return kBadRequest when it cannot be decoded.
StatusOr<Page> ReadPage(std::string_view query);

/// Appends {"models": [{"modelName": …, "modelUrl": …}], "nextPageToken": "2"}: the models that can
/// answer, by name; no token on the last page.
void WriteModelPage(const lifecycle::ServingTable& table, Page page, std::string& out);

/// Appends one of its objects. The URL is the model's name: its place in the repository, and what
/// a registration takes.
void WriteModel(std::string_view name, std::string& out);

/// Which model is to be loaded, and from where.
struct Registration {
  std::string model_name;  // "" = as its place is called
  std::string url;
};

/// Reads {"model_name": …, "url": …}; other members are checked and ignored.
StatusOr<Registration> ReadRegistration(std::string_view body);

/// Where models may be loaded from.
struct Repository {
  std::string path;        // absolute, as std::filesystem::path::lexically_normal has it
  std::string model = {};  // the name of the one that lies there, where it was given another one
};

/// The name of the model at a URL: its name in a repository ("wine", "wine.onnx", or "wine.mar",
/// which TorchServe's clients say) or a path beneath one ("/models/wine", also with file://;
/// "/models/wine/model" in SageMaker's layout).
/// @param field  what the client calls the URL, for messages.
/// @return kForbidden for a URL that leads elsewhere.
StatusOr<std::string> ModelAt(std::string_view url, std::string_view field,
                              std::span<const Repository> repositories);

/// The name of the model that is to be loaded, from ModelAt its URL.
/// @return kBadRequest without a URL or with another model_name than the place's: a model bears the
///   name that it has in its repository; kForbidden for a URL that leads elsewhere; kAlreadyExists
///   for a model that is loaded.
StatusOr<std::string> ModelToLoad(const Registration& registration,
                                  std::span<const Repository> repositories,
                                  const lifecycle::ServingTable& table);

}  // namespace slipway::dialect
