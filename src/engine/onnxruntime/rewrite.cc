#include "engine/onnxruntime/rewrite.h"

#include <algorithm>

#include "onnx/skeleton.h"
#include "onnx/zip_map.h"

namespace slipway::onnxruntime {
namespace {

constexpr const char* kLocaleOfEverySystem = "C.UTF-8";

const ::onnx::AttributeProto* LocaleOf(const ::onnx::NodeProto& node) {
  for (const auto& attribute : node.attribute())
    if (attribute.name() == "locale") return &attribute;
  return nullptr;
}

bool WantsDefaultLocale(const ::onnx::NodeProto& node) {
  if (node.op_type() != "StringNormalizer" || !node.domain().empty()) return false;
  const auto* locale = LocaleOf(node);
  return locale == nullptr || locale->s().empty() || locale->s() == "en_US" ||
         locale->s() == "en_US.UTF-8" || locale->s() == "en_US.utf8";
}

void SetLocale(::onnx::NodeProto& node) {
  auto* locale = const_cast<::onnx::AttributeProto*>(LocaleOf(node));
  if (locale == nullptr) locale = node.add_attribute();
  locale->set_name("locale");
  locale->set_type(::onnx::AttributeProto::STRING);
  locale->set_s(kLocaleOfEverySystem);
}

}  // namespace

bool NeedsRewrite(const ::onnx::GraphProto& graph) {
  return std::ranges::any_of(graph.node(), WantsDefaultLocale) ||
         std::ranges::any_of(graph.output(), [&](const auto& output) {
           return onnx::FindZipMap(graph, output.name()) != nullptr;
         });
}

StatusOr<std::string> Rewrite(std::span<const std::byte> model) {
  ASSIGN_OR_RETURN(::onnx::ModelProto parsed, onnx::ParseModel(model));
  RETURN_IF_ERROR(onnx::ReplaceZipMaps(parsed));
  for (auto& node : *parsed.mutable_graph()->mutable_node())
    if (WantsDefaultLocale(node)) SetLocale(node);
  return parsed.SerializeAsString();
}

}  // namespace slipway::onnxruntime
