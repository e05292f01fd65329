#include "client/exchange.h"

#include <optional>

namespace slipway::client {
namespace {

/// Sends what there is to send. @param sent  how writing went so far; after a failure nothing is
/// written any more.
Status Flush(Wire& wire, Connection& connection, TimePoint deadline, Status& sent) {
  for (;;) {
    ASSIGN_OR_RETURN(const std::string_view output, wire.Output());
    if (output.empty()) return OkStatus();
    if (sent.ok()) sent = connection.WriteAll(output, deadline);
    wire.Consume(output.size());
  }
}

}  // namespace

StatusOr<std::string> ExchangeOnce(const Target& target, const WireRequest& request,
                                   TimePoint deadline) {
  ASSIGN_OR_RETURN(Connection connection, Connection::Open(target, deadline));
  const std::unique_ptr<Wire> wire = Wire::Create(target.endpoint);
  std::optional<StatusOr<std::string>> result;
  const Wire::OnAnswer on_answer = [&result](const Wire::Answer& answer) {
    result = answer.error.ok() ? StatusOr<std::string>(answer.body) : answer.error;
  };
  RETURN_IF_ERROR(wire->Begin(0, request));
  // A server that refuses a body answers before it has read all of it: look for that answer then.
  Status sent;
  for (std::string buffer; !result; buffer.clear()) {
    RETURN_IF_ERROR(Flush(*wire, connection, deadline, sent));
    const StatusOr<size_t> got = connection.Read(buffer, deadline);
    if (!got.ok()) return sent.ok() ? got.status() : sent;
    if (*got > 0)
      RETURN_IF_ERROR(wire->Receive(buffer, on_answer));
    else
      wire->ReceiveEnd(on_answer);
    if (*got == 0 && !result)
      return Error(Reason::kIo, "{} {}", target.endpoint.host_header, connection.EndText());
  }
  return *std::move(result);
}

}  // namespace slipway::client
