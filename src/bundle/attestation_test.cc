#include "bundle/attestation.h"

#include <cerrno>

#include "io/testing/faulty_file_system.h"
#include "io/testing/temporary_folder.h"

namespace slipway::bundle {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::string kDigest = "sha256:" + std::string(64, 'a');
const std::string kReport = fmt::format(R"({{"model": "{}", "accuracy": 0.97}})", kDigest);

class AttestationTest : public ::testing::Test {
 protected:
  io::TemporaryFolder root_;
  const std::string bundle_ = root_ / "churn.slipway";
};

TEST_F(AttestationTest, LiesBesideItsBundle) {
  EXPECT_EQ(AttestationPath("a/churn.slipway", "gate"), "a/churn.slipway.gate.json");
  EXPECT_EQ(AttestationPath("a/churn/", "gate", "html"), "a/churn.gate.html");
  EXPECT_EQ(AttestationPath("/", "gate"), "/.gate.json");
}

TEST_F(AttestationTest, ItsNameTellsItsBundle) {
  EXPECT_EQ(AttestedBundle("churn.slipway.gate.json"), "churn.slipway");
  EXPECT_EQ(AttestedBundle("churn.evaluation.html"), "churn");
  for (const char* name : {"churn.json", "churn.Gate.json", "churn..json", ".json", "gate.json",
                           "churn.gate.txt", "", "churn.slipway"})
    EXPECT_EQ(AttestedBundle(name), "") << name;
}

TEST_F(AttestationTest, WhatIsWrittenIsFound) {
  ASSERT_TRUE(WriteAttestation(bundle_, "gate", kReport).ok());
  ASSERT_TRUE(WriteAttestation(bundle_, "evaluation", kReport, "<html>").ok());
  const auto found = FindAttestations(bundle_);
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_THAT(*found, ElementsAre(Attestation{"evaluation", bundle_ + ".evaluation.json", kDigest,
                                              bundle_ + ".evaluation.html"},
                                  Attestation{"gate", bundle_ + ".gate.json", kDigest, ""}));
  EXPECT_EQ(root_.Read("churn.slipway.gate.json"), kReport);
}

TEST_F(AttestationTest, OtherFilesArePassedOver) {
  for (const char* name : {"churn.slipway", "churn.slipway.json", "churn.slipway..json",
                           "churn.slipway.Gate.json", "churn.slipway2.gate.json", "churn.gate.json",
                           "churn.slipway.gate.json.tmp", "churn.slipway.a.b.json"})
    root_.Write(name, kReport);
  root_.Write("churn.slipway.broken.json", "{");
  root_.Write("churn.slipway.silent.json", "{}");
  root_.Write("churn.slipway.wrong.json", R"({"model": "sha256:1"})");
  root_.Write("churn.slipway.folder.json/x", "");
  EXPECT_THAT(FindAttestations(bundle_).value(), IsEmpty());
  EXPECT_EQ(ReasonOf(FindAttestations(root_ / "none/churn").status()), Reason::kNotFound);
}

TEST_F(AttestationTest, MustNameItsBundle) {
  EXPECT_THAT(MessageOf(WriteAttestation(bundle_, "gate", "{}")),
              HasSubstr("attestation \"gate\": field \"model\": expected a digest, got \"\""));
  EXPECT_EQ(ReasonOf(WriteAttestation(bundle_, "a/b", kReport)), Reason::kBadRequest);
  EXPECT_EQ(root_.Count(), 0U);
}

TEST_F(AttestationTest, AFullDiskKeepsWhatWasThere) {
  ASSERT_TRUE(WriteAttestation(bundle_, "gate", kReport).ok());
  io::FaultyFileSystem system;
  const std::string newer = fmt::format(R"({{"model": "{}", "more": 1}})", kDigest);
  for (int call = 1; call <= 3; ++call) {
    system.FailCall(call, ENOSPC);
    EXPECT_EQ(ReasonOf(WriteAttestation(bundle_, "gate", newer, "", system)), Reason::kDiskFull);
    EXPECT_EQ(root_.Read("churn.slipway.gate.json"), kReport);
    EXPECT_EQ(root_.Count(), 1U);
  }
}

}  // namespace
}  // namespace slipway::bundle
