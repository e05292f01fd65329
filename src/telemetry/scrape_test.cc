// A whole scrape, as promtool of Prometheus reads it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>

#include "telemetry/http_metrics.h"
#include "telemetry/metrics.h"
#include "telemetry/model_metrics.h"
#include "telemetry/process_metrics.h"

namespace slipway {
namespace {

using testing::HasSubstr;

constexpr std::string_view kHostile = "a\"b\\c\nd{e}=\t\x01<script>\xC3\xA9\xE2\x82\xAC";

/// Everything that is in a server's scrape, with a model named by an adversary.
class ScrapeTest : public testing::Test {
 protected:
  ScrapeTest() {
    AddProcessMetrics(registry_);
    AddBuildInfo(registry_, "0.1.0", "1.30.0");
    registry_.AddSource(http_);
    http_->Record({"/v2", "GET", 200, std::chrono::microseconds(9), 0, 10});
    for (const auto& model : {digits_, hostile_}) {
      const TimePoint now = SteadyClock().Now();
      model->RecordSuccess({now, now, now, now, now}, 1);
      model->RecordExecution(1, {});
      model->RecordFailure(Reason::kBadRequest, {});
      lifecycle_.SetState(model->model(), model->version(), "ready");
      lifecycle_.RecordLoadFailure(model->model(), model->version(), Reason::kBadModel);
    }
    lifecycle_.RecordLoad(std::chrono::seconds(1));
  }

  Registry registry_;
  LifecycleMetrics lifecycle_{registry_};
  std::shared_ptr<HttpMetrics> http_ =
      std::make_shared<HttpMetrics>(std::vector<std::string>{"/v2"});
  std::shared_ptr<ModelMetrics> digits_ = lifecycle_.ForVersion("digits", "1");
  std::shared_ptr<ModelMetrics> hostile_ = lifecycle_.ForVersion(kHostile, "\xff\xfe");
};

struct Verdict {
  int exit_code;
  std::string complaints;
};

Verdict Promtool(const std::string& scrape) {
  const auto base =
      std::filesystem::temp_directory_path() / ("slipway-scrape-" + std::to_string(getpid()));
  const std::string in = base.string() + ".txt";
  const std::string out = base.string() + ".out";
  std::ofstream(in, std::ios::binary) << scrape;
  const int status =
      std::system(("promtool check metrics < '" + in + "' > '" + out + "' 2>&1").c_str());
  std::stringstream complaints;
  complaints << std::ifstream(out).rdbuf();
  std::filesystem::remove(in);
  std::filesystem::remove(out);
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, complaints.str()};
}

bool HasPromtool() { return std::system("command -v promtool > /dev/null 2>&1") == 0; }

TEST_F(ScrapeTest, OwnNamesPassPromtool) {
  if (!HasPromtool()) GTEST_SKIP() << "promtool is not installed";
  const Verdict verdict = Promtool(registry_.Scrape(MetricNames::kOwn));
  EXPECT_EQ(verdict.exit_code, 0) << verdict.complaints;
  EXPECT_EQ(verdict.complaints, "");
}

// Triton's names cannot pass the lint; they must parse, and nothing else may be complained about.
TEST_F(ScrapeTest, PromtoolParsesTritonNamesAndLintsOnlyThem) {
  if (!HasPromtool()) GTEST_SKIP() << "promtool is not installed";
  const Verdict verdict = Promtool(registry_.Scrape());
  EXPECT_THAT(verdict.complaints, Not(HasSubstr("error")));
  std::istringstream lines(verdict.complaints);
  for (std::string line; std::getline(lines, line);) EXPECT_TRUE(line.starts_with("nv_")) << line;
}

TEST_F(ScrapeTest, PromtoolIsAbleToComplain) {
  if (!HasPromtool()) GTEST_SKIP() << "promtool is not installed";
  EXPECT_NE(Promtool("not a metric{\n").exit_code, 0);
}

TEST_F(ScrapeTest, HostileLabelsStayInTheirQuotes) {
  const std::string text = registry_.Scrape();
  EXPECT_THAT(text, HasSubstr("model=\"a\\\"b\\\\c\\nd{e}=\t\x01<script>\xC3\xA9\xE2\x82\xAC\","
                              "version=\"??\""));
  const std::regex line("#.*|[a-zA-Z_:][a-zA-Z0-9_:]*(\\{.*\\})? [-+0-9.eInfa]+");
  std::istringstream lines(text);
  for (std::string each; std::getline(lines, each);)
    EXPECT_TRUE(std::regex_match(each, line)) << each;
}

TEST_F(ScrapeTest, ProcessTellsItsMemoryThreadsAndStart) {
  const std::string text = registry_.Scrape();
  const auto value_of = [&](std::string_view name) {
    const size_t at = text.find("\n" + std::string(name) + " ");
    EXPECT_NE(at, std::string::npos) << name;
    return at == std::string::npos ? 0 : std::strtod(text.c_str() + at + name.size() + 2, nullptr);
  };
  const double now = static_cast<double>(std::time(nullptr));
  EXPECT_NEAR(value_of("process_start_time_seconds"), now, 600);
  EXPECT_GT(value_of("process_resident_memory_bytes"), 1 << 20);
  EXPECT_GT(value_of("process_virtual_memory_bytes"), value_of("process_resident_memory_bytes"));
  EXPECT_GE(value_of("process_threads"), 1);
  EXPECT_GE(value_of("process_open_fds"), 3);
  EXPECT_GE(value_of("process_max_fds"), value_of("process_open_fds"));
  EXPECT_GT(value_of("nv_cpu_memory_total_bytes"), value_of("nv_cpu_memory_used_bytes"));
  EXPECT_THAT(text, HasSubstr("slipway_build_info{version=\"0.1.0\",onnxruntime=\"1.30.0\"} 1\n"));
}

}  // namespace
}  // namespace slipway
