#pragma once
// Calls whose messages come and go one by one, as long as both sides like: gRPC's streaming
// methods.

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/status.h"
#include "transport/http/message.h"

namespace slipway::http {

class Exchange;

/// A message on its way to the client: `body`, then the parts.
struct StreamMessage {
  std::string body;
  std::vector<BodyPart> parts;
  bool compressed = false;  // by the transport

  size_t size() const;
};

/// What the server says in a call. Threads: any. After the end of the call it does nothing.
class StreamWriter {
 public:
  virtual ~StreamWriter() = default;
  /// Messages arrive in the order of these calls.
  virtual void Write(StreamMessage message) = 0;
  /// The last word, after all messages.
  virtual void Finish(const Status& status) = 0;
  /// Messages come again after OnMessage said that it has enough.
  virtual void ReadMore() = 0;
};

/// What the client says in a call. Threads: the loop's.
class StreamReader {
 public:
  virtual ~StreamReader() = default;
  /// @return false when no further message should come until StreamWriter::ReadMore. The client is
  ///   held back meanwhile.
  virtual bool OnMessage(std::shared_ptr<const std::string> message) = 0;
  /// The client sends no more, and may still read.
  virtual void OnHalfClose() = 0;
  /// The call is over, however it came: the last call to the reader.
  virtual void OnEnd() = 0;
  /// Nothing is being computed: a server that ends can end this call.
  virtual bool Idle() const = 0;
};

/// Begins a call: called on the loop once its head is known. `exchange` is valid until OnEnd.
using StreamOpener =
    std::function<std::unique_ptr<StreamReader>(Exchange& exchange, std::shared_ptr<StreamWriter>)>;

}  // namespace slipway::http
