#pragma once
// HTTP/1.x answers, read piece by piece.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"

namespace slipway::client {

struct HttpResponse {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;         // dechunked, not decompressed
  bool keep_alive = false;  // the connection takes a further request

  /// The first header of that name, case-insensitive.
  std::optional<std::string_view> header(std::string_view name) const;
};

/// Answers 1xx are passed over. Threads: one at a time.
class ResponseParser {
 public:
  struct Limits {
    size_t max_head_bytes = size_t{64} << 10;
    size_t max_body_bytes = size_t{1} << 30;
    bool keep_headers = true;  // false: response().headers stays empty
  };
  ResponseParser() : ResponseParser(Limits()) {}
  explicit ResponseParser(const Limits& limits) : limits_(limits) {}

  /// Ready for the answer to the next request. HEAD answers have no body.
  void Reset(bool head_request = false);

  /// Takes bytes from the front of `buffer` and removes them. True once the answer is whole.
  /// @return kIo saying what is wrong with the answer, or which limit it breaks.
  StatusOr<bool> Feed(std::string& buffer);

  /// The stream has ended. True when that completes the answer (a body without a length).
  bool Finish();

  /// Whole once Feed or Finish said so.
  HttpResponse& response() { return response_; }

 private:
  enum class State { kHead, kFixed, kChunkSize, kChunkData, kTrailer, kUntilClose, kDone };

  /// What one step did with the buffer: moved on, or needs more bytes.
  StatusOr<bool> Step(std::string_view& rest);
  StatusOr<bool> ReadHead(std::string_view& rest);
  Status ParseHead(std::string_view head);
  Status ParseHeaderLine(std::string_view line);
  Status ChooseBody();
  StatusOr<bool> ReadChunkSize(std::string_view& rest);
  StatusOr<bool> ReadTrailer(std::string_view& rest);
  StatusOr<bool> ReadBody(std::string_view& rest);

  Limits limits_;
  HttpResponse response_;
  State state_ = State::kHead;
  bool head_request_ = false;
  std::optional<std::string> content_length_, transfer_coding_;
  size_t left_ = 0;  // of the fixed body or of the chunk with its line end
};

}  // namespace slipway::client
