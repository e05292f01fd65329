#pragma once
// JSON texts that a strict reader must take or refuse, for every room that reads JSON.

#include <string>
#include <vector>

namespace slipway::testing {

enum class Verdict : char { kAccept = 'y', kRefuse = 'n', kEither = 'i' };

struct JsonCase {
  std::string name;
  std::string text;
  Verdict verdict;
};

/// Our own table: one text or more for each rule of RFC 8259 and each way to break it.
std::vector<JsonCase> JsonCases();

/// The 318 files of the public JSONTestSuite, fetched by tools/json-test-suite once per build
/// folder (25 of them with text of our own); empty when they cannot be had (a test then says so and
/// is skipped).
std::vector<JsonCase> JsonTestSuite();

}  // namespace slipway::testing
