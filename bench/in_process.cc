// The serving path with its load in the process and no sockets: a request's body goes to the
// router, its answer is compared with the first one. What the machine's cores do for everything
// between the transport's two ends.
//
//   in_process MODEL SECONDS PATH BODY…
//
// One thread for each core that this process may use, each with one request in flight; the BODY
// files take turns. PATH is an HTTP route, or a gRPC method whose messages are the bodies. Prints
// JSON as load does, without latencies.
#include <fmt/format.h>
#include <sched.h>

#include <atomic>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <future>
#include <iterator>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "engine/choice/engines.h"
#include "lifecycle/manager.h"
#include "protocol/openinference/health.h"
#include "protocol/openinference/routes.h"
#include "repository/repository.h"
#include "routing/infer_service.h"
#include "telemetry/metrics.h"

namespace {

using namespace slipway;

[[noreturn]] void Fail(std::string_view what) {
  fmt::print(stderr, "in_process: {}\n", what);
  std::exit(1);
}

template <typename T>
T Must(StatusOr<T> value) {
  if (!value.ok()) Fail(MessageOf(value.status()));
  return *std::move(value);
}

/// A request without a connection. One in flight; belongs to the thread of its loop.
class Caller final : public http::Exchange {
 public:
  Caller(int loop, std::string_view path) : path_(path) {
    loop_ = loop;
    request_id_ = "bench";
    is_grpc_ = path.starts_with("/inference.");
  }

  /// @return the answer's body, until the next call.
  std::string_view Ask(const http::Router& router, routing::InferService& infer,
                       std::string_view body) {
    response_.Clear();
    request_.Clear();
    request_.method = http::Method::kPost;
    request_.target = request_.path = path_;
    request_.peer = "127.0.0.1";
    request_.body = std::as_bytes(std::span(body));
    request_.received = SteadyClock().Now();
    sent_.store(false, std::memory_order_relaxed);
    router.Dispatch(*this, http::kAllAccess);
    infer.RunGathered(loop_);
    while (!sent_.load(std::memory_order_acquire)) sched_yield();
    if (response_.status != 200) Fail(response_.body);
    if (response_.parts.empty()) return response_.body;
    whole_ = response_.body;
    for (const http::BodyPart& part : response_.parts)
      whole_.append(reinterpret_cast<const char*>(part.bytes.data()), part.bytes.size());
    return whole_;
  }

  void Send() override { sent_.store(true, std::memory_order_release); }
  std::shared_ptr<Exchange> Defer() override { return {cancelled_, this}; }
  bool MoreFollow() const override { return false; }
  std::shared_ptr<const std::atomic<bool>> cancelled() const override { return cancelled_; }

 private:
  const std::string_view path_;
  const std::shared_ptr<std::atomic<bool>> cancelled_ = std::make_shared<std::atomic<bool>>(false);
  std::atomic<bool> sent_{false};
  std::string whole_;
};

/// The rooms between router and engine, put together as server::Application does.
class Serving {
 public:
  Serving(const std::string& model, int threads)
      : pool_(threads),
        manager_({}, Sources(model),
                 std::make_unique<lifecycle::Loader>(
                     lifecycle::LoaderOptions{.probe = false, .default_instances = 2 * threads},
                     CreateEngine(), lifecycle::VerifiedStore("", ""), pool_, metrics_, clock_),
                 metrics_),
        infer_({}, manager_.table(), threads, clock_),
        watches_(threads) {
    openinference::AddRoutes(router_, {.infer = infer_,
                                       .models = manager_,
                                       .draining = draining_,
                                       .health_watches = watches_,
                                       .loops = threads});
    std::promise<void> settled;
    manager_.Start([&settled] { settled.set_value(); });
    settled.get_future().wait();
  }
  ~Serving() {
    manager_.Stop();
    pool_.Stop();
  }

  const http::Router& router() const { return router_; }
  routing::InferService& infer() { return infer_; }

 private:
  static std::vector<std::unique_ptr<repository::Source>> Sources(const std::string& model) {
    std::vector<std::unique_ptr<repository::Source>> sources;
    sources.push_back(Must(repository::OpenSource(model)));
    return sources;
  }

  SteadyClock clock_;
  Registry registry_;
  LifecycleMetrics metrics_{registry_};
  std::atomic<bool> draining_{false};
  batching::WorkerPool pool_;
  lifecycle::Manager manager_;
  routing::InferService infer_;
  openinference::HealthWatches watches_;
  http::Router router_;
};

std::vector<int> Cores() {
  cpu_set_t allowed;
  sched_getaffinity(0, sizeof(allowed), &allowed);
  std::vector<int> cores;
  for (int core = 0; core < CPU_SETSIZE; ++core)
    if (CPU_ISSET(core, &allowed)) cores.push_back(core);
  return cores;
}

void StayOn(int core) {
  cpu_set_t only;
  CPU_ZERO(&only);
  CPU_SET(core, &only);
  sched_setaffinity(0, sizeof(only), &only);
}

struct Exchanged {
  std::string body;
  std::string answer;  // the first one
};

/// Requests of one thread until `stop`. @return how many.
size_t Load(Serving& serving, int loop, std::string_view path,
            const std::vector<Exchanged>& exchanged, const std::atomic<bool>& stop) {
  Caller caller(loop, path);
  size_t requests = 0;
  while (!stop.load(std::memory_order_relaxed)) {
    const Exchanged& next = exchanged[requests++ % exchanged.size()];
    if (caller.Ask(serving.router(), serving.infer(), next.body) != next.answer)
      Fail("the answer to the same request changed");
  }
  return requests;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 5) Fail("expected MODEL SECONDS PATH BODY…");
  const std::string_view seconds_text = argv[2], path = argv[3];
  double seconds = 0;
  std::from_chars(seconds_text.data(), seconds_text.data() + seconds_text.size(), seconds);
  const std::vector<int> cores = Cores();
  Serving serving(argv[1], static_cast<int>(cores.size()));
  std::vector<Exchanged> exchanged;
  Caller first(0, path);
  for (int i = 4; i < argc; ++i) {
    std::ifstream file(argv[i], std::ios::binary);
    exchanged.push_back({{std::istreambuf_iterator<char>(file), {}}, {}});
    exchanged.back().answer = first.Ask(serving.router(), serving.infer(), exchanged.back().body);
  }

  std::atomic<bool> stop{false};
  std::vector<std::future<size_t>> loads;
  const auto begun = std::chrono::steady_clock::now();
  for (size_t i = 0; i < cores.size(); ++i) {
    loads.push_back(std::async(std::launch::async, [&, i] {
      StayOn(cores[i]);
      return Load(serving, static_cast<int>(i), path, exchanged, stop);
    }));
  }
  std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
  stop = true;
  size_t requests = 0;
  for (auto& load : loads) requests += load.get();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
  fmt::print("{{\"requests\": {}, \"seconds\": {:.6f}, \"errors\": 0}}\n", requests, took.count());
}
