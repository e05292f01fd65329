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

/// Appends {"models": [{"modelName": …, "modelUrl": …}], "nextPageToken": "2"}: the models that can
/// answer, by name; no token on the last page. What the query has in limit and next_page_token is
/// passed over when it is no number that makes sense, as TorchServe does.
/// @return kBadRequest for a query that cannot be decoded.
Status WriteModelPage(const lifecycle::ServingTable& table, std::string_view query,
                      std::string& out);

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

/// The name of the model that is to be loaded. A URL is its name in a repository ("wine",
/// "wine.onnx") or a path beneath one ("/models/wine", also with file://).
/// @param repositories  absolute, as std::filesystem::path::lexically_normal has them.
/// @return kBadRequest without a URL or with another model_name than the place's: a model bears the
///   name that it has in its repository; kForbidden for a URL that leads elsewhere; kAlreadyExists
///   for a model that is loaded.
StatusOr<std::string> ModelToLoad(const Registration& registration,
                                  std::span<const std::string> repositories,
                                  const lifecycle::ServingTable& table);

}  // namespace slipway::dialect
