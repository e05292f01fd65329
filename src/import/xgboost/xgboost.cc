#include "import/xgboost/xgboost.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "import/document.h"
#include "import/xgboost/booster.h"
#include "import/xgboost/booster_graph.h"
#include "import/xgboost/ubjson.h"

namespace slipway::importing {
namespace xgboost {
namespace {

struct Source {
  Booster booster;
  std::string_view format;
  std::vector<std::string> warnings;
};

bool IsSpace(std::byte b) {
  return b == std::byte{' '} || b == std::byte{'\n'} || b == std::byte{'\r'} ||
         b == std::byte{'\t'};
}

constexpr std::string_view kUnread[] = {"Config", "loss_changes", "parents", "sum_hessian",
                                        "metrics"};
constexpr JsonOptions kDocument = {.name = "XGBoost model", .float32 = true, .unread = kUnread};

/// An object of UBJSON begins with a key's length, "{L"; one of JSON with a quoted key.
StatusOr<Source> ReadAny(std::span<const std::byte> bytes, const Limits& limits) {
  const auto first = std::find_if_not(bytes.begin(), bytes.end(), IsSpace);
  if (first == bytes.end() || *first != std::byte{'{'}) {
    ASSIGN_OR_RETURN(Booster booster, ReadBinary(bytes));
    return Source{std::move(booster), "XGBoost binary", {}};
  }
  if (first == bytes.begin() && bytes.size() > 1 && bytes[1] == std::byte{'L'}) {
    ASSIGN_OR_RETURN(const Value document, ReadUbjson(bytes, kDocument, limits));
    ASSIGN_OR_RETURN(Booster booster, BoosterOf(document));
    return Source{std::move(booster), "XGBoost UBJSON", {}};
  }
  ASSIGN_OR_RETURN(const Value document, ReadJson(bytes, kDocument, limits));
  ASSIGN_OR_RETURN(Booster booster, BoosterOf(document));
  return Source{std::move(booster), "XGBoost JSON", {}};
}

/// Early stopping leaves the trees after the best round in the file.
Status KeepBestRounds(Booster& booster, std::vector<std::string>& warnings) {
  const auto best = booster.attributes.find("best_iteration");
  if (best == booster.attributes.end() || booster.linear) return OkStatus();
  const std::string& text = best->second;
  int64_t round = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), round);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size() || round < 0)
    return Error(Reason::kBadModel,
                 "XGBoost model: best_iteration: expected a whole number, got \"{}\"", text);
  const auto trees = static_cast<int64_t>(booster.trees.size());
  round = std::min(round, trees);  // a round has at least one tree
  const int64_t each = booster.parallel_trees * (booster.leaf_width > 1 ? 1 : booster.outputs());
  const auto rounds = static_cast<int64_t>(booster.rounds.size());
  const int64_t kept = round + 1 < rounds     ? booster.rounds[round + 1]
                       : round < trees / each ? (round + 1) * each
                                              : trees;
  if (kept < 0 || kept >= trees) return OkStatus();
  warnings.push_back(fmt::format(
      "training was stopped early: the best {} rounds answer, as in XGBoost's scikit-learn "
      "wrapper; Booster.predict uses all {} trees",
      round + 1, trees));
  booster.trees.resize(static_cast<size_t>(kept));
  return OkStatus();
}

StatusOr<Source> Read(std::span<const std::byte> bytes, const Limits& limits,
                      const XgboostOptions& options) {
  if (bytes.size() > limits.max_file_bytes)
    return Error(Reason::kTooLarge, "XGBoost model: {} bytes, the limit is {}", bytes.size(),
                 limits.max_file_bytes);
  ASSIGN_OR_RETURN(Source source, ReadAny(bytes, limits));
  if (options.best_rounds) RETURN_IF_ERROR(KeepBestRounds(source.booster, source.warnings));
  return source;
}

/// Categories of numbers stand for themselves only beside words: a table of numbers alone holds
/// codes.
ModelColumns ColumnsOf(const Booster& booster) {
  ModelColumns columns{booster.features, booster.feature_names, booster.categories};
  if (!columns.HasWords()) columns.categories.clear();
  return columns;
}

}  // namespace
}  // namespace xgboost

StatusOr<Imported> ImportXgboost(std::span<const std::byte> bytes, const Limits& limits,
                                 const XgboostOptions& options) {
  ASSIGN_OR_RETURN(xgboost::Source source, xgboost::Read(bytes, limits, options));
  Imported imported{.format = std::string(source.format),
                    .framework = "xgboost",
                    .framework_version = source.booster.version,
                    .warnings = std::move(source.warnings),
                    .scores_are_labels = source.booster.objective == "multi:softmax" ||
                                         source.booster.objective == "binary:hinge"};
  const ModelColumns columns = xgboost::ColumnsOf(source.booster);
  if (columns.HasWords())
    imported.warnings.push_back(
        "a word that is none of a column's categories counts as missing; XGBoost refuses it");
  else
    imported.features = columns.names;
  Graph graph(limits.AllowanceFor(bytes.size()));
  ASSIGN_OR_RETURN(const Matrix x, AddInput(graph, columns, DType::kFp32));
  ASSIGN_OR_RETURN(const Predictions predictions,
                   xgboost::AddBooster(graph, std::move(source.booster), x));
  WriteOutputs(graph, predictions);
  ASSIGN_OR_RETURN(imported.model, graph.Serialize());
  return imported;
}

StatusOr<ModelColumns> XgboostColumns(std::span<const std::byte> bytes, const Limits& limits) {
  ASSIGN_OR_RETURN(xgboost::Source source, xgboost::Read(bytes, limits, {}));
  return xgboost::ColumnsOf(source.booster);
}

StatusOr<Predictions> AddXgboost(Graph& graph, const ColumnSource& columns,
                                 std::span<const std::byte> bytes, const Limits& limits,
                                 const XgboostOptions& options) {
  ASSIGN_OR_RETURN(xgboost::Source source, xgboost::Read(bytes, limits, options));
  ASSIGN_OR_RETURN(const Matrix x, columns(graph, xgboost::ColumnsOf(source.booster)));
  Matrix known = graph.CastTo(x, DType::kFp32);
  if (!std::isnan(options.missing)) {
    const float nan = std::numeric_limits<float>::quiet_NaN();
    const std::string missing =
        graph.Add("Equal", {known.value, graph.Scalar<float>(options.missing)});
    known.value = graph.Add("Where", {missing, graph.Scalar<float>(nan), known.value});
  }
  return xgboost::AddBooster(graph, std::move(source.booster), known);
}

}  // namespace slipway::importing
