#include "engine/tabular/tabular_engine.h"

#include "engine/testing/conformance.h"
#include "engine/testing/harness.h"

namespace slipway::testing {
namespace {

struct MakeTabular {
  static std::unique_ptr<Engine> Make() { return CreateTabularEngine(); }
};
INSTANTIATE_TYPED_TEST_SUITE_P(Tabular, EngineConformanceTest, MakeTabular);

}  // namespace
}  // namespace slipway::testing
