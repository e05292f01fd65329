#pragma once
// Pickles that would run code if Python loaded them: tests/models/pickle/make_malicious.py

#include <sstream>
#include <string>
#include <vector>

#include "import/pickle/testing/files.h"
#include "text/base64.h"

namespace slipway::pickle::testing {

struct Attack {
  std::string name;
  std::string global;  // that it must be refused for
  std::string bytes;   // of the file
  size_t offset = 0;   // of the global's opcode, unpacked
};

inline std::vector<Attack> Attacks() {
  std::vector<Attack> attacks;
  std::istringstream lines(ReadFixture("malicious.tsv"));
  std::string offset, packed;
  for (Attack attack; std::getline(lines, attack.name, '\t');) {
    std::getline(lines, attack.global, '\t');
    std::getline(lines, offset, '\t');
    std::getline(lines, packed);
    attack.offset = std::stoul(offset);
    attack.bytes = DecodeBase64(packed).value_or("");
    attacks.push_back(attack);
  }
  return attacks;
}

}  // namespace slipway::pickle::testing
