#include "telemetry/model_metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "telemetry/http_metrics.h"

namespace slipway {
namespace {

using std::chrono::microseconds;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using testing::Not;

/// parse 1, queue 20, compute 300, respond 4: in all 325 µs.
RequestTimes TimesEndingAt(TimePoint end) {
  RequestTimes times;
  times.received = end - microseconds(325);
  times.parsed = times.received + microseconds(1);
  times.started = times.parsed + microseconds(20);
  times.computed = times.started + microseconds(300);
  times.responded = times.computed + microseconds(4);
  return times;
}

class ModelMetricsTest : public testing::Test {
 protected:
  Registry registry_;
  LifecycleMetrics lifecycle_{registry_};
  std::shared_ptr<ModelMetrics> digits_ = lifecycle_.ForVersion("digits", "3");
  const TimePoint now_ = SteadyClock().Now();
};

TEST_F(ModelMetricsTest, SplitsASuccessIntoPhases) {
  digits_->RecordSuccess(TimesEndingAt(now_), 8);
  digits_->RecordSuccess(TimesEndingAt(now_), 2);
  const auto statistics = digits_->Snapshot();
  EXPECT_EQ(statistics.inference_count, 10u);
  EXPECT_EQ(statistics.of(Phase::kRequest).count, 2u);
  EXPECT_EQ(statistics.of(Phase::kParse).ns, 2'000u);
  EXPECT_EQ(statistics.of(Phase::kQueue).ns, 40'000u);
  EXPECT_EQ(statistics.of(Phase::kCompute).ns, 600'000u);
  EXPECT_EQ(statistics.of(Phase::kRespond).ns, 8'000u);
  EXPECT_EQ(statistics.of(Phase::kRequest).ns, 650'000u);
}

TEST_F(ModelMetricsTest, AnswersOfACacheAreSuccessesWithoutRunsOrRows) {
  EXPECT_THAT(registry_.Scrape(), Not(HasSubstr("slipway_response_cache")));
  digits_->RecordSuccess(TimesEndingAt(now_), 8);
  digits_->RecordCacheMiss(microseconds(7));
  digits_->RecordCacheHit(TimesEndingAt(now_), microseconds(2));
  digits_->RecordCacheHit(TimesEndingAt(now_), microseconds(3));
  const auto statistics = digits_->Snapshot();
  EXPECT_EQ(statistics.inference_count, 8u);
  EXPECT_EQ(statistics.of(Phase::kRequest).count, 3u);
  EXPECT_EQ(statistics.of(Phase::kQueue).count, 3u);
  EXPECT_EQ(statistics.of(Phase::kQueue).ns, 20'000u);
  EXPECT_EQ(statistics.of(Phase::kCompute).count, 1u);
  EXPECT_EQ(statistics.cache_hit.count, 2u);
  EXPECT_EQ(statistics.cache_hit.ns, 5'000u);
  EXPECT_EQ(statistics.cache_miss.ns, 7'000u);
  const std::string text = registry_.Scrape();
  EXPECT_THAT(text, HasSubstr("nv_cache_num_hits_per_model{model=\"digits\",version=\"3\"} 2\n"));
  EXPECT_THAT(text,
              HasSubstr("nv_cache_miss_duration_per_model{model=\"digits\",version=\"3\"} 7\n"));
}

TEST_F(ModelMetricsTest, TellsTheLastInferenceInUnixTime) {
  EXPECT_EQ(digits_->Snapshot().last_inference_unix_ms, 0);
  digits_->RecordSuccess(TimesEndingAt(now_), 1);
  digits_->RecordSuccess(TimesEndingAt(now_ - std::chrono::hours(1)), 1);
  const auto unix_ms = std::chrono::duration_cast<std::chrono::milliseconds>(
                           std::chrono::system_clock::now().time_since_epoch())
                           .count();
  EXPECT_NEAR(static_cast<double>(digits_->Snapshot().last_inference_unix_ms),
              static_cast<double>(unix_ms), 60'000);
}

TEST_F(ModelMetricsTest, CountsFailuresByReason) {
  digits_->RecordFailure(Reason::kBadRequest, microseconds(2));
  digits_->RecordFailure(Reason::kQueueFull, microseconds(1));
  digits_->RecordFailure(Reason::kQueueFull, microseconds(1));
  const auto statistics = digits_->Snapshot();
  EXPECT_EQ(statistics.failure.count, 3u);
  EXPECT_EQ(statistics.failure.ns, 4'000u);
  EXPECT_EQ(statistics.failures[static_cast<size_t>(Reason::kQueueFull)], 2u);
  const std::string text = registry_.Scrape();
  EXPECT_THAT(text, HasSubstr("slipway_requests_failed_total{model=\"digits\",version=\"3\","
                              "reason=\"queue_full\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("nv_inference_request_failure{model=\"digits\",version=\"3\","
                              "reason=\"REJECTED\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("nv_inference_request_failure{model=\"digits\",version=\"3\","
                              "reason=\"OTHER\"} 1\n"));
}

TEST_F(ModelMetricsTest, KeepsStatisticsByBatchSize) {
  digits_->RecordExecution(1, microseconds(10));
  digits_->RecordExecution(64, microseconds(20));
  digits_->RecordExecution(64, microseconds(30));
  digits_->RecordExecution(1000, microseconds(40));
  digits_->RecordExecution(65, microseconds(50));
  const auto statistics = digits_->Snapshot();
  EXPECT_EQ(statistics.execution_count, 5u);
  using Batch = ModelMetrics::BatchStatistics;
  EXPECT_THAT(statistics.batches,
              ElementsAre(Field(&Batch::batch_size, 1), Field(&Batch::batch_size, 64),
                          Field(&Batch::batch_size, 65), Field(&Batch::batch_size, 1000)));
  EXPECT_EQ(statistics.batches[1].compute.count, 2u);
  EXPECT_EQ(statistics.batches[1].compute.ns, 50'000u);
}

TEST_F(ModelMetricsTest, BatchSizesOfClientsAreBounded) {
  for (uint64_t rows = 1; rows <= 5000; ++rows) digits_->RecordExecution(rows, microseconds(1));
  const auto statistics = digits_->Snapshot();
  EXPECT_EQ(statistics.execution_count, 5000u);
  EXPECT_EQ(statistics.batches.size(),
            ModelMetrics::kExactBatchSizes + ModelMetrics::kMaxLargeBatchSizes);
}

TEST_F(ModelMetricsTest, InFlightFallsWithItsGuard) {
  {
    ModelMetrics::InFlight first(digits_);
    ModelMetrics::InFlight second = std::move(first);
    EXPECT_EQ(digits_->in_flight(), 1);
    second = ModelMetrics::InFlight(digits_);
    EXPECT_EQ(digits_->in_flight(), 1);
  }
  EXPECT_EQ(digits_->in_flight(), 0);
}

TEST_F(ModelMetricsTest, AliasesTellTheSameValues) {
  digits_->RecordSuccess(TimesEndingAt(now_), 8);
  digits_->RecordExecution(8, microseconds(300));
  digits_->SetLoadDuration(std::chrono::milliseconds(1500));
  const std::string text = registry_.Scrape();
  for (const std::string_view line : {
           "slipway_inference_rows_total{model=\"digits\",version=\"3\"} 8\n",
           "slipway_request_phase_seconds_count{model=\"digits\",version=\"3\",phase=\"queue\"} "
           "1\n",
           "slipway_model_version_load_seconds{model=\"digits\",version=\"3\"} 1.5\n",
           "nv_inference_request_success{model=\"digits\",version=\"3\"} 1\n",
           "nv_inference_count{model=\"digits\",version=\"3\"} 8\n",
           "nv_inference_exec_count{model=\"digits\",version=\"3\"} 1\n",
           "nv_inference_request_duration_us{model=\"digits\",version=\"3\"} 325\n",
           "nv_inference_queue_duration_us{model=\"digits\",version=\"3\"} 20\n",
           "nv_inference_compute_input_duration_us{model=\"digits\",version=\"3\"} 1\n",
           "nv_inference_compute_infer_duration_us{model=\"digits\",version=\"3\"} 300\n",
           "nv_inference_compute_output_duration_us{model=\"digits\",version=\"3\"} 4\n",
           "nv_inference_pending_request_count{model=\"digits\",version=\"3\"} 0\n",
           "nv_model_load_duration_secs{model=\"digits\",version=\"3\"} 1.5\n",
       })
    EXPECT_THAT(text, HasSubstr(std::string(line)));
  EXPECT_THAT(registry_.Scrape(MetricNames::kOwn), Not(HasSubstr("nv_")));
}

TEST_F(ModelMetricsTest, OtherServersNamesTellTheSameValues) {
  digits_->RecordSuccess(TimesEndingAt(now_), 8);
  digits_->RecordFailure(Reason::kBadRequest, microseconds(10));
  digits_->RecordFailure(Reason::kQueueFull, microseconds(10));
  const std::pair<MetricNames, std::vector<std::string_view>> table[] = {
      {MetricNames::kTfserving,
       {":tensorflow:serving:request_count{model_name=\"digits\",status=\"OK\"} 1\n",
        ":tensorflow:serving:request_count{model_name=\"digits\",status=\"INVALID_ARGUMENT\"} 1\n",
        ":tensorflow:serving:request_count{model_name=\"digits\",status=\"UNAVAILABLE\"} 1\n",
        ":tensorflow:serving:request_latency_sum{model_name=\"digits\",API=\"Predict\","
        "entrypoint=\"any\"} 325\n",
        ":tensorflow:serving:request_latency_bucket{model_name=\"digits\",API=\"Predict\","
        "entrypoint=\"any\",le=\"500\"} 1\n",
        ":tensorflow:serving:runtime_latency_sum{model_name=\"digits\",API=\"Predict\","
        "runtime=\"onnxruntime\"} 300\n",
        ":tensorflow:serving:request_example_count_total{model=\"digits\"} 8\n",
        ":tensorflow:serving:batching_session:queuing_latency_sum{thread_pool_name=\"batch_"
        "threads\"} 20\n",
        ":tensorflow:serving:batching_session:wrapped_run_count 0\n"}},
      {MetricNames::kTorchserve,
       {"ts_inference_requests_total{model_name=\"digits\",model_version=\"3\"} 3\n",
        "ts_inference_latency_microseconds{model_name=\"digits\",model_version=\"3\"} 325\n",
        "ts_queue_latency_microseconds{model_name=\"digits\",model_version=\"3\"} 20\n",
        "Requests2XX{Level=\"Host\"} 1\n", "Requests4XX{Level=\"Host\"} 1\n",
        "Requests5XX{Level=\"Host\"} 1\n"}},
      {MetricNames::kMlserver,
       {"model_infer_request_success_total{model=\"digits\",version=\"3\"} 1\n",
        "model_infer_request_failure_total{model=\"digits\",version=\"3\"} 2\n",
        "model_infer_request_duration_count{model=\"digits\",version=\"3\"} 1\n",
        "model_infer_request_duration_sum{model=\"digits\",version=\"3\"} 0.000325\n"}},
  };
  for (const auto& [names, lines] : table) {
    const std::string text = registry_.Scrape(names);
    for (const std::string_view line : lines) EXPECT_THAT(text, HasSubstr(std::string(line)));
    EXPECT_THAT(text, Not(HasSubstr("nv_")));
    EXPECT_THAT(text, HasSubstr("slipway_request_seconds"));
  }
}

TEST_F(ModelMetricsTest, SeriesOfAnUnloadedVersionGoAway) {
  const auto other = lifecycle_.ForVersion("digits", "4");
  digits_.reset();
  const std::string text = registry_.Scrape();
  EXPECT_THAT(text, Not(HasSubstr("version=\"3\"")));
  EXPECT_THAT(text, HasSubstr("version=\"4\""));
}

TEST_F(ModelMetricsTest, AVersionLoadedAgainWhileItDrainsGoesOnCounting) {
  digits_->RecordSuccess(TimesEndingAt(now_), 1);
  EXPECT_EQ(lifecycle_.ForVersion("digits", "3"), digits_);
  digits_.reset();
  EXPECT_EQ(lifecycle_.ForVersion("digits", "3")->Snapshot().inference_count, 0u);
}

TEST(LifecycleMetricsTest, ShowsStateAndFailuresOfAVersionThatNeverLoaded) {
  Registry registry;
  LifecycleMetrics lifecycle(registry);
  lifecycle.SetState("digits", "4", "loading");
  lifecycle.SetState("digits", "4", "failed");
  lifecycle.RecordLoadFailure("digits", "4", Reason::kBadModel);
  lifecycle.RecordLoad(std::chrono::seconds(2));
  const std::string text = registry.Scrape();
  EXPECT_THAT(text, HasSubstr("slipway_model_version_state{model=\"digits\",version=\"4\","
                              "state=\"failed\"} 1\n"));
  EXPECT_THAT(text, Not(HasSubstr("state=\"loading\"")));
  EXPECT_THAT(text, HasSubstr("slipway_model_load_failures_total{model=\"digits\",version=\"4\","
                              "reason=\"bad_model\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("slipway_model_load_seconds_sum 2\n"));
  lifecycle.Forget("digits", "4");
  EXPECT_THAT(registry.Scrape(), Not(HasSubstr("digits")));
}

TEST(HttpMetricsTest, CountsByRouteMethodAndStatus) {
  Registry registry;
  const auto http = std::make_shared<HttpMetrics>(
      std::vector<std::string>{"/v2", "/v2/models/{model}/infer", "/v2"});
  registry.AddSource(http);
  http->Record({"/v2/models/{model}/infer", "POST", 200, microseconds(30), 100, 50});
  http->Record({"/v2/models/{model}/infer", "POST", 200, microseconds(30), 100, 50});
  http->Record({"/v2/models/{model}/infer", "POST", 400, microseconds(3), 7, 40});
  const std::string text = registry.Scrape();
  EXPECT_THAT(text, HasSubstr("slipway_http_requests_total{route=\"/v2/models/{model}/infer\","
                              "method=\"POST\",status=\"200\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("method=\"POST\",status=\"400\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("slipway_http_request_bytes_total"
                              "{route=\"/v2/models/{model}/infer\"} 207\n"));
  EXPECT_THAT(text, Not(HasSubstr("route=\"/v2\"")));
}

TEST(HttpMetricsTest, MlserverCountsItsRoutesUnderItsNames) {
  Registry registry;
  const std::string infer = "/v2/models/{model}/versions/{version}/infer",
                    health = "/v2/health/live",
                    method = "/inference.GRPCInferenceService/ModelInfer";
  const auto http = std::make_shared<HttpMetrics>(std::vector<std::string>{infer, health, method});
  registry.AddSource(http);
  for (const std::string& route : {infer, health, method, std::string("/etc/passwd")})
    http->Record({route, "POST", 404, microseconds(30), 100, 50});
  const std::string text = registry.Scrape(MetricNames::kMlserver);
  const std::string path = "path=\"/v2/models/{model_name}/versions/{model_version}/infer\"";
  EXPECT_THAT(text, HasSubstr("rest_server_requests_total{method=\"POST\"," + path +
                              ",status_code=\"404\",app_name=\"mlserver\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("rest_server_request_duration_seconds_count{" + path +
                              ",app_name=\"mlserver\"} 1\n"));
  EXPECT_THAT(text,
              Not(testing::ContainsRegex("rest_server[^\n]*(health|inference|passwd|unmatched)")));
  EXPECT_THAT(registry.Scrape(), Not(HasSubstr("rest_server")));
}

TEST(HttpMetricsTest, ClientsCannotAddLabels) {
  Registry registry;
  const auto http = std::make_shared<HttpMetrics>(std::vector<std::string>{"/v2"});
  registry.AddSource(http);
  http->Record({"/etc/passwd", "BREW", 418, {}, 0, 0});
  http->Record({"", "", 299, {}, 0, 0});
  http->Record({"", "", -5, {}, 0, 0});
  http->Record({"", "", 9999, {}, 0, 0});
  const std::string text = registry.Scrape();
  for (const std::string_view status : {"4xx", "2xx", "1xx", "5xx"})
    EXPECT_THAT(text, HasSubstr(fmt::format(
                          "{{route=\"unmatched\",method=\"other\",status=\"{}\"}} 1\n", status)));
}

}  // namespace
}  // namespace slipway
