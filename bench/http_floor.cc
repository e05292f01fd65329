// The transport alone: a fixed 200-byte JSON answer to every POST. What it costs a request is the
// floor under every figure of the server; bench/README.md compares it with nginx's `return 200`.
//
//   bench_http_floor [ADDRESS] [THREADS]
#include <fmt/core.h>
#include <signal.h>
#include <sys/resource.h>

#include <charconv>
#include <string>
#include <string_view>

#include "transport/http/server.h"

namespace {

// "{\"padding\":\"xxx…\"}" of 200 bytes.
std::string Body() {
  std::string body = "{\"padding\":\"";
  body.append(200 - body.size() - 2, 'x');
  return body + "\"}";
}

double CpuSeconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

}  // namespace

int main(int argc, char** argv) {
  using namespace slipway::http;
  sigset_t signals;
  ::sigemptyset(&signals);
  ::sigaddset(&signals, SIGTERM);
  ::sigaddset(&signals, SIGINT);
  ::sigprocmask(SIG_BLOCK, &signals, nullptr);

  const std::string body = Body();
  auto router = std::make_shared<Router>();
  router->Add({Method::kPost, "/v2/models/{model}/infer", Access::kInference,
               [&](Exchange& exchange) {
                 exchange.response().body = body;
                 exchange.Send();
               },
               "Answers with 200 bytes."});

  ServerOptions options;
  options.listeners = {{argc > 1 ? argv[1] : "127.0.0.1:8080", kAllAccess}};
  if (argc > 2) {
    const std::string_view threads = argv[2];
    std::from_chars(threads.data(), threads.data() + threads.size(), options.threads);
  }
  auto server = Server::Create(options, router);
  if (!server.ok()) {
    fmt::print(stderr, "{}\n", slipway::MessageOf(server.status()));
    return 1;
  }
  (*server)->Start();
  fmt::print("listening on {}\n", (*server)->addresses().front());
  std::fflush(stdout);
  int signal = 0;
  ::sigwait(&signals, &signal);
  (*server)->Drain(std::chrono::seconds(2));
  const auto requests = (*server)->stats().requests;
  fmt::print("requests {} cpu_us_per_request {:.2f}\n", requests,
             CpuSeconds() * 1e6 / static_cast<double>(requests == 0 ? 1 : requests));
  return 0;
}
