#include "server/certificates.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "transport/tls/testing/made_certificate.h"

namespace slipway::server {
namespace {

class CertificatesTest : public testing::Test {
 protected:
  CertificatesTest() {
    std::filesystem::create_directories(folder_);
    config_.certificate = folder_ + "/server.pem";
    config_.key = folder_ + "/server.key";
    Write();
  }
  ~CertificatesTest() override { std::filesystem::remove_all(folder_); }

  void Write() const {
    const tls::Made made = tls::MakeCertificate(std::chrono::system_clock::now());
    Replace(config_.certificate, made.certificate);
    Replace(config_.key, made.key);
  }

  // By a rename, so that it is another file even within one tick of the file system's clock.
  static void Replace(const std::string& path, const std::string& content) {
    std::ofstream(path + ".new") << content;
    std::filesystem::rename(path + ".new", path);
  }

  const std::string folder_ = testing::TempDir() + "certificates_test";
  TlsConfig config_;
  FakeClock clock_;
};

TEST_F(CertificatesTest, NewOnesAreTakenAndBrokenOnesAreNot) {
  const auto certificates = *Certificates::Open(config_, clock_);
  const auto first = certificates->contexts()->Get();
  certificates->Refresh();
  EXPECT_EQ(certificates->contexts()->Get(), first);
  Write();
  certificates->Refresh();
  const auto second = certificates->contexts()->Get();
  EXPECT_NE(second, first);
  std::filesystem::remove(config_.key);
  certificates->Refresh();
  certificates->Reload();
  EXPECT_EQ(certificates->contexts()->Get(), second);
}

TEST_F(CertificatesTest, KeysOfTicketsLiveHalfADay) {
  const auto certificates = *Certificates::Open(config_, clock_);
  const auto first = certificates->contexts()->Get();
  clock_.Advance(std::chrono::hours(12));
  certificates->Refresh();
  EXPECT_EQ(certificates->contexts()->Get(), first);
  clock_.Advance(std::chrono::seconds(1));
  certificates->Refresh();
  const auto second = certificates->contexts()->Get();
  EXPECT_NE(second, first);
  certificates->Refresh();
  EXPECT_EQ(certificates->contexts()->Get(), second);
}

TEST_F(CertificatesTest, AFileThatNeverEndsIsNotRead) {
  config_.certificate = "/dev/zero";
  EXPECT_NE(MessageOf(Certificates::Open(config_, clock_).status()).find("/dev/zero"),
            std::string::npos);
}

}  // namespace
}  // namespace slipway::server
