#pragma once
#include "import/pickle/machine.h"

namespace slipway::pickle {

struct Machine::Opcode {
  uint8_t code;
  std::string_view name;     // as pickletools has it
  Status (Machine::*run)();  // null: STOP
};

/// Null for a byte that is no opcode.
const Machine::Opcode* FindOpcode(uint8_t code);

}  // namespace slipway::pickle
