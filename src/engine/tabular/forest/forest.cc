#include "engine/tabular/forest/forest.h"

#include "engine/tabular/forest/reference.h"

namespace slipway::forest {
namespace {

class PlainForest final : public Forest {
 public:
  explicit PlainForest(const ForestSpec& spec) : spec_(spec) {}

  Status Score(const Rows& rows, void* out, std::optional<TimePoint> deadline) const override {
    if (deadline && std::chrono::steady_clock::now() > *deadline)
      return Error(Reason::kDeadlineExceeded, "deadline exceeded");
    ScoreByReference(spec_, rows, out);
    return OkStatus();
  }
  KernelChoice choice() const override { return {}; }
  size_t bytes() const override { return sizeof(*this); }

 private:
  ForestSpec spec_;
};

}  // namespace

StatusOr<std::unique_ptr<const Forest>> Forest::Compile(const ForestSpec& spec, const Options&) {
  RETURN_IF_ERROR(Check(spec));
  return std::make_unique<const PlainForest>(spec);
}

}  // namespace slipway::forest
