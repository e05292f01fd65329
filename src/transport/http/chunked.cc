#include "transport/http/chunked.h"

#include <algorithm>

#include "transport/http/ascii.h"
#include "transport/http/message.h"

namespace slipway::http {
namespace {}  // namespace

Status ChunkedDecoder::StepSize(char c) {
  const int value = HexValue(c);
  if (value >= 0) {
    if (++digits_ > 15) return BadMessage("chunked body: a chunk size is too large");
    left_ = left_ << 4 | static_cast<uint64_t>(value);
    return OkStatus();
  }
  if (digits_ == 0) return BadMessage("chunked body: expected a hexadecimal chunk size");
  if (c == ';')
    state_ = State::kExtension;
  else if (c == '\r')
    state_ = State::kSizeLf;
  else
    return BadMessage("chunked body: a chunk size is not hexadecimal");
  return OkStatus();
}

Status ChunkedDecoder::StepTrailer(char c) {
  if (c == '\r')
    state_ = State::kTrailerLf;
  else if (!kFieldValue.Has(c))
    return BadMessage("chunked body: a control character in a trailer");
  else
    ++trailer_column_;
  return OkStatus();
}

// One byte of framing.
Status ChunkedDecoder::Step(char c) {
  switch (state_) {
    case State::kSize:
      return StepSize(c);
    case State::kExtension:
      if (c == '\r')
        state_ = State::kSizeLf;
      else if (!kFieldValue.Has(c))
        return BadMessage("chunked body: a control character in an extension");
      return OkStatus();
    case State::kSizeLf:
      if (c != '\n') break;
      state_ = left_ == 0 ? State::kTrailer : State::kData;
      digits_ = 0;
      return OkStatus();
    case State::kDataCr:
      if (c != '\r') break;
      state_ = State::kDataLf;
      return OkStatus();
    case State::kDataLf:
      if (c != '\n') break;
      state_ = State::kSize;
      return OkStatus();
    case State::kTrailer:
      return StepTrailer(c);
    case State::kTrailerLf:
      if (c != '\n') break;
      state_ = trailer_column_ == 0 ? State::kDone : State::kTrailer;
      trailer_column_ = 0;
      return OkStatus();
    case State::kData:
    case State::kDone:
      break;
  }
  return BadMessage("chunked body: expected CRLF");
}

StatusOr<size_t> ChunkedDecoder::Next(std::string_view in, std::string_view& data) {
  data = {};
  size_t at = 0;
  while (at < in.size() && state_ != State::kDone) {
    if (state_ == State::kData) {
      data = in.substr(at, static_cast<size_t>(std::min<uint64_t>(left_, in.size() - at)));
      left_ -= data.size();
      data_bytes_ += data.size();
      if (left_ == 0) state_ = State::kDataCr;
      return at + data.size();
    }
    if (++framing_bytes_ > kFramingSlack + data_bytes_)
      return BadMessage("chunked body: more framing than data; send larger chunks");
    RETURN_IF_ERROR(Step(in[at++]));
  }
  return at;
}

}  // namespace slipway::http
