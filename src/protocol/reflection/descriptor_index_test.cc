#include "protocol/reflection/descriptor_index.h"

#include "protobuf/message_reader.h"
#include "protobuf/message_writer.h"
#include "protocol/reflection/contracts.h"

namespace slipway::reflection {
namespace {

using testing::ElementsAre;
using testing::UnorderedElementsAre;

/// The names of serialized files.
std::vector<std::string> NamesOf(const StatusOr<DescriptorIndex::Files>& files) {
  if (!files.ok()) return {std::string(MessageOf(files.status()))};
  std::vector<std::string> names;
  for (const std::string_view file : *files) {
    protobuf::MessageReader reader(file);
    for (protobuf::Field field; reader.Next(&field);)
      if (field.tag == protobuf::BytesTag(1)) names.emplace_back(field.bytes);
  }
  return names;
}

TEST(DescriptorIndexTest, KnowsTheServicesOfTheContracts) {
  const auto index = DescriptorIndex::Create(Contracts());
  ASSERT_TRUE(index.ok()) << index.status();
  EXPECT_THAT(index->services(),
              UnorderedElementsAre(
                  "inference.GRPCInferenceService", "grpc.health.v1.Health",
                  "grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection",
                  "tensorflow.serving.PredictionService", "tensorflow.serving.ModelService",
                  "org.pytorch.serve.grpc.inference.InferenceAPIsService",
                  "org.pytorch.serve.grpc.management.ManagementAPIsService",
                  "org.pytorch.serve.grpc.openinference.GRPCInferenceService"));
}

TEST(DescriptorIndexTest, FindsTheFileOfEverySymbolWithWhatItImports) {
  const auto index = DescriptorIndex::Create(Contracts());
  ASSERT_TRUE(index.ok());
  for (const std::string_view symbol :
       {"inference.GRPCInferenceService", "inference.GRPCInferenceService.ModelInfer",
        "inference.ModelInferRequest", "inference.ModelInferRequest.InferInputTensor",
        "inference.ModelInferRequest.InferInputTensor.ParametersEntry"})
    EXPECT_THAT(NamesOf(index->FileDeclaring(symbol)),
                ElementsAre("inference/grpc_service.proto", "inference/model_config.proto"));
  for (const std::string_view symbol : {"inference.DataType", "inference.ModelInput.Format"})
    EXPECT_THAT(NamesOf(index->FileDeclaring(symbol)), ElementsAre("inference/model_config.proto"));
  EXPECT_THAT(NamesOf(index->FileNamed("grpc/health/v1/health.proto")),
              ElementsAre("grpc/health/v1/health.proto"));
}

TEST(DescriptorIndexTest, WhatIsNotDeclaredIsNotFound) {
  const auto index = DescriptorIndex::Create(Contracts());
  ASSERT_TRUE(index.ok());
  const Status symbol = index->FileDeclaring("inference.Nothing").status();
  EXPECT_EQ(ReasonOf(symbol), Reason::kNotFound);
  EXPECT_EQ(MessageOf(symbol),
            "no service, method, message or enum is called \"inference.Nothing\"");
  const Status file = index->FileNamed("nothing.proto").status();
  EXPECT_EQ(ReasonOf(file), Reason::kNotFound);
  EXPECT_EQ(MessageOf(file), "no file is called \"nothing.proto\"");
}

TEST(DescriptorIndexTest, ImportsComeOnceWhateverTheirOrder) {
  const auto file = [](std::string_view name, std::vector<std::string_view> imports) {
    std::string out;
    protobuf::MessageWriter writer(out);
    writer.Bytes(1, name);
    for (const std::string_view import : imports) writer.Bytes(3, import);
    return out;
  };
  std::string set;
  protobuf::MessageWriter writer(set);
  writer.Bytes(1, file("a", {"b", "c"}));
  writer.Bytes(1, file("b", {"d"}));
  writer.Bytes(1, file("c", {"d"}));
  writer.Bytes(1, file("d", {}));
  const auto index = DescriptorIndex::Create(set);
  ASSERT_TRUE(index.ok()) << index.status();
  EXPECT_THAT(NamesOf(index->FileNamed("a")), ElementsAre("a", "b", "c", "d"));
  EXPECT_THAT(NamesOf(index->FileNamed("c")), ElementsAre("c", "d"));
}

TEST(DescriptorIndexTest, RefusesWhatIsNoSet) {
  EXPECT_FALSE(DescriptorIndex::Create("\x0a\x7f").ok());
  const auto index = DescriptorIndex::Create(
      "\x0a\x06\x0a\x01"
      "a\x1a\x01"
      "b");
  ASSERT_FALSE(index.ok());
  EXPECT_EQ(MessageOf(index.status()), "a file imports \"b\", which is not there");
}

}  // namespace
}  // namespace slipway::reflection
