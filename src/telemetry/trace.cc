#include "telemetry/trace.h"

#include <sys/random.h>

#include <bit>
#include <chrono>
#include <span>

namespace slipway {
namespace {

// "00-<32 digits>-<16 digits>-<2 digits>": where each field begins.
constexpr size_t kTraceId = 3;
constexpr size_t kSpanId = 36;
constexpr size_t kFlags = 53;
constexpr size_t kLength = 55;

/// xoshiro256++ (Blackman, Vigna): ids must not repeat; nothing depends on their being unguessable.
class IdGenerator {
 public:
  IdGenerator() {
    if (getrandom(state_.data(), sizeof(state_), GRND_NONBLOCK) == sizeof(state_)) return;
    // A sandbox may forbid the call: the clock and this thread's address still differ.
    uint64_t seed =
        static_cast<uint64_t>(std::chrono::system_clock::now().time_since_epoch().count()) ^
        std::rotl(reinterpret_cast<uintptr_t>(this), 32);
    for (uint64_t& word : state_) word = seed = seed * 6364136223846793005u + 1442695040888963407u;
  }

  /// Never 0.
  uint64_t Next() {
    uint64_t result;
    do {
      result = std::rotl(state_[0] + state_[3], 23) + state_[0];
      const uint64_t t = state_[1] << 17;
      state_[2] ^= state_[0];
      state_[3] ^= state_[1];
      state_[1] ^= state_[2];
      state_[0] ^= state_[3];
      state_[2] ^= t;
      state_[3] = std::rotl(state_[3], 45);
    } while (result == 0);
    return result;
  }

 private:
  std::array<uint64_t, 4> state_;
};

void FillWithId(std::span<uint8_t> id) {
  thread_local IdGenerator generator;
  for (size_t i = 0; i < id.size(); i += 8) {
    uint64_t word = generator.Next();
    for (size_t byte = 0; byte < 8; ++byte, word >>= 8) id[i + byte] = static_cast<uint8_t>(word);
  }
}

/// The specification takes lower case only.
int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

bool ParseHex(std::string_view text, std::span<uint8_t> bytes) {
  for (size_t i = 0; i < bytes.size(); ++i) {
    const int high = HexDigit(text[2 * i]);
    const int low = HexDigit(text[2 * i + 1]);
    if (high < 0 || low < 0) return false;
    bytes[i] = static_cast<uint8_t>(high << 4 | low);
  }
  return true;
}

void WriteHex(char* to, std::span<const uint8_t> bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  for (const uint8_t byte : bytes) {
    *to++ = kDigits[byte >> 4];
    *to++ = kDigits[byte & 15];
  }
}

}  // namespace

std::optional<TraceContext> TraceContext::Parse(std::string_view traceparent) {
  if (traceparent.size() < kLength || traceparent[kTraceId - 1] != '-' ||
      traceparent[kSpanId - 1] != '-' || traceparent[kFlags - 1] != '-')
    return std::nullopt;
  uint8_t version;
  TraceContext context;
  if (!ParseHex(traceparent.substr(0, 2), {&version, 1}) ||
      !ParseHex(traceparent.substr(kTraceId, 32), context.trace_id) ||
      !ParseHex(traceparent.substr(kSpanId, 16), context.span_id) ||
      !ParseHex(traceparent.substr(kFlags, 2), {&context.flags, 1}))
    return std::nullopt;
  const bool longer = traceparent.size() > kLength;
  if (version == 0xff || (version == 0 && longer) || (longer && traceparent[kLength] != '-'))
    return std::nullopt;
  if (!context.valid() || context.span_id == std::array<uint8_t, 8>{}) return std::nullopt;
  return context;
}

TraceContext TraceContext::Child() const {
  TraceContext child = *this;
  child.flags &= 1;  // level 1 knows "sampled" only and asks for zeros in the other bits
  if (!valid()) FillWithId(child.trace_id);
  FillWithId(child.span_id);
  return child;
}

std::string TraceContext::ToString() const {
  std::string text(kLength, '-');
  text[0] = text[1] = '0';
  WriteHex(&text[kTraceId], trace_id);
  WriteHex(&text[kSpanId], span_id);
  WriteHex(&text[kFlags], {&flags, 1});
  return text;
}

}  // namespace slipway
