#include "protocol/tfserving/metadata.h"

namespace slipway::tfserving {
namespace {

using lifecycle::VersionState;
using lifecycle::VersionStatus;

TEST(TfServingMetadataTest, StatesAreSpelledAsTheServerSpellsThem) {
  const VersionStatus versions[] = {{VersionNumber{4}, VersionState::kLoading, ""},
                                    {VersionNumber{3}, VersionState::kReady, ""},
                                    {VersionNumber{2}, VersionState::kUnloading, ""},
                                    {VersionNumber{1}, VersionState::kUnavailable, "no \"x\""}};
  std::string out;
  WriteVersions(versions, out);
  EXPECT_EQ(
      out, R"({"model_version_status":[)"
           R"({"version":"4","state":"LOADING","status":{"error_code":"OK","error_message":""}},)"
           R"({"version":"3","state":"AVAILABLE","status":{"error_code":"OK","error_message":""}},)"
           R"({"version":"2","state":"UNLOADING","status":{"error_code":"OK","error_message":""}},)"
           R"({"version":"1","state":"END","status":)"
           R"({"error_code":"FAILED_PRECONDITION","error_message":"no \"x\""}}]})");
}

TEST(TfServingMetadataTest, AModelSpeaksToKServeToo) {
  std::string out;
  WriteModel("m", true, {}, out);
  EXPECT_EQ(out, R"({"name":"m","ready":true,"model_version_status":[]})");
}

TEST(TfServingMetadataTest, TheSignatureIsAMapOfTensorInfo) {
  const Signature signature{.inputs = {{"x", DType::kBytes, {-1, 2}}},
                            .outputs = {{"y", DType::kUint16, {-1}, false, {}, /*any_rank=*/true}}};
  std::string out;
  WriteMetadata("m", "3", signature, out);
  EXPECT_EQ(out,
            R"({"model_spec":{"name":"m","signature_name":"","version":"3"},"metadata":)"
            R"({"signature_def":{"signature_def":{"serving_default":{"inputs":{"x":)"
            R"({"dtype":"DT_STRING","tensor_shape":{"dim":[{"size":"-1","name":""},)"
            R"({"size":"2","name":""}],"unknown_rank":false},"name":"x"}},"outputs":{"y":)"
            R"({"dtype":"DT_UINT16","tensor_shape":{"dim":[],"unknown_rank":true},"name":"y"}},)"
            R"("method_name":"tensorflow/serving/predict"}}}}})");
}

}  // namespace
}  // namespace slipway::tfserving
