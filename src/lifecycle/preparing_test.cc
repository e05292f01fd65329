#include "lifecycle/preparing.h"

#include "engine/testing/fake_engine.h"
#include "engine/testing/harness.h"

namespace slipway::lifecycle {
namespace {

using testing::FakeEngine;
using testing::FakeModel;

/// Gives what it is told for the form of any model.
class Wrong final : public Engine {
 public:
  explicit Wrong(std::string form) : form_(std::move(form)) {}
  std::string_view name() const override { return "wrong"; }
  std::string_view version() const override { return "1"; }
  StatusOr<std::unique_ptr<LoadedModel>> Load(const ModelBytes& model,
                                              const LoadOptions& options) override {
    auto loaded = fake_.Load(model, options);
    if (options.prepare != nullptr) *options.prepare = Buffer::Own(form_);
    return loaded;
  }

 private:
  FakeEngine fake_{{.prepares = true}};
  const std::string form_;
};

StatusOr<Buffer> PrepareWith(Engine& engine, const std::string& model) {
  return Prepare(engine, {std::as_bytes(std::span(model)), {}}, {}, {});
}

TEST(PreparingTest, AFormThatAnswersAsTheModelIsGiven) {
  FakeEngine engine({.prepares = true});
  const std::string model = FakeModel{.add = 1}.Serialize();
  const auto form = PrepareWith(engine, model);
  ASSERT_TRUE(form.ok()) << form.status();
  EXPECT_EQ(form->size(), model.size());
  EXPECT_EQ(engine.counts().prepared_loads, 1);
}

TEST(PreparingTest, AnEngineWithoutAFormSaysSo) {
  FakeEngine engine;
  EXPECT_EQ(ReasonOf(PrepareWith(engine, FakeModel{}.Serialize()).status()), Reason::kUnsupported);
}

TEST(PreparingTest, AFormThatAnswersOtherwiseIsRefused) {
  const std::string model = FakeModel{.add = 1}.Serialize();
  Wrong other(FakeModel{.add = 2}.Serialize());
  EXPECT_EQ(MessageOf(PrepareWith(other, model).status()),
            "output \"y\" of the prepared model has other bits");
  Wrong shape(FakeModel{.signature = {.inputs = {{.name = "x", .dtype = DType::kFp64}},
                                      .outputs = {{.name = "y", .dtype = DType::kFp64}}}}
                  .Serialize());
  EXPECT_EQ(MessageOf(PrepareWith(shape, model).status()),
            "the prepared model has another signature");
  Wrong damaged(model.substr(0, model.size() / 2));
  EXPECT_EQ(ReasonOf(PrepareWith(damaged, model).status()), Reason::kBadModel);
}

TEST(PreparingTest, WhatCannotBeRunIsNotPrepared) {
  FakeEngine engine({.prepares = true});
  engine.FailNextRuns(2);
  EXPECT_FALSE(PrepareWith(engine, FakeModel{}.Serialize()).ok());
}

}  // namespace
}  // namespace slipway::lifecycle
