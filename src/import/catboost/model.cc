#include "import/catboost/model.h"

#include <bit>
#include <charconv>

namespace slipway::importing::catboost {

void Model::SetFeatures(size_t count) {
  features = static_cast<int64_t>(count);
  feature_names.resize(count);
  taken.resize(count);
}

bool Model::TakeColumn(int64_t column, std::string_view name) {
  if (taken[column]) return false;
  taken[column] = true;
  feature_names[column] = name;
  return true;
}

Split SplitOf(const Test& test, int32_t below, int32_t above) {
  if (test.is_equality)
    return {.feature = test.column,
            .mode = SplitMode::kMember,
            .members = {test.value},
            .on_true = above,
            .on_false = below};
  return {.feature = test.column,
          .mode = SplitMode::kLessOrEqual,
          .threshold = test.value,
          .missing_is_true = !test.missing_is_above,
          .on_true = below,
          .on_false = above};
}

// Splits are numbered as in a heap, the last test at the root: split s of level l, counted from the
// root, leads to s' = 2s + 1 (below) and 2s + 2 (above).
Tree SymmetricTree(std::span<const Test> tests, std::span<const double> leaves) {
  Tree tree;
  tree.leaves.assign(leaves.begin(), leaves.end());
  const auto splits = static_cast<int32_t>((size_t{1} << tests.size()) - 1);
  for (int32_t s = 0; s < splits; ++s) {
    const auto level = static_cast<size_t>(std::bit_width(static_cast<uint32_t>(s) + 1)) - 1;
    const auto child = [&](int32_t next) { return next < splits ? next : ~(next - splits); };
    tree.splits.push_back(
        SplitOf(tests[tests.size() - 1 - level], child(2 * s + 1), child(2 * s + 2)));
  }
  return tree;
}

Status RefuseFeatures(std::string_view kind) {
  return Error(Reason::kUnsupported,
               "CatBoost model: {} are not supported: train on numbers, for example on one column "
               "for each category",
               kind);
}

namespace {

StatusOr<CatboostClasses> ClassesOf(const Node& class_params) {
  CatboostClasses classes;
  ASSIGN_OR_RETURN(const Node type_node, class_params.At("class_label_type"));
  ASSIGN_OR_RETURN(const std::string_view type, type_node.AsString());
  ASSIGN_OR_RETURN(const Node names, class_params.At("class_names"));
  if (type == "String") {
    classes.dtype = DType::kBytes;
    ASSIGN_OR_RETURN(const Nodes nodes, names.AsNodes());
    for (const Node& node : nodes) {
      ASSIGN_OR_RETURN(const std::string_view text, node.AsString());
      classes.texts.emplace_back(text);
    }
    return classes;
  }
  ASSIGN_OR_RETURN(const Numbers* numbers, names.AsNumbers());
  classes.numbers = *numbers;
  if (type == "Boolean") {
    classes.dtype = DType::kBool;
  } else if (type == "Float") {
    classes.dtype = DType::kFp64;
  } else if (type != "Integer") {
    return type_node.Bad("expected Integer, String, Boolean or Float, got \"{}\"", type);
  }
  return classes;
}

StatusOr<double> ThresholdOf(std::string_view text) {
  double threshold = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), threshold);
  if (error != std::errc() || end != text.data() + text.size() ||
      !(threshold >= 0 && threshold <= 1))
    return Error(Reason::kBadModel,
                 "CatBoost model: binclass_probability_threshold: expected 0 to 1, got \"{}\"",
                 text.substr(0, 40));
  return threshold;
}

/// Older versions kept labels elsewhere.
Status RefuseOldLabels(const Info& info) {
  bool elsewhere = info.has_multiclass_params;
  if (const auto options = info.params->Find("data_processing_options")) {
    const auto names = options->Find("class_names");
    const auto none = names ? names->AsNumbers() : StatusOr<const Numbers*>(nullptr);
    elsewhere |= names && !(none.ok() && (*none)->empty());
  }
  if (!elsewhere) return OkStatus();
  return Error(Reason::kUnsupported,
               "CatBoost model: labels of classes without class_params are not supported: train it "
               "again with a newer CatBoost");
}

}  // namespace

Status ReadInfo(const Info& info, Model& model) {
  if (!info.params) return Error(Reason::kBadModel, "CatBoost model: params: missing");
  ASSIGN_OR_RETURN(const Node loss, info.params->At("loss_function"));
  ASSIGN_OR_RETURN(const Node type, loss.At("type"));
  ASSIGN_OR_RETURN(model.loss, type.AsString());
  if (info.class_params) {
    ASSIGN_OR_RETURN(model.classes, ClassesOf(*info.class_params));
  } else {
    RETURN_IF_ERROR(RefuseOldLabels(info));
  }
  if (info.threshold) {
    ASSIGN_OR_RETURN(model.threshold, ThresholdOf(*info.threshold));
  }
  constexpr std::string_view kTag = "tags/v";
  const size_t at = info.version.find(kTag);
  if (at != info.version.npos) {
    const std::string_view rest = info.version.substr(at + kTag.size());
    model.version = rest.substr(0, rest.find_first_not_of("0123456789."));
  }
  return OkStatus();
}

}  // namespace slipway::importing::catboost
